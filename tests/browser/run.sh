#!/bin/sh
# run.sh SUITE.mjs - run a suite of browser tests, in TAP; skip it where there
# is no browser.
dir=$(cd "$(dirname "$0")" && pwd)
: "${LVT_SRCDIR:=$(cd "$dir/../.." && pwd)}"
: "${LVT_BUILDDIR:=$LVT_SRCDIR}"
: "${LVT_CHROMIUM:=/usr/bin/chromium}"
export LVT_SRCDIR LVT_BUILDDIR LVT_CHROMIUM

if ! command -v node >/dev/null ||
    [ ! -d "$LVT_BUILDDIR/www/node_modules/playwright-core" ]; then
	echo '1..0 # SKIP node or its modules are missing: make www-deps'
	exit 0
elif [ ! -x "$LVT_CHROMIUM" ]; then
	echo "1..0 # SKIP there is no $LVT_CHROMIUM"
	exit 0
fi
exec node --test-reporter="$dir/../www/tap.mjs" "$dir/$1"
