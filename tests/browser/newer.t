#!/bin/sh
# LiveTemplate's newer spellings.
exec sh "$(dirname "$0")/run.sh" newer.mjs
