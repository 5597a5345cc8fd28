#!/bin/sh
# No message is lost, doubled or out of order as tabs come and go.
exec sh "$(dirname "$0")/run.sh" handover.mjs
