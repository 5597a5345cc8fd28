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
it 'another program posts an action with its token, and some users see it' '
	auth="HTTP_AUTHORIZATION=Bearer $("$app" token robot 60)" && for u in ann bob cat; do
	    get /private "HTTP_AUTHORIZATION=Bearer $("$app" token $u 60)" || return 1; done &&
	act /private tell "{\"users\":[\"ann\",\"bob\"],\"text\":\"for two\"}" "$auth" && json "\$j->{meta}{success}" &&
	for u in ann bob; do get /private "HTTP_AUTHORIZATION=Bearer $("$app" token $u 60)" && has "note=for two" || return 1; done &&
	get /private "HTTP_AUTHORIZATION=Bearer $("$app" token cat 60)" && lacks "for two"'
it 'no users are an error there, too, and nothing happens' '
	before=$(outbox) && act /private tell "{\"users\":[],\"text\":\"x\"}" "HTTP_AUTHORIZATION=Bearer $("$app" token robot 60)" &&
	json "!\$j->{meta}{success}" && is "$(outbox)" "$before"'
it 'a topic of the query is a group: who asked for it hears it, others do not' '
	app=$LVT_BUILDDIR/tests/app/eventapp LVT_DB=$dir/events.db && get "/jobs?who=topic:prices" && get "/jobs?who=topic:news" &&
	"$app" broadcast --group topic:prices "{\"title\":\"up\"}" && get "/jobs?who=topic:prices" && has "<h1>up" &&
	get "/jobs?who=topic:news" && lacks "<h1>up"'
it 'an unknown group is skipped, without an error' 'is "$("$app" broadcast --group ws:never "{\"x\":1}")" "0 live streams"'
done_testing
