#!/bin/sh
# The gallery: the connection.
exec sh "$(dirname "$0")/run.sh" gallery-live.mjs
