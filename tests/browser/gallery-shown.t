#!/bin/sh
# The gallery: what is kept and what is shown.
exec sh "$(dirname "$0")/run.sh" gallery-shown.mjs
