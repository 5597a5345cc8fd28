#!/bin/sh
# Sessions: looked at, set, deleted, moved to another database; how long they live.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cookie="livetemplate-id=$(printf %043d 1)"
id=$(printf %043d 1)
sessions() { "$LVT_BUILDDIR/lvt" sessions --db "$LVT_DB" "$@"; }

it 'list shows who has a state' '
	act /two left.add "{}" && sessions list >"$dir/l" && cat "$dir/l" && grep -q "^testapp	/two	$id	-	rev 1" "$dir/l"'
it 'get prints the state' '
	sessions --app testapp get /two $id >"$dir/s" && grep -qF "{\"left\":{\"n\":2},\"right\":{\"n\":2}}" "$dir/s"'
it 'one that is not there is said so' '! sessions --app testapp get /two nosuch 2>"$dir/e" && grep -q "no such session" "$dir/e"'
it 'set replaces the state, and open pages are told' '
	before=$(outbox | wc -l) && sessions --app testapp set /two $id "{\"left\":{\"n\":40},\"right\":{\"n\":2}}" &&
	get /two && has "<p>40 2</p>" && test "$(outbox | wc -l)" -gt "$before"'
it 'an action goes on from there' 'act /two left.add "{}" && get /two && has "<p>41 2</p>"'
it 'what is no object is refused' '! sessions --app testapp set /two $id "[1]" 2>"$dir/e" && grep -q "JSON object" "$dir/e"'
it 'export and import move all sessions to another database' '
	sessions export >"$dir/all" && LVT_DB="$dir/other.db" "$app" status >"$dir/st" &&
	"$LVT_BUILDDIR/lvt" sessions --db "$dir/other.db" import <"$dir/all" | grep -q "^1 sessions" &&
	get /two LVT_DB="$dir/other.db" && has "<p>41 2</p>"'
it 'a line that is no session stops an import, and is named' '
	! echo "{\"app\":1}" | sessions import 2>"$dir/e" && grep -q "line 1" "$dir/e"'
it 'so does one without a page or group' '
	for at in "\"x\",\"group\":\"g\"" "\"/two\",\"group\":\"\""; do
		! echo "{\"app\":\"testapp\",\"page\":$at,\"state\":{}}" | sessions import 2>"$dir/e" && grep -q "begins with /" "$dir/e" || exit 1; done'
it 'a deleted session shows the first document again' '
	sessions --app testapp delete /two $id && get /two && has "<p>1 2</p>" && sessions list >"$dir/l" && ! grep -q "$id" "$dir/l"'
it 'another session of the same browser is left' '
	act /notes note "{\"text\":\"x\"}" && act /two left.add "{}" && sessions --app testapp delete /two $id && get /notes && has "<li>x</li>"'
it 'without a time of its own a browser'"'"'s group lives for 24 hours' '
	act /two left.add "{}" && sessions export | grep "\"page\": *\"/two\"" | grep -q "\"ttl\": *86400[,}]"'
it 'what was broadcast since is part of it, and moves, too' '
	"$app" broadcast --page /two "{\"right\":{\"n\":70}}" && sessions --app testapp get /two $id | grep -qF "\"right\":{\"n\":70}" &&
	sessions export >"$dir/all" && LVT_DB="$dir/third.db" "$app" status >"$dir/st" && sessions --db "$dir/third.db" import <"$dir/all" &&
	get /two LVT_DB="$dir/third.db" && has "<p>2 70</p>" && get /two && has "<p>2 70</p>"'
it 'to its user alone, where the group is that of a user' '
	act /me add "{}" HTTP_AUTHORIZATION="Basic $(printf bob:secret | base64)" && status 200 &&
	"$app" broadcast --user bob "{\"n\":9}" && sessions --app testapp get /me bob | grep -qxF "{\"n\":9}"'
it 'set leaves a state to the user whose it is' '
	sessions --app testapp set /me bob "{\"n\":8}" && sessions list | grep -q "^testapp	/me	bob	bob	" &&
	sessions --app testapp get /me bob | grep -qxF "{\"n\":8}"'
app=$LVT_BUILDDIR/tests/app/worksapp
it 'a group that is looked at lives on' '
	# Eight seconds of looks, each within the four that it has to live; where the
	# machine stood still for longer, from the beginning.
	for try in 1 2 3 4 5 6 7 8 9; do
		act /brief add "{}" && get /brief && n=$(body | grep -o "n=[0-9]*") && begun=$(date +%s) seen=$(date +%s) || return 1
		while sleep 0.5; do
			last=$seen; get /brief || return 1; seen=$(date +%s)
			test $((seen - last)) -lt 3 || break
			has "$n" || return 1; test $((seen - begun)) -lt 8 || return 0
		done
	done; return 1'
it 'one that is not expires after its time to live' 'sleep 5; get /brief && has "n=0"'
done_testing
