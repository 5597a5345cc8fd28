#!/bin/sh
# Documents of a room with optimistic locking: of two who change the same thing,
# one is told. Reads like an example of it.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=$LVT_BUILDDIR/tests/app/worksapp
room=/room/7

it 'by default the last write wins: both actions are done, in order' '
	act $room edit "{\"name\":\"plan\",\"text\":\"A\"}" && act $room edit "{\"name\":\"plan\",\"text\":\"B\"}" &&
	json "\$j->{meta}{success}" && get $room && has "text:B"'
it 'with the revision that was seen, the second is 409 and changes nothing' '
	get $room && rev=$(attr rev) && act $room edit "{\"name\":\"plan\",\"text\":\"C\"}" HTTP_IF_MATCH="\"rev-$rev\"" && status 200 &&
	act $room edit "{\"name\":\"plan\",\"text\":\"D\"}" HTTP_IF_MATCH="\"rev-$rev\"" && status 409 &&
	json "\$j->{meta}{conflict} && \$j->{meta}{rev} == $rev + 1 && \$j->{meta}{errors}{_general}" && get $room && has "text:C"'
it 'the answer to a conflict is the view as it is now' '
	act $room edit "{\"name\":\"plan\",\"text\":\"D\",\"lvt-rev\":1}" && status 409 && body | grep -q "text:C"'
it 'with it one may decide again: the new revision is good' '
	act $room edit "{\"name\":\"plan\",\"text\":\"D\",\"lvt-rev\":1}" && rev=$(field "\$j->{meta}{rev}") &&
	act $room edit "{\"name\":\"plan\",\"text\":\"D\",\"lvt-rev\":$rev}" && status 200 && get $room && has "text:D"'
it 'in a form without JavaScript what was typed stays' '
	form $room "lvt-action=edit&name=plan&text=mine&lvt-rev=1" && status 409 && has "value=\"mine\""'
it 'records have versions of their own: two who change different ones are both right' '
	act $room edit "{\"name\":\"menu\",\"text\":\"x\",\"version\":0}" && json "\$j->{meta}{success}" &&
	act $room edit "{\"name\":\"menu\",\"text\":\"y\",\"version\":1}" && act $room edit "{\"name\":\"list\",\"text\":\"z\",\"version\":0}" &&
	json "\$j->{meta}{success}"'
it 'and two who change the same record are not' '
	act $room edit "{\"name\":\"menu\",\"text\":\"y2\",\"version\":1}" && status 409 && get $room && has "text:y version:2"'
it 'other rooms are other documents' 'get /room/8 && lacks "text:"'
it 'an action that was asked to be the first of its group conflicts with any other' '
	act /room/9 edit "{\"name\":\"a\",\"text\":\"1\",\"lvt-rev\":0}" && status 200 && act /room/9 edit "{\"name\":\"b\",\"text\":\"2\",\"lvt-rev\":0}" && status 409'
it 'a revision that is no number is 400' 'act $room edit "{\"lvt-rev\":\"new\"}" && status 400'
done_testing
