#!/bin/sh
# The gallery: forms.
exec sh "$(dirname "$0")/run.sh" gallery-forms.mjs
