#!/bin/sh
# Taking back: a user or group that is revoked loses streams, polls and replay,
# by whatever token they had.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/peopleapp
lvt=$LVT_BUILDDIR/lvt
at_end streams_stop
get /board HTTP_X_USER=ann
streams_start || { echo "Bail out! the companion does not start"; exit 1; }
# USER: a long-poll with a token of that user, its status in $dir/USER.code.
poll() {
	get /board HTTP_X_USER="$1" && attr token >"$dir/$1.token" && attr head >"$dir/$1.head"
	curl -s -o /dev/null -w '%{http_code}' -H "Authorization: LVT $(cat "$dir/$1.token")" \
	    "$(site_url)/_lvt/stream?mode=poll&page=/board&after=$(attr head)" >"$dir/$1.code" & }
# USER: the status of a request that replays with the token of before.
again() { curl -s -o /dev/null -w '%{http_code}' --max-time 2 -H "Authorization: LVT $(cat "$dir/$1.token")" \
	"$(site_url)/_lvt/stream?page=/board&after=$(cat "$dir/$1.head")" || :; }

it 'the streams of a revoked user end, those of others go on' '
	watch ann /board "" HTTP_X_USER=ann && watch bob /board "" HTTP_X_USER=bob && "$lvt" revoke --app people --user ann && ended ann &&
	act /board add "{}" HTTP_X_USER=bob && web_wait "grep -q \"^event: \\(update\\|stale\\)\" \"\$dir/bob\"" && kill -0 "$(cat "$dir/bob.pid")"'
it 'so do polls that wait' '
	poll cat; web_wait "curl -s \"$(site_url)/\" >/dev/null; sleep 1; test -f \"\$dir/cat.code\"" && "$lvt" revoke --app people --user cat &&
	web_wait "test -s \"\$dir/cat.code\"" && cat "$dir/cat.code" && ! grep -q 200 "$dir/cat.code"'
it 'a token of before replays nothing, by stream or poll' '
	is "$(again cat)" 401 && is "$(curl -s -o /dev/null -w "%{http_code}" -H "Authorization: LVT $(cat "$dir/cat.token")" \
	    "$(site_url)/_lvt/stream?mode=poll&page=/board&after=$(cat "$dir/cat.head")")" 401'
it 'a page that is loaded after has a token that is good' 'watch cat2 /board "" HTTP_X_USER=cat'
it 'a token in the client'"'"'s hands does not give a new one the old replay' '
	get /board HTTP_X_USER=cat HTTP_LVT_TOKEN="$(cat "$dir/cat.token")" && status 200 && attr token | cut -d. -f1 | tr "_-" "/+" |
	    perl -MMIME::Base64 -ne "print decode_base64(\$_)" >"$dir/claims" && ! grep -qF "\"f\":\"$(cat "$dir/cat.head")\"" "$dir/claims"'
it 'another app'"'"'s user of that name keeps theirs' '
	"$lvt" revoke --app other --user cat && sleep 1 && kill -0 "$(cat "$dir/cat2.pid")"'
it 'a revoked group loses its streams, whoever is in it' '
	watch dan /board "" HTTP_X_USER=dan && "$lvt" revoke --app people --group shared && ended dan && ended bob'
it 'app logout ends the logins of a user, and streams' '
	cookie="livetemplate-id=$(printf %043d 1)" && act /door login "{\"user\":\"eve\"}" && t=$(sed -n "s/^Set-Cookie: livetemplate-token=\([^;]*\).*/\1/p" "$out") &&
	cookie="$cookie; livetemplate-token=$t" && watch eve /mine && get /mine && status 200 && "$app" logout eve && ended eve && get /mine && status 401'
done_testing
