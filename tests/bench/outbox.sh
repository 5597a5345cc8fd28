#!/bin/sh
# bench-outbox: the work is in the file beside this one.
command -v node >/dev/null || { echo 'bench-outbox: node is missing' >&2; exit 1; }
exec node "${LVT_SRCDIR:?}/tests/bench/outbox.mjs"
