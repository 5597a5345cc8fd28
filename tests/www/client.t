#!/bin/sh
# The client without a browser: trees, wire, bundle; by node's test runner.
dir=$(cd "$(dirname "$0")" && pwd)
: "${LVT_SRCDIR:=$(cd "$dir/../.." && pwd)}"
: "${LVT_BUILDDIR:=$LVT_SRCDIR}"
export LVT_SRCDIR LVT_BUILDDIR

if ! command -v node >/dev/null || [ ! -d "$LVT_BUILDDIR/www/node_modules" ]; then
	echo '1..0 # SKIP node or its modules are missing: make www-deps'
	exit 0
fi
exec node --test-reporter="$dir/tap.mjs" "$dir/all.mjs"
