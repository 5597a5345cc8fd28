#!/bin/sh
# What shows that a page is on its way.
exec sh "$(dirname "$0")/run.sh" bar.mjs
