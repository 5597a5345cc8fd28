#!/bin/sh
# Functions that run again and again, while somebody watches.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
at_end 'kill $agent 2>/dev/null; streams_stop'
get /clock
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
beats() { get /clock && body | sed -n 's/.*<p>\([0-9]*\) beats.*/\1/p'; }
pulses() { "$app" outbox | grep -c '"channel":"pulse.beat"'; }

it 'while nobody watches nothing runs' '"$app" agent --once && "$app" agent --once && is "$(beats)" 0 && is "$(pulses)" 0'
"$app" agent 2>"$dir/agent.log" & agent=$!
it 'while somebody watches the page it runs, and they see it' '
	watch one /clock && web_wait "test \$(grep -c \"^event: update\" \"\$dir/one\") -ge 3" && test "$(beats)" -ge 3'
it 'one without a page runs while any page is watched' 'web_wait "test \$(pulses) -ge 3"'
it 'when the last one has left it stops' '
	unwatch one && web_wait "\"\$app\" status | grep -q \"^streams *0\"" && web_wait "a=\$(beats); sleep 0.5; test \"\$a\" = \"\$(beats)\""'
it 'from cron it runs once each time' '
	kill $agent; wait $agent; watch two /clock && web_wait "\"\$app\" status | grep -q \"^streams *1\"" &&
	a=$(beats) && "$app" agent --once && is "$(beats)" $((a + 1))'
it 'somebody on another page does not make it run' '
	unwatch two; watch three /to; web_wait "\"\$app\" agent --once; a=\$(beats); \"\$app\" agent --once; test \$(beats) = \$a"'
done_testing
