#!/bin/sh
# client.sh - what an update costs in the browser, by length of the list, with
# morphing the whole list by morphdom beside it. Needs Chromium and node.
set -eu
dir=$(cd "$(dirname "$0")" && pwd)
: "${LVT_SRCDIR:=$(cd "$dir/../.." && pwd)}"
: "${LVT_BUILDDIR:=$LVT_SRCDIR}"
export LVT_SRCDIR LVT_BUILDDIR

if ! command -v node >/dev/null ||
    [ ! -d "$LVT_BUILDDIR/www/node_modules/morphdom" ]; then
	echo 'bench-client: node or its modules are missing: make www-deps' >&2
	exit 0
fi
exec node "$dir/client.mjs"
