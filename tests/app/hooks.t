#!/bin/sh
# Who comes and goes: hooks, presence on channels.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
at_end 'kill $agent 2>/dev/null; streams_stop'
get /lounge
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
"$app" agent 2>"$dir/agent.log" & agent=$!
count() { "$app" outbox | grep -c "$1"; }
seen() { get /lounge && body | grep -o '<li>[^<]*' | sed 's/<li>//' | tr '\n' ' '; }

it 'a stream that opens runs connect, with the state of its group' '
	watch one /lounge "presence.>" && web_wait "test \"\$(seen)\" = \"came \""'
it 'connect can send to the one who came' 'web_wait "get /lounge && has \"<p>welcome</p>\""; get /lounge && has "<p>welcome</p>"'
it 'connect can publish' 'test "$(count "\"channel\":\"lounge.came\"")" = 1'
it 'whoever joins is told on the channel of the page' '
	web_wait "grep -q \"presence.events.lounge.*join.*watching.:1\" \"\$dir/one\""'
it 'another connection comes, too' '
	watch two /lounge && web_wait "grep -q \"join.*watching.:2\" \"\$dir/one\"" && is "$(seen)" "came came "'
it 'a stream that ends runs disconnect, and its leaving is told' '
	unwatch two && web_wait "grep -q \"leave.*watching.:1\" \"\$dir/one\"" && is "$(seen)" "came came left "'
it 'each comes and goes once, though the agent is killed and another one starts' '
	kill -9 $agent; watch three /lounge
	web_wait "\"\$app\" agent --once; test \"\$(seen)\" = \"came came left came \""
	"$app" agent --once; is "$(seen)" "came came left came "'
it 'who left while no agent ran is told by the next' '
	unwatch three; web_wait "\"\$app\" agent --once; test \"\$(seen)\" = \"came came left came left \""'
done_testing
