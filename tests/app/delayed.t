#!/bin/sh
# What is said later: from actions and from the shell; cancelled; released once.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
at_end 'streams_stop'
said() { "$app" outbox | grep -c "\"payload\":\"$1\""; }
waits() { "$app" delayed | grep -v '^	'; }
"$app" agent --once

it 'an action says something later: nobody sees it before' '
	act /later remind "{\"text\":\"soon\",\"in\":3600000}" && is "$(said soon)" 0 && waits | grep -q "soon	reminder.due"'
it 'it can be cancelled by name until then' '
	act /later forget "{\"text\":\"soon\"}" && json "\$j->{meta}{success}" && is "$(waits)" ""'
it 'from the shell, after a span' '
	"$app" publish --in 1h --name tea kitchen.tea ready "\"in an hour\"" && waits | grep -q "tea	kitchen.tea" &&
	is "$(said "in an hour")" 0'
it 'and cancelled from there' 'is "$("$app" delayed cancel tea)" cancelled && is "$(waits)" ""'
it 'or by its number' '
	"$app" publish --in 1h kitchen.tea ready 1 && "$app" delayed cancel "$(waits | cut -f1)" && is "$(waits)" "" &&
	! "$app" delayed cancel 99 2>"$dir/e" && grep -q "nothing delayed with the number 99" "$dir/e"'
it 'at a time of the day or a date' '
	TZ=UTC0 "$app" publish --at "2999-01-02 03:04" --name far x.y z 1 && waits | grep -q "2999-01-02 03:04:00" &&
	"$app" publish --at 23:59 --name late x.y z 1 && test "$(waits | wc -l)" -eq 2 && "$app" delayed cancel far &&
	"$app" delayed cancel late'
it 'what is no time is refused in words' '
	! "$app" publish --in soon x.y z 1 2>"$dir/e" && grep -q "no span of time" "$dir/e" &&
	! "$app" publish --at never x.y z 1 2>"$dir/e" && grep -q "no time" "$dir/e"'
it 'a time that has passed is now' '"$app" publish --at "2001-01-01" x.y z "\"past\"" && is "$(said past)" 1 && is "$(waits)" ""'
it 'the agent releases what is due, once' '
	"$app" publish --in 1ms x.y z "\"agent\"" && sleep 0.01 && "$app" agent --once && "$app" agent --once && is "$(said agent)" 1'
it 'any request does' '"$app" publish --in 1ms x.y z "\"request\"" && sleep 0.01 && get /later && is "$(said request)" 1'
it 'a handler gets it then' '
	act /later remind "{\"text\":\"wake\",\"in\":1}" && sleep 0.01 && "$app" agent --once && get /later && has "<li>wake"'
it 'a broadcast can wait, too: it is what newcomers see from then on' '
	# A machine too slow to look before it is due tries again with more time.
	for ms in 300 2000 15000 60000; do
		"$app" broadcast --page /later --in ${ms}ms "{\"title\":\"Now $ms\"}" && get /later || return 1
		lacks "<h1>Now $ms" && break
	done; lacks "<h1>Now $ms" && web_wait "get /later && has \"<h1>Now $ms\"" 120'
it 'several processes release each message once' '
	for i in 1 2 3 4 5 6 7 8 9; do "$app" publish --in 200ms x.y z "\"many\""; done >/dev/null; sleep 0.3
	for i in 1 2 3 4 5 6; do "$app" agent --once & get /later; done; wait; is "$(said many)" 9'
it 'a coalesce key goes with the message' '
	"$app" publish --coalesce k --in 1ms x.y z "\"key\"" && sleep 0.01 && "$app" agent --once && is "$(said key)" 1'
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
it 'the companion releases it where nobody else does' '
	"$app" publish --in 100ms x.y z "\"alone\"" && web_wait "test \$(said alone) = 1" && is "$(said alone)" 1'
done_testing
