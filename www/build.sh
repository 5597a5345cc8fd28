#!/bin/sh
# build.sh - make lvt.js and, beside it, lvt-more.js and lvt-debug.js.
#
#     sh www/build.sh SRC OUT     bundle SRC/src into the file OUT
#     sh www/build.sh SRC         only install what building and testing need
#
# Works in the folder www of the build tree, where node_modules is kept.
# NPM names npm; without it OUT is a copy of SRC/lvt.js, if there is one.
set -eu

src=$1
out=${2-}
npm=${NPM-npm}

if ! command -v "$npm" >/dev/null 2>&1; then
	if [ -n "$out" ] && [ -f "$src/lvt.js" ]; then
		[ "$src/lvt.js" -ef "$out" ] ||
		    cp "$src/lvt-more.js" "$src/lvt-debug.js" \
			"$src/lvt.js" "${out%/*}"
		touch "$out"
		exit 0
	fi
	echo "$0: npm is missing, and there is no $src/lvt.js" >&2
	exit 1
fi

if [ ! -f node_modules/.lvt ] ||
    ! cmp -s "$src/package-lock.json" node_modules/.lvt; then
	for f in package.json package-lock.json .npmrc; do
		[ "$src/$f" -ef "$f" ] || cp "$src/$f" "$f"
	done
	# What it says is of use where it fails.
	"$npm" ci --ignore-scripts --loglevel=error >npm.log 2>&1 ||
	    { cat npm.log >&2; exit 1; }
	rm npm.log
	cp "$src/package-lock.json" node_modules/.lvt
fi
[ -n "$out" ] || exit 0
# Members that parts.ts has for itself: no other bundle, and nobody's page, names
# them.
own='^(arrange|settle|locate|kept|draw|slots|slot|mark|place|first|last|bad|parts|out)$'
bundle() {
	node_modules/.bin/esbuild "$src/src/$1.ts" --bundle --minify-syntax \
	    --format=iife --target=es2019 --charset=utf8 \
	    --legal-comments=none --log-level=warning --outfile="$2.tmp"
	# 12 KiB are not much: it finds shorter ways and names.
	node_modules/.bin/terser "$2.tmp" --compress passes=3,ecma=2019,unsafe_arrows \
	    --mangle ${3+--mangle-props "regex=/$3/"} --comments false \
	    --output "$2.new"
	rm "$2.tmp"
	mv "$2.new" "$2"
}
bundle more "${out%.js}-more.js"
bundle debug "${out%.js}-debug.js"
bundle main "$out" "$own"
