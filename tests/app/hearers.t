#!/bin/sh
# Who hears a channel: counted by user, and told when they come and go.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/peopleapp
agent=
at_end 'kill $agent 2>/dev/null; streams_stop'
get /talk HTTP_X_USER=eve
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
"$app" agent 2>"$dir/agent.log" & agent=$!
hear() { act /talk count "{\"channel\":\"$1\"}" HTTP_X_USER=eve && field '$j->{meta}{reply}'; }
told() { "$app" outbox | grep -c "$1"; }

it 'nobody hears it at first' 'is "$(hear talk.a)" 0'
it 'who listens is counted, by user' '
	watch ann1 /talk talk.a HTTP_X_USER=ann && watch ann2 /talk talk.a HTTP_X_USER=ann && watch bob /talk talk.a HTTP_X_USER=bob &&
	web_wait "test \$(hear talk.a) = 2" && is "$(hear talk.b)" 0'
it 'also by a pattern' 'watch cat /talk "talk.*" HTTP_X_USER=cat && web_wait "test \$(hear talk.a) = 3" && web_wait "test \$(hear talk.b) = 1"'
it 'who joins is told on a channel of presence, each user once' '
	web_wait "test \$(told \"presence.people.talk.a.*join.*user.:.bob\") = 1" && web_wait "test \$(told \"presence.people.talk.a.*join.*user.:.ann\") = 1" &&
	web_wait "test \$(told \"presence.people.talk._.*join.*user.:.cat\") = 1"'
it 'one that subscribes later counts from then on, until it unsubscribes' '
	stream_post ann1 "\"subscribe\":[\"talk.c\"]" && web_wait "test \$(hear talk.c) = 2" &&
	stream_post ann1 "\"unsubscribe\":[\"talk.c\"]" && web_wait "test \$(hear talk.c) = 1"'
it 'a user leaves with the last stream' '
	unwatch ann1 && sleep 1 && is "$(hear talk.a)" 3 && is "$(told "talk.a.*leave.*user.:.ann")" 0 && unwatch ann2 &&
	web_wait "test \$(hear talk.a) = 2" && web_wait "test \$(told \"talk.a.*leave.*user.:.ann\") = 1"'
it 'a page without LVT_PRESENCE tells nobody who hears' '
	watch dan /quiet talk.a HTTP_X_USER=dan && web_wait "\"\$app\" status | grep -q \"^streams *3\"" && is "$(hear talk.a)" 2'
it 'pages are counted without channels' 'act /talk count "{\"channel\":\"app\"}" HTTP_X_USER=eve && json "\$j->{meta}{reply} == 3"'
it 'a companion that dies takes them along' '
	kill -9 "$streamd"; web_wait "test \$(hear talk.a) = 0"'
done_testing
