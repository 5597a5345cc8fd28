#!/bin/sh
# Who visitors are, and which group they share.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=$LVT_BUILDDIR/tests/app/worksapp
A=livetemplate-id=$(printf %043d 1) B=livetemplate-id=$(printf %043d 2)
setcookie() { sed -n "/^\$/q;s/^Set-Cookie: \($1=[^;]*\).*/\1/p" "$out"; }

it 'all tabs of a browser are one group, another browser is another' '
	cookie=$A && act / add "{}" && act / add "{}" && get / && has "n=2" &&
	cookie=$B && get / && has "n=0"'
it 'the cookie is given once and for a year' '
	get / && c=$(setcookie livetemplate-id) && header Set-Cookie | grep -q "Max-Age=31536000" &&
	cookie=$c && act / add "{}" && is "$(header Set-Cookie)" "" && get / && has "n=1"'

it 'Basic: no password is 401 with a challenge' '
	get /basic && status 401 && header WWW-Authenticate | grep -q "^Basic realm="'
it 'Basic: the password helper knows the right one' '
	get /basic HTTP_AUTHORIZATION="Basic $(printf "ann:correct horse" | base64)" && status 200 && has "<p>ann</p>"'
it 'Basic: and refuses a wrong one, and an unknown user' '
	get /basic HTTP_AUTHORIZATION="Basic $(printf "ann:wrong" | base64)" && status 401 &&
	get /basic HTTP_AUTHORIZATION="Basic $(printf "eve:correct horse" | base64)" && status 401'
it 'Basic: all devices of a user are one group, whatever their cookie' '
	auth="Basic $(printf "ann:correct horse" | base64)" && cookie=$A &&
	act /basic add "{}" HTTP_AUTHORIZATION="$auth" && cookie=$B &&
	get /basic HTTP_AUTHORIZATION="$auth" && has "n=1" && is "$(header Set-Cookie)" ""'

it 'Basic: another user is another group' '
	get /basic HTTP_AUTHORIZATION="Basic $(printf "bea:correct horse" | base64)" && has "<p>bea</p>" && has "n=0"'

it 'REMOTE_USER is who the web server says' '
	get /remote REMOTE_USER=zoe && status 200 && has "<p>zoe</p>" && get /remote && status 401'
it 'a header of that name is not' 'get /remote HTTP_REMOTE_USER=zoe && status 401'

it 'a custom identify that fails is 401, for actions as for pages' '
	get /ws/a && status 401 && act /ws/a add "{}" && status 401'
it 'a custom group that fails is 500' 'get /ws/broken HTTP_X_USER=ann && status 500'
it 'a custom group is a workspace: its members share, others do not' '
	act /ws/a add "{}" HTTP_X_USER=ann && get /ws/a HTTP_X_USER=bob && has "n=1" &&
	get /ws/b HTTP_X_USER=bob && has "n=0"'
it 'a user with several groups is reached by user in all of them' '
	act /ws/b add "{}" HTTP_X_USER=ann && "$app" broadcast --user ann "{\"note\":\"hi ann\"}" &&
	get /ws/a HTTP_X_USER=ann && has "note=hi ann" && get /ws/b HTTP_X_USER=ann && has "note=hi ann"'
it 'and by group in that one alone' '
	"$app" broadcast --group ws:b "{\"only\":\"b\"}" && get /ws/b HTTP_X_USER=bob && has "only=b" &&
	get /ws/a HTTP_X_USER=ann && lacks "only=b"'
it 'a group per device is a custom group; a broadcast to the user reaches both' '
	act /device add "{}" HTTP_X_USER=ann HTTP_X_DEVICE=desk &&
	get /device HTTP_X_USER=ann HTTP_X_DEVICE=phone && has "n=0" &&
	act /device note "{\"text\":\"both\"}" HTTP_X_USER=ann HTTP_X_DEVICE=phone &&
	get /device HTTP_X_USER=ann HTTP_X_DEVICE=phone && has "note=both" &&
	get /device HTTP_X_USER=ann HTTP_X_DEVICE=desk && has "note=both" && has "n=1"'

it 'a signed token is who its maker says' '
	token=$("$app" token eve 60) && get /private HTTP_AUTHORIZATION="Bearer $token" && has "<p>eve</p>" &&
	get /private HTTP_AUTHORIZATION="Bearer ${token}x" && status 401'
it 'a token of another app is not good here' '
	LVT_DB="$dir/app.db" token=$("$LVT_BUILDDIR/tests/app/testapp" token eve 60) &&
	get /private HTTP_AUTHORIZATION="Bearer $token" && status 401'

it 'a user, or a group, whose name is no text is refused, and not out of memory' '
	get /ws/a HTTP_X_USER="$(printf "Z\370e")" LVT_LOG=error 2>"$dir/e" && status 401 && ! grep -q memory "$dir/e" &&
	get /device HTTP_X_USER=ann HTTP_X_DEVICE="$(printf "\370")" LVT_LOG=error 2>"$dir/e" && status 500 && grep "whose name is not UTF-8" "$dir/e"'
it 'a login that is refused leaves nothing behind' '
	cookie=$A && act /login login "{\"user\":\"ann\",\"password\":\"x\"}" &&
	json "!\$j->{meta}{success}" && is "$(header Set-Cookie)" ""'
it 'a login gives a token and a new group, and leads on' '
	cookie=$A && act /login login "{\"user\":\"ann\",\"password\":\"secret\"}" && json "\$j->{meta}{redirect} eq q(/private)" &&
	token=$(setcookie livetemplate-token) && id=$(setcookie livetemplate-id) && test -n "$token" && test "$id" != "$A" &&
	cookie="$token; $id" && get /private && status 200 && has "<p>ann</p>" && echo "$token" >"$dir/token" && echo "$id" >"$dir/id"'
it 'the streams of the old group end: a revocation is in the outbox' '
	"$app" outbox | grep -A 1 revoke | grep -q "{\"group\":\"$(printf %043d 1)\"}"'
it 'the old group keeps its state, but the new browser is another' '
	cookie=$(cat "$dir/id") && get / && has "n=0" && cookie=$A && get / && has "n=2"'
it 'the same login sent again with its key gives the same token' '
	cookie=$B && act /login login "{\"user\":\"bob\",\"password\":\"secret\"}" HTTP_LVT_KEY=l1 && t=$(setcookie livetemplate-token) &&
	act /login login "{\"user\":\"bob\",\"password\":\"secret\"}" HTTP_LVT_KEY=l1 && is "$(setcookie livetemplate-token)" "$t"'
it 'a user may be logged in on several devices' '
	cookie=$B && act /login login "{\"user\":\"ann\",\"password\":\"secret\"}" && setcookie livetemplate-token >"$dir/token2" &&
	cookie=$(cat "$dir/token") && get /private && status 200 && cookie=$(cat "$dir/token2") && get /private && status 200'
it 'logout takes the token back: who kept it is nobody' '
	cookie="$(cat "$dir/token"); $(cat "$dir/id")" && act /private logout "{}" && is "$(setcookie livetemplate-token)" livetemplate-token= &&
	test "$(setcookie livetemplate-id)" != "$(cat "$dir/id")" && cookie=$(cat "$dir/token") && get /private && status 401 &&
	act /private add "{}" && status 401'
it 'the other device stays logged in' 'cookie=$(cat "$dir/token2") && get /private && status 200'
it 'app logout USER ends all of them' '
	"$app" logout ann && cookie=$(cat "$dir/token2") && get /private && status 401'
it 'a token forged for a login that never was is refused' '
	cookie=livetemplate-token=$(cut -d= -f2 <"$dir/token" | sed "s/^./A/") && get /private && status 401'
it 'a page grants what its function says, and the past that it may replay' '
	get /ws/a HTTP_X_USER=ann && attr token | perl -MMIME::Base64 -ne "s/\..*//; tr{-_}{+/}; print decode_base64(\$_)" >"$dir/c" &&
	grep -qF "\"c\":[\"ws.a.>\"]" "$dir/c" && grep -q "\"f\":\"0-" "$dir/c"'
done_testing
