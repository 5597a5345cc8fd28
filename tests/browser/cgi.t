#!/bin/sh
# The counter through lighttpd as plain CGI.
exec sh "$(dirname "$0")/run.sh" cgi.mjs
