#!/bin/sh
# Handlers that fail: tried again, then parked; others go on.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
# As long as can be: nothing is tried again by itself.
MENDED=$dir/mended LVT_TRY_MS=60000 LVT_TRIES=20
export MENDED LVT_TRY_MS LVT_TRIES
agent() { "$app" agent --once 2>"$dir/e"; }
post() { "$app" publish job.new made "{\"owner\":\"$1\",\"item\":\"$2\"}" >/dev/null; }
list() { get "/jobs?who=$1" && body | grep -o '<li>[^<]*' | sed 's/<li>//' | tr '\n' ' '; }
parked() { "$app" outbox --parked | grep -v '^	'; }
agent

it 'an event that fails is told, with when it is tried again' '
	post ann broken; agent; is $? 1 && grep -q "handler \"job..\", event [0-9]*: .*again in" "$dir/e"'
it 'later events of its group wait for it, in order' '
	post ann second; post ann third; agent; is "$(list ann)" "" && is "$(parked | wc -l | tr -d " ")" 3'
it 'events of other groups go on' 'post bob fine; agent; is "$(list bob)" "fine "'
it 'other handlers go on' '"$app" publish order.created made 1 >/dev/null; agent; get /audit && has "<li>order.created made"'
it 'when it has been mended the group goes on from there, in order' '
	touch "$MENDED"; id=$(parked | sed -n "1s/	.*//p"); "$app" outbox --parked retry "$id" >/dev/null; agent;
	is "$(list ann)" "broken second third " && is "$(parked)" ""'
LVT_TRY_MS=1 LVT_TRIES=3
it 'an event that has failed too often is parked, and the group goes on without it' '
	rm "$MENDED"; post eve broken; post eve next; for i in 1 2 3 4; do agent; sleep 0.1; done
	is "$(list eve)" "next " && parked | grep -q "	eve	.*3 tries	parked	"'
it 'what is parked shows why, and the message' '
	"$app" outbox --parked >"$dir/p" && grep -q "failed" "$dir/p" && grep -qF "\"payload\":{\"owner\":\"eve\",\"item\":\"broken\"}" "$dir/p"'
it 'it survives a restart, and is not tried by itself' 'agent && is "$(parked | wc -l | tr -d " ")" 1'
it 'somebody who has mended the cause has it tried again' '
	touch "$MENDED"; "$app" outbox --parked retry all >/dev/null && agent && is "$(list eve)" "next broken " && is "$(parked)" ""'
it 'or drops it' '
	rm "$MENDED"; post zoe broken; for i in 1 2 3; do agent; sleep 0.05; done; is "$("$app" outbox --parked drop all)" "1 events" &&
	is "$(parked)" ""'
it 'one that is not there is an error' '! "$app" outbox --parked drop 999 2>"$dir/e" && grep -q "no parked event 999" "$dir/e"'
it 'each effect happens once, though the agent is killed at random' '
	touch "$MENDED"; i=0; while test $i -lt 60; do post max $i; i=$((i + 1)); done
	for k in 1 2 3 4 5 6 7 8; do "$app" agent 2>/dev/null & pid=$!; sleep 0.15; kill -9 $pid; wait $pid; done 2>/dev/null
	agent; is "$(list max)" "$(seq 0 59 | tr "\n" " ")"'
done_testing
