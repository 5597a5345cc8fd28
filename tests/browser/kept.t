#!/bin/sh
# What users did to a page stays.
exec sh "$(dirname "$0")/run.sh" kept.mjs
