#!/bin/sh
# Tabs that show different pages of an app share one stream.
exec sh "$(dirname "$0")/run.sh" pages.mjs
