#!/bin/sh
# Who watches: counted by user, told on the page's channel, gone with its stream.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
agent=
at_end 'kill $agent 2>/dev/null; streams_stop'
streams() { "$app" status | sed -n 's/^streams *\([0-9]*\).*/\1/p'; }
get /lounge
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
"$app" agent 2>"$dir/agent.log" & agent=$!

it 'nobody is there at first' 'is "$(streams)" 0'
it 'who opens a page is there, and each tab is counted as a stream' '
	watch one /lounge "presence.>" && web_wait "grep -q \"\\\"event\\\":\\\"join\\\".*\\\"watching\\\":1\" \"\$dir/one\"" &&
	watch two /lounge && web_wait "test \$(streams) = 2"'
it 'who comes is told on the channel of the page, with how many watch' '
	web_wait "grep -q \"\\\"event\\\":\\\"join\\\".*\\\"watching\\\":2\" \"\$dir/one\""'
it 'and who leaves' '
	unwatch two && web_wait "grep -q \"\\\"event\\\":\\\"leave\\\".*\\\"watching\\\":1\" \"\$dir/one\"" && web_wait "test \$(streams) = 1"'
it 'a broadcast says how many live streams it was for' '
	watch two /lounge && web_wait "test \$(streams) = 2" && is "$("$app" broadcast --page /lounge "{\"greeting\":\"all\"}")" "2 live streams" &&
	is "$("$app" broadcast --page /clock "{\"beats\":0}")" "0 live streams" && is "$("$app" broadcast --group shared "{\"title\":\"x\"}")" "2 live streams" &&
	is "$("$app" broadcast --group nosuch "{\"title\":\"x\"}")" "0 live streams"'
it 'all of them are shown it' '
	for s in one two; do web_wait "grep -q \"^event: update\" \"\$dir/$s\"" && grep -q "\"all\"" "$dir/$s" || return 1; done'
it 'a broadcast to a group counts its streams, and not those of another' '
	watch m1 "/mine?who=ann" && watch m2 "/mine?who=ann" && watch m3 "/mine?who=bob" && web_wait "test \$(streams) = 5" &&
	is "$("$app" broadcast --group ann "{\"beats\":0}")" "2 live streams"'
it 'a page shows how many people watch it: a person with two tabs is one' '
	app=$LVT_BUILDDIR/tests/app/worksapp && watch p1 /here/x "" HTTP_X_USER=ann && watch p2 /here/x "" HTTP_X_USER=ann &&
	watch p3 /here/x "" HTTP_X_USER=bob && watch p4 /here/y "" HTTP_X_USER=cat && { "$app" agent 2>>"$dir/agent.log" & there=$!; } &&
	web_wait "get /here/x HTTP_X_USER=ann && has \"2 here\""; rc=$?; kill $there; for p in p1 p2 p3 p4; do unwatch $p; done; is $rc 0'
it 'a companion that is killed is not there for longer than its lease' '
	kill -9 $streamd; web_wait "test \$(streams) = 0"'
it 'its clients come back to the next one' '
	streams_start && watch again /lounge && web_wait "test \$(streams) = 1"'
done_testing
