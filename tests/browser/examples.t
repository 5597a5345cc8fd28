#!/bin/sh
# The examples through lighttpd, FastCGI workers, companion and agent.
exec sh "$(dirname "$0")/run.sh" examples.mjs
