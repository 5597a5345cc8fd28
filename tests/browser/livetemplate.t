#!/bin/sh
# LiveTemplate's own client on pages of lvt.
exec sh "$(dirname "$0")/run.sh" livetemplate.mjs
