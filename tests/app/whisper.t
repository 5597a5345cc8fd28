#!/bin/sh
# What is said to one user on a page that several share: theirs alone, and what
# the stream shows is what a reload shows.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/peopleapp
at_end 'streams_stop'
board() { get /board HTTP_X_USER="$1"; }
get /board HTTP_X_USER=ann
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

# The view that the last event of a stream leads to; "stale" where it says so.
stands() { perl -ne '$e = $1 if /^event: (\w+)/; next unless /^data: (.*)/;
	$v = "stale" if $e eq "stale"; $v = $1 if $e eq "update" && /"view":"([^"]*)"/;
	END { print $v // "none" }' "$dir/$1"; }
# Is stream NAME where a reload of USER is, or told to ask?
follows() { board "$2" && _now=$(attr view) &&
	web_wait "s=\$(stands $1); test \"\$s\" = \"$_now\" -o \"\$s\" = stale"; }

it 'it shows to that user, and to nobody else' '
	act /board unfold "{}" HTTP_X_USER=bob && "$app" broadcast --user ann "{\"note\":\"psst\"}" &&
	board ann && has "open: psst" && board bob && has "open: -"'
it 'also where that user acted last' '
	act /board add "{}" HTTP_X_USER=ann && json "\$j->{meta}{success}" && board bob && has "<p>1 open: -" && board ann && has "<p>1 open: psst"'
it 'whoever acts, it stays' 'act /board add "{}" HTTP_X_USER=bob && board ann && has "<p>2 open: psst" && board bob && has "open: -"'
it 'a later word to the same user takes its place, null takes it back' '
	"$app" broadcast --user ann "{\"note\":\"louder\"}" && board ann && has "open: louder" &&
	"$app" broadcast --user ann "{\"note\":null}" && board ann && has "open: -"'
it 'it may run out' '
	# A machine too slow to look meanwhile is given more time.
	for s in 1 5 20; do
		"$app" broadcast --user ann --expire ${s}s "{\"note\":\"brief\"}" && board ann || return 1
		has "open: brief" && break
	done; has "open: brief" && web_wait "board ann; has \"open: -\""'
it 'what is said to all is under it' '
	"$app" broadcast --user ann "{\"note\":\"mine\"}" && "$app" broadcast "{\"note\":\"ours\"}" &&
	board ann && has "open: mine" && board bob && has "open: ours"'
it 'who stands at one view with others gets no update that is theirs' '
	act /board unfold "{\"on\":0}" HTTP_X_USER=bob && board ann && a=$(attr view) && board bob && is "$(attr view)" "$a" &&
	watch ann /board "" HTTP_X_USER=ann && watch bob /board "" HTTP_X_USER=bob &&
	act /board unfold "{}" HTTP_X_USER=bob && follows ann ann && follows bob bob && board ann && has "open: mine"'
it 'watchers who are registered get an update of their own' '
	unwatch ann; unwatch bob; web_wait "\"\$app\" status | grep -q \"^streams *0\"" && watch ann2 /board "" HTTP_X_USER=ann && watch bob2 /board "" HTTP_X_USER=bob &&
	web_wait "\"\$app\" status | grep -q \"^streams *2\"" && act /board add "{}" HTTP_X_USER=bob &&
	board ann && now=$(attr view) && web_wait "test \"\$(stands ann2)\" = \"$now\"" &&
	board bob && now=$(attr view) && web_wait "test \"\$(stands bob2)\" = \"$now\""'
it 'one that a process does not know of is told to ask' '
	act /board unfold "{\"on\":0}" HTTP_X_USER=bob && "$app" outbox | tail -1 | grep -q "@" &&
	watch cat /board "" HTTP_X_USER=cat && "$app" broadcast --user cat "{\"note\":\"cats\"}" &&
	act /board unfold "{}" HTTP_X_USER=bob && follows cat cat && board cat && has "open: cats"'
it 'an action may say it: its own user sees it at once' '
	act /board whisper "{\"to\":\"bob\",\"text\":\"to me\"}" HTTP_X_USER=bob && board bob && has "open: to me" && follows bob2 bob &&
	act /board whisper "{\"to\":\"ann\",\"text\":\"to you\"}" HTTP_X_USER=bob && board ann && has "open: to you" &&
	follows ann2 ann && follows bob2 bob && board bob && has "open: to me"'
done_testing
