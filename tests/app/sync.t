#!/bin/sh
# What shows by itself: an action on every tab and device of its group; each from
# the view that it shows, with no code of the application.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/worksapp
A=livetemplate-id=$(printf %043d 1) B=livetemplate-id=$(printf %043d 2)
basic="HTTP_AUTHORIZATION=Basic $(printf "ann:correct horse" | base64)"
at_end 'streams_stop'
# How often stream NAME was shown TEXT.
shown() { grep -c "^data: .*\"$2\"" "$dir/$1"; }
get /
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'an action shows in all tabs of the browser, and in no other browser' '
	cookie=$A && watch a1 / && watch a2 / && cookie=$B && watch b1 / && cookie=$A && act / add "{\"value\":5}" &&
	for tab in a1 a2; do web_wait "grep -q \"^event: update\" \"\$dir/$tab\"" && is "$(shown $tab 5)" 1 || return 1; done &&
	cookie=$B && act / add "{\"value\":7}" && web_wait "grep -q \"^event: update\" \"\$dir/b1\"" && is "$(shown b1 7)" 1 &&
	is "$(shown b1 5)" 0 && is "$(shown a1 7)" 0'
it 'on all devices of a user, and not on those of another' '
	cookie=$A && watch desk /basic "" "$basic" && cookie=$B && watch phone /basic "" "$basic" &&
	cookie=$A && act /basic add "{\"value\":11}" "$basic" && for d in desk phone; do web_wait "test \$(shown $d 11) = 1" || return 1; done &&
	watch other /ws/x "" HTTP_X_USER=bob && act /ws/x add "{\"value\":12}" HTTP_X_USER=bob && web_wait "test \$(shown other 12) = 1" &&
	is "$(shown desk 12)" 0'
it 'on the screens of all members of a workspace, or they are told to ask' '
	watch ann /ws/plan "" HTTP_X_USER=ann && watch bob /ws/plan "" HTTP_X_USER=bob && act /ws/plan add "{\"value\":13}" HTTP_X_USER=ann &&
	for p in ann bob; do web_wait "test \$(shown $p 13) = 1 || grep -q \"^event: stale\" \"\$dir/$p\"" &&
	    get /ws/plan HTTP_X_USER=$p && has "n=13" || return 1; done'
it 'an update is less than half of its page' '
	get / && page=$(body | wc -c) && update=$(grep "^data: .*\"tree\"" "$dir/a1" | head -n 1 | wc -c) && test $((update * 2)) -lt "$page"'
it 'only what changed is in it: no statics, one slot' '
	grep "^data: .*\"tree\"" "$dir/a1" | head -n 1 | sed "s/^data: //" | perl -MJSON::PP -0777 -ne "
	    my \$t = decode_json(\$_)->{tree}; exit !(!exists \$t->{s} && keys %\$t == 1)"'
it 'of one broadcast each view gets the update from what it shows' '
	app=$LVT_BUILDDIR/tests/app/testapp LVT_DB=$dir/app.db; cookie=$A; act /two left.add "{\"value\":4}"; watch five /two; cookie=$B
	act /two left.add "{\"value\":9}"; watch ten /two; web_wait "\"\$app\" status | grep -q \"^streams *[2-9]\"";
	a=$(cookie=$A; get /two; attr view); b=$(cookie=$B; get /two; attr view); test "$a" != "$b" &&
	"$app" broadcast --page /two "{\"left\":{\"n\":15}}" >"$dir/said" && for s in five ten; do
	    web_wait "grep -qE \"^event: (update|stale)\" \"\$dir/$s\"" || return 1; done
	cookie=$A && get /two && has "<p>15 2</p>" && cookie=$B && get /two && has "<p>15 2</p>" &&
	{ grep -q "\"base\":\"$a\"" "$dir/five" || grep -q "^event: stale" "$dir/five"; } &&
	{ grep -q "\"base\":\"$b\"" "$dir/ten" || grep -q "^event: stale" "$dir/ten"; } && ! grep -q "\"base\":\"$a\"" "$dir/ten"'
it 'a page that slept asks once and has it all' '
	cookie=$A && get / && old=$(attr view) && act / add "{}" && act / add "{}" && get / HTTP_ACCEPT=application/vnd.lvt+json HTTP_IF_NONE_MATCH="\"$old\"" &&
	status 200 && new=$(header LVT-View) && get / && is "$(attr view)" "$new" && has "n=7"'
it 'who reloads has it without a stream' '
	cookie=$A && get / && has "n=7" && get / HTTP_ACCEPT=application/vnd.lvt+json HTTP_IF_NONE_MATCH="\"$(attr view)\"" && status 304'
it 'a tab that is closed is told nothing and delays nobody' '
	cookie=$A && unwatch a2 && act / add "{\"value\":100}" && web_wait "test \$(shown a1 107) = 1" && is "$(shown a2 107)" 0'
it 'a tab that comes back names where it was, and gets the rest in order' '
	cookie=$A && last=$(sed -n "s/^id: //p" "$dir/a1" | tail -1) && get / && token=$(attr token) && view=$(attr view) &&
	grep "^data: .*\"view\"" "$dir/a1" | tail -1 | grep -q "\"view\":\"$view\"" && unwatch a1 &&
	act / add "{\"value\":1000}" && act / add "{\"value\":2000}" &&
	{ curl -sN -m 20 -H "Authorization: LVT $token" -H "Last-Event-ID: $last" "$(site_url)/_lvt/stream?view=$view" >"$dir/again" & pid=$!;
	web_wait "test \$(grep -c \"^event: update\" \"\$dir/again\") -ge 2"; kill $pid; } &&
	is "$(sed -n "s/^data: .*\"tree\":.*\"\([0-9]*\)\".*/\1/p" "$dir/again" | tr "\n" " ")" "1107 3107 "'
done_testing
