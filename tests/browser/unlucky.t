#!/bin/sh
# Users with bad luck.
exec sh "$(dirname "$0")/run.sh" unlucky.mjs
