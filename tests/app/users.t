#!/bin/sh
# Whom a broadcast reaches: users, groups, nobody.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=$LVT_BUILDDIR/tests/app/worksapp

it 'an empty list of users and an empty group are errors' '
	act /ws/a nobody "{}" HTTP_X_USER=ann && json "\$j->{meta}{success}" &&
	! "$app" broadcast --user "" "{\"x\":1}" 2>"$dir/e" && ! "$app" broadcast --group "" "{\"x\":1}" 2>"$dir/e"'
it 'several users of one broadcast are all reached, others are not' '
	"$app" broadcast --user ann --user bob "{\"both\":\"yes\"}" && get /ws/a HTTP_X_USER=ann && has "both=yes" &&
	get /ws/b HTTP_X_USER=bob && has "both=yes" && get /ws/c HTTP_X_USER=cat && lacks "both=yes"'
it 'an action tells its own user, on all of their pages of that path' '
	act /ws/a note "{\"text\":\"mine\"}" HTTP_X_USER=ann && get /ws/a HTTP_X_USER=ann && has "note=mine" &&
	get /ws/a HTTP_X_USER=bob && lacks "note=mine"'
it 'a line for one group is no line for another that stands at the same view' '
	cookie="livetemplate-id=$(printf %043d 1)" && act / add "{}" &&
	"$app" broadcast "{\"hello\":\"all\"}" && "$app" outbox >"$dir/rows" && cat "$dir/rows" &&
	! grep -A 1 "	/\*$" "$dir/rows" | grep -E "^	[^ ]+ [^ ]+ [{]"'
done_testing
