#!/bin/sh
# The client in a browser, against a server that misbehaves as it is told to.
exec sh "$(dirname "$0")/run.sh" tabs.mjs
