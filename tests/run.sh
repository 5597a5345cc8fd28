#!/bin/sh
# run.sh TEST... - hand tests that print TAP to prove, several at a time.
#
# JOBS says how many (default: one for each processor, and two at least, since
# most of them wait most of the time). PROVE and PROVEFLAGS are prove, and what
# else it is told. Those that take longest begin first, so that the last ones
# to run are short; a test may run beside any other.
set -eu

if [ -z "${JOBS-}" ]; then
	JOBS=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
	[ "$JOBS" -ge 2 ] || JOBS=2
fi

# Seconds, about, on a machine with two processors.
long='fuzz/fuzz.t 100
unit/test_diff_property 55
browser/handover.t 60
browser/client.t 50
browser/tabs.t 45
servers/doctor.t 40
browser/examples.t 35
streamd/storm.t 30
browser/gallery-forms.t 30
browser/gallery-events.t 30
servers/matrix.t 20
streamd/restart.t 20
app/storm.t 20
www/client.t 20
browser/attributes.t 15
cli/templates.t 12
app/sessions.t 12'

order() {
	for test; do
		seconds=$(echo "$long" | while read -r name n; do
			case $test in */"$name") echo "$n" ;; esac
		done)
		echo "${seconds:-0} $test"
	done | sort -s -n -r -k 1,1 | cut -d' ' -f2-
}

list=$(order "$@")
IFS='
'
# shellcheck disable=SC2086	# no name of a test has a line end
set -- $list
unset IFS
# shellcheck disable=SC2086
exec "${PROVE:-prove}" -j "$JOBS" ${PROVEFLAGS-} -e '' "$@"
