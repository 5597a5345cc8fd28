#!/bin/sh
# Functions that run again and again, while somebody watches.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
FAULT=$dir/fault
export FAULT
at_end 'kill $agent 2>/dev/null; streams_stop'
get /clock
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
beats() { get /clock && body | sed -n 's/.*<p>\([0-9]*\) beats.*/\1/p'; }
pulses() { "$app" outbox | grep -c '"channel":"pulse.beat"'; }

it 'while nobody watches nothing runs' '"$app" agent --once && "$app" agent --once && is "$(beats)" 0 && is "$(pulses)" 0'
it 'one that always runs does, with its page and without one, from cron or not' '
	told() { "$app" outbox | grep -c "\"channel\":\"guard.$1\""; }
	export GUARD=1; "$app" agent --once && is "$(told alerts) $(told pulse)" "1 1" && get /guard && has unhealthy && "$app" agent --once && is "$(told alerts) $(told pulse)" "2 2" &&
	{ "$app" agent 2>>"$dir/agent.log" & agent=$!; web_wait "test \$(told alerts) -ge 5 && test \$(told pulse) -ge 5"; rc=$?; kill $agent; wait $agent; is $rc 0; }'
"$app" agent 2>"$dir/agent.log" & agent=$!
it 'while somebody watches the page it runs, and they see it' '
	watch one /clock && web_wait "test \$(grep -c \"^event: update\" \"\$dir/one\") -ge 3" && test "$(beats)" -ge 3'
it 'one without a page runs while any page is watched' 'web_wait "test \$(pulses) -ge 3"'
it 'when the last one has left it stops' '
	unwatch one && web_wait "\"\$app\" status | grep -q \"^streams *0\"" && web_wait "a=\$(beats); sleep 0.5; test \"\$a\" = \"\$(beats)\""'
it 'from cron it runs once each time' '
	kill $agent; wait $agent; watch two /clock && web_wait "\"\$app\" status | grep -q \"^streams *1\"" &&
	a=$(beats) && "$app" agent --once && is "$(beats)" $((a + 1))'
it 'each group that watches has ticks and figures of its own' '
	"$app" agent 2>>"$dir/agent.log" & agent=$!; watch ann "/mine?who=ann" && web_wait "get \"/mine?who=ann\" && ! has \"<p>0 beats\"" &&
	get "/mine?who=bob" && has "<p>0 beats"; rc=$?; kill $agent; unwatch ann; wait $agent; is $rc 0'
it 'a check at intervals alerts when something changes, once, and reports each time' '
	alerts() { "$app" outbox | grep -c "\"channel\":\"system.alerts\".*\"level\":\"$1\""; }
	watch health /health && web_wait "\"\$app\" status | grep -q \"^streams *1\"" && "$app" agent --once && is "$(alerts critical)" 0 &&
	: >"$FAULT" && "$app" agent --once && "$app" agent --once && is "$(alerts critical)" 1 && get /health && has unhealthy &&
	rm "$FAULT" && "$app" agent --once && "$app" agent --once && is "$(alerts critical)" 1 && is "$(alerts info)" 1 &&
	is "$("$app" outbox | grep -c "\"channel\":\"health.events\"")" 5 && web_wait "test \$(grep -c \"^event: update\" \"\$dir/health\") -ge 2"; unwatch health'
it 'somebody on another page does not make it run' '
	unwatch two; watch three /to; web_wait "\"\$app\" agent --once; a=\$(beats); \"\$app\" agent --once; test \$(beats) = \$a"'
done_testing
