#!/bin/sh
# delayed.t - what is said later, by the command lvt: publish, look, cancel.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
lvt=$LVT_BUILDDIR/lvt
app=$LVT_BUILDDIR/tests/app/eventapp
. "$LVT_SRCDIR/tests/app/streams.sh"
at_end streams_stop
waits() { "$lvt" outbox --delayed; }
said() { "$lvt" outbox | grep -c "\"payload\":\"$1\""; }

it 'a message is published after a span of time, and not before' '
	# A machine too slow to look before is given more time.
	for s in 3 10 30; do
		"$lvt" publish --in ${s}s a.b c "\"soon $s\"" | grep -q "^delayed [0-9]" || return 1
		test "$(said "soon $s")" = 0 && break
	done && web_wait "\"\$lvt\" publish a.b tick 1 >/dev/null; test \$(said \"soon $s\") = 1"'
it 'or at a time' '
	"$lvt" publish --at "2999-01-02 03:04Z" --name far a.b c 1 && waits | grep "\"due\":32472241440000" | grep -q "\"name\":\"far\""'
it 'a time that has passed is now' '"$lvt" publish --at 2001-01-01 a.b c "\"past\"" | grep -q "^[0-9]*-" && is "$(said past)" 1'
it 'it is cancelled by its name' '"$lvt" outbox --cancel far | grep -q "^1 cancelled" && is "$(waits)" ""'
it 'or by its number' '
	id=$("$lvt" publish --in 1h a.b c 1 | cut -d" " -f2) && waits | grep -q "\"id\":$id," &&
	"$lvt" outbox --cancel $id && is "$(waits)" ""'
it 'what does not wait cannot be cancelled' '
	! "$lvt" outbox --cancel 999 2>"$dir/e" && grep -q "nothing delayed with the number 999" "$dir/e" &&
	! "$lvt" outbox --cancel far 2>"$dir/e" && grep -q "nothing waits under the name .far." "$dir/e"'
it 'lines of a pipe wait, too, all under one name' '
	seq 1 3 | "$lvt" publish --stdin --in 1h --name all a.b c && is "$(waits | wc -l | tr -d " ")" 3 &&
	"$lvt" outbox --cancel all | grep -q "^3 cancelled"'
it 'what is no time is refused in words' '
	! "$lvt" publish --in soon a.b c 1 2>"$dir/e" && grep -q "no span of time" "$dir/e" &&
	! "$lvt" publish --at never a.b c 1 2>"$dir/e" && grep -q "no time" "$dir/e"'
it 'a broadcast of an app that waits is shown with its patch, and cancelled' '
	"$app" broadcast --in 1h --page /later --name title "{\"title\":\"Late\"}" &&
	waits | grep "\"page\":\"/later\"" | grep -q "\"patch\":{\"title\":\"Late\"}" && "$lvt" outbox --cancel title && is "$(waits)" ""'
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
it 'the companion says it where nobody else comes by, once' '
	"$lvt" publish --in 100ms a.b c "\"alone\"" && web_wait "test \$(said alone) = 1" && "$lvt" publish a.b c 1 && is "$(said alone)" 1'
done_testing
