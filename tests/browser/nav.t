#!/bin/sh
# lvt-nav: pages that turn in place.
exec sh "$(dirname "$0")/run.sh" nav.mjs
