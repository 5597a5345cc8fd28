#!/bin/sh
# Taking authority back: streams end, what is to come is not delivered, and no
# token of before opens another stream or replays anything.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/worksapp
lvt=$LVT_BUILDDIR/lvt
at_end 'streams_stop'
runs() { kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null; }
# open TOKEN [QUERY]: the status of a stream that is asked for
open() { curl -s -m 2 -o "$dir/opened" -w '%{http_code}' -H "Authorization: LVT $1" "$(site_url)/_lvt/stream${2+?$2}"; }
setcookie() { sed -n "/^\$/q;s/^Set-Cookie: \($1=[^;]*\).*/\1/p" "$out"; }
get /
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'a user is revoked: the streams of the user end, those of others go on' '
	get /ws/a HTTP_X_USER=ann && attr token >"$dir/ann" && get /ws/a HTTP_X_USER=bob && attr token >"$dir/bob" &&
	watch a1 /ws/a "ws.a.x" HTTP_X_USER=ann && watch a2 /ws/b "" HTTP_X_USER=ann && watch b1 /ws/a "ws.a.x" HTTP_X_USER=bob &&
	"$lvt" revoke --app worksapp --user ann && web_wait "! runs a1 && ! runs a2" && runs b1'
it 'what is said afterwards reaches the others alone' '
	"$app" publish ws.a.x said "\"later\"" && web_wait "grep -q later \"\$dir/b1\"" && ! grep -q later "$dir/a1"'
it 'a token of before opens no stream and replays nothing' '
	is "$(open "$(cat "$dir/ann")" "channels=ws.a.x&after=0-00000000")" 401 && ! grep -q later "$dir/opened" && is "$(open "$(cat "$dir/bob")")" 200'
it 'not even from a companion that was started later' '
	kill -9 $streamd; streams_start && is "$(open "$(cat "$dir/ann")")" 401'
it 'a token of afterwards is good: the page decides who may have one' '
	get /ws/a HTTP_X_USER=ann && is "$(open "$(attr token)")" 200'
it 'a group is revoked: all of it, whoever they are' '
	watch c1 /ws/c "" HTTP_X_USER=ann && watch c2 /ws/c "" HTTP_X_USER=bob && watch d1 /ws/d "" HTTP_X_USER=bob &&
	"$lvt" revoke --app worksapp --group ws:c && web_wait "! runs c1 && ! runs c2" && runs d1'
it 'another app is not touched' '
	"$lvt" revoke --app someother --group ws:d && "$app" publish ws.d.x said 1 && act /ws/d add "{}" HTTP_X_USER=bob &&
	web_wait "grep -q \"^event: update\" \"\$dir/d1\"" && runs d1'
it 'who logs out loses the streams of that browser' '
	cookie=livetemplate-id=$(printf %043d 3) && act /login login "{\"user\":\"eve\",\"password\":\"secret\"}" &&
	cookie="$(setcookie livetemplate-token); $(setcookie livetemplate-id)" && watch e1 /private && get /private && t=$(attr token) &&
	act /private logout "{}" && web_wait "! runs e1" && is "$(open "$t")" 401'
it 'app logout USER ends all logins of a user, their streams, and their actions' '
	cookie=livetemplate-id=$(printf %043d 4) && act /login login "{\"user\":\"kim\",\"password\":\"secret\"}" &&
	cookie="$(setcookie livetemplate-token); $(setcookie livetemplate-id)" && watch k1 /private && "$app" logout kim && web_wait "! runs k1" &&
	act /private add "{}" && status 401'
it 'a login ends the streams that the browser had as nobody' '
	cookie=livetemplate-id=$(printf %043d 5) && watch n1 / && act /login login "{\"user\":\"ann\",\"password\":\"secret\"}" && web_wait "! runs n1"'
it 'who may listen is asked at each page: what is no longer granted is not in the next token' '
	get /ws/a HTTP_X_USER=ann && is "$(open "$(attr token)" "channels=ws.a.y")" 200 && is "$(open "$(attr token)" "channels=ws.b.y")" 403'
it 'nobody replays what was before the page, unless the page says how far' '
	"$app" publish ws.a.z said "\"past\"" && at=$("$lvt" outbox --limit 1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	get /ws/a HTTP_X_USER=bob && is "$(open "$(attr token)" "channels=ws.a.z&after=$at")" 200 && grep -q past "$dir/opened" &&
	get / && is "$(open "$(attr token)" "after=$at")" 200 && grep -q "^event: stale" "$dir/opened"'
done_testing
