#!/bin/sh
# The gallery as a whole.
exec sh "$(dirname "$0")/run.sh" gallery.mjs
