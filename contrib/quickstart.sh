#!/bin/sh
# quickstart.sh - build lvt and show its examples.
#
#     sh contrib/quickstart.sh            http://localhost:8080/
#     PORT=9000 sh contrib/quickstart.sh
#
# Installs the packages it needs (as root or with sudo), builds in BUILD
# (default build/quickstart, beside the source) and serves the examples until
# Ctrl-C or SIGTERM. State lives in one SQLite file, LVT_DB (default BUILD/lvt.db).
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD-$src/build/quickstart}
port=${PORT-8080}

step() { printf '==> %s\n' "$*"; }

# Whoever stops us stops what we wait for.
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 1' INT TERM HUP

# Say what happens, keep the noise, and show it when it was needed.
quietly() {
	"$@" >"$build/log" 2>&1 &
	child=$!
	if ! wait "$child"; then
		tail -n 40 "$build/log" >&2
		echo "quickstart.sh: '$1' failed; all of its output is in $build/log" >&2
		exit 1
	fi
	child=
}

step 'packages'
sh "$src/contrib/deps.sh" run

mkdir -p "$build"
cd "$build"
if [ ! -x "$src/configure" ]; then
	step 'preparing configure'
	quietly autoreconf -fi "$src"
fi
if [ ! -f Makefile ]; then
	step 'configuring'
	quietly "$src/configure"
fi
step 'building (a minute or two the first time)'
quietly make -j"$(getconf _NPROCESSORS_ONLN)"

cat <<EOF
==> starting; feed the dashboard from another terminal:
    cd $build && while sleep 2; do sh $src/examples/dashboard/feed.sh |
        LVT_DB=${LVT_DB-$build/lvt.db} examples/dashboard/dashboard broadcast --all -; done
EOF
exec ./lvt serve --port "$port" --host "${HOST-127.0.0.1}" \
    --db "${LVT_DB-$build/lvt.db}" --index "$src/examples/www" \
    examples/counter/counter examples/todos/todos \
    examples/chat/chat examples/dashboard/dashboard \
    examples/orders/orders examples/documents/documents \
    examples/gallery/gallery
