#!/bin/sh
# Rooms with documents: of two who change the same one, the second is told and
# keeps what was typed. The example, through lighttpd.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/examples/documents/documents
LVT_TEMPLATES=$LVT_SRCDIR/examples/documents
at_end 'streams_stop'
room=/room/plans
save() { act $room save "{\"id\":\"$1\",\"text\":\"$2\",\"value\":\"$3\"}"; }
get $room
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'the door leads to a room' '
	form / "room=plans&enter=" && status 303 && head_is Location room/plans && form / "room=No+Room&enter=" && status 422 &&
	has "value=\"No Room\"" && has "small letters"'
it 'a room is its own: what is made in one is not in another' '
	act $room create "{\"title\":\"Summer\"}" && act $room create "{\"title\":\"Winter\"}" && get $room && has Summer && has Winter &&
	get /room/menu && lacks Summer'
it 'everybody in the room sees what is saved' '
	watch one $room && save d1 "Sow beans" 1 && json "\$j->{meta}{success}" && web_wait "grep -q \"Sow beans\" \"\$dir/one\"" &&
	get $room && has "Sow beans" && has "version 2"'
it 'of two who saw the same version, the second is told, and changes nothing' '
	save d1 "Sow peas" 2 && status 200 && save d1 "Sow leek" 2 && status 409 && json "\$j->{meta}{conflict}" && get $room && has "Sow peas" && lacks leek'
it 'the answer shows what is there now, and says how to go on' '
	save d1 "Sow leek" 2 && status 409 && json "my \$e = \$j->{meta}{error_tree}{2}[0]; \$e->[1] eq q(d1) &&
	    \$e->[2]{5}{1} eq q(Sow peas) && \$e->[2]{5}{3} eq 3 && \$e->[2]{9}{0} eq q(Sow leek)"'
it 'a form without JavaScript keeps what was typed, and shows both' '
	form $room "id=d1&text=Sow+leek&save=2" && status 409 && has "<blockquote>Sow peas</blockquote>" && body | grep -q "<textarea[^>]*>Sow leek</textarea>" &&
	has "<button form=\"edit-d1\" name=\"save\" value=\"3\">"'
it 'who has seen both may keep the own one' 'form $room "save=3&id=d1&text=Sow+leek" && status 303 && get $room && has "Sow leek" && has "version 4"'
it 'two who change different documents of a room are both right' '
	save d1 "Rest" 4 && status 200 && save d2 "Prune" 1 && status 200 && get $room && has Rest && has Prune'
it 'of many who save at once one wins each version' '
	pids=; for i in 1 2 3 4 5 6 7 8; do ( out=$dir/out$i; mkdir "$dir/d$i"; dir=$dir/d$i; save d2 "try $i" 2 ) & pids="$pids $!"; done; wait $pids
	is "$(cat "$dir"/out? | grep -c "^Status: 200")" 1 && is "$(cat "$dir"/out? | grep -c "^Status: 409")" 7 && get $room && has "version 3"'
it 'a text that is too long is told, and kept' '
	long=$(perl -e "print q(x) x 4001") && form $room "id=d1&text=$long&save=5" && status 422 && has "4000 characters at most" && has "$long"'
done_testing
