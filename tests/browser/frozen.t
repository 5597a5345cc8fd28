#!/bin/sh
# Tabs that are frozen in earnest.
exec sh "$(dirname "$0")/run.sh" frozen.mjs
