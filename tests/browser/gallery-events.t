#!/bin/sh
# The gallery: what starts an action.
exec sh "$(dirname "$0")/run.sh" gallery-events.mjs
