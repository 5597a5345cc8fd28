#!/bin/sh
# The test itself is the file beside this one.
command -v node >/dev/null || { echo "1..0 # SKIP no node"; exit 0; }
exec node "${0%.t}.mjs"
