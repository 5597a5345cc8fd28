#!/bin/sh
# The examples as axe-core sees them.
exec sh "$(dirname "$0")/run.sh" axe.mjs
