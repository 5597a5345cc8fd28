#!/bin/sh
# The test itself is the file beside this one.
exec sh "$(dirname "$0")/../browser/run.sh" ../servers/browser.mjs
