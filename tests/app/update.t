#!/bin/sh
# lvt_update(): further groups change in the same commit, or nothing does.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
at_end 'streams_stop'
list() { get "$1" && body | grep -o '<li>[^<]*' | sed 's/<li>//' | tr '\n' ' '; }
"$app" agent --once
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'an action changes its own group and another page in one commit' '
	watch to /to && act /from send "{\"what\":\"tea\"}" && is "$(list /from)" "tea " && is "$(list /to)" "tea "'
it 'whoever watches the other page sees it, by an update' '
	web_wait "grep -q \"^event: update\" \"\$dir/to\"" && grep -q "\"page\":\"/to\"" "$dir/to"'
it 'where the other refuses, nothing happens to either' '
	act /from send "{\"what\":\"poison\"}" && json "!\$j->{meta}{success}" && is "$(list /from)" "tea " && is "$(list /to)" "tea "'
it 'a group that is changed twice is committed once' '
	act /from send "{\"what\":\"cup\",\"twice\":1}" && is "$(list /to)" "tea cup cup "'
it 'the own place is no further one' 'act /from itself "{}" && json "\$j->{meta}{reply} eq q(refused)"'
it 'a handler without a page changes pages so' '
	"$app" publish forward.it go "{\"what\":\"milk\"}" && "$app" agent --once && is "$(list /to)" "tea cup cup milk "'
it 'actions of many at once lose nothing on either page' '
	for i in 1 2 3 4 5 6 7 8 9 10; do "$app" publish forward.it go "{\"what\":\"f$i\"}" >/dev/null; done
	# An action that lost every race has changed nothing, and says so: again.
	LVT_TRY_MS=1 "$app" agent --once &
	for i in 1 2 3 4 5; do web_wait "act /from send \"{\\\"what\\\":\\\"a$i\\\"}\"; status 200" || return 1; done; wait $!
	# An event that lost every race waits for its next try.
	LVT_TRY_MS=1 "$app" agent --once && LVT_TRY_MS=1 "$app" agent --once
	is "$(list /to | wc -w | tr -d " ")" 19 && is "$(list /from | wc -w | tr -d " ")" 7'
it 'within another state a further one may be changed, all in one commit' '
	to=$(list /to) && act /from further "{\"what\":\"pea\"}" && json "\$j->{meta}{success}" && is "$(list /to)" "${to}via " &&
	has_item() { list "$1" | grep -q "$2"; } && has_item /from out && has_item /users pea'
it 'the way back to the state that it began with is refused at once, with the reason, and nothing happens' '
	from=$(list /from) to=$(list /to) && act /from back "{\"what\":\"x\"}" LVT_DEV=1 && json "\$j->{meta}{errors}{_general} =~
	/lvt_update\(\) of page \"\/from\", group \"shared\": a function has that document in hand already/" &&
	is "$(list /from)" "$from" && is "$(list /to)" "$to"'
done_testing
