#!/bin/sh
# The panel for who builds a page.
exec sh "$(dirname "$0")/run.sh" debug.mjs
