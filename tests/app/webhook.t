#!/bin/sh
# lvt subscribe --webhook: signed, tried again, parked.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
lvt=$LVT_BUILDDIR/lvt
grep -q '^#define HAVE_CURL 1' "$LVT_BUILDDIR/config.h" ||
    { echo "1..0 # SKIP built without libcurl"; exit 0; }
at_end 'kill $hook 2>/dev/null'
LVT_WEBHOOK_SECRET='it is a secret'
export LVT_WEBHOOK_SECRET
say() { "$app" publish hook.x made "\"$1\"" >/dev/null; }
# serve STATUS...: answers with these, the last for ever
serve() {
	kill $hook 2>/dev/null
	rm -f "$dir/port" "$dir/posts"
	perl "$LVT_SRCDIR/tests/app/hook.pl" "$dir/posts" "$@" >"$dir/port" & hook=$!
	web_wait 'test -s "$dir/port"'
}
push() { "$lvt" subscribe "hook.*" --consumer h --once --try-ms 1 --webhook "http://127.0.0.1:$(cat "$dir/port")/in" "$@" 2>"$dir/e"; }
get /later
hook=
"$lvt" subscribe "hook.*" --consumer h --once

serve 200
it 'a message is posted as JSON, with its position as id' '
	say one && push && grep -q "^POST /in HTTP" "$dir/posts" && grep -qi "^content-type: application/json" "$dir/posts" &&
	grep -q "^Lvt-Id: [0-9]*-[0-9a-f]\{8\}" "$dir/posts" && grep -q "\"event\": *\"made\", *\"payload\": *\"one\"" "$dir/posts"'
it 'it is signed: HMAC-SHA256 with the secret over time, dot and body' '
	perl -MDigest::SHA=hmac_sha256_hex -0777 -ne "
	    my (\$t, \$v) = /^Lvt-Signature: t=(\d+),v1=([0-9a-f]{64})/m or die q(none); my (\$body) = /^(\{.*\})\$/m;
	    die q(other) if hmac_sha256_hex(qq(\$t.\$body), q(it is a secret)) ne \$v" "$dir/posts"'
it 'messages come in order' 'say two; say three; push && is "$(grep -o "\"payload\": *\"[a-z]*\"" "$dir/posts" | sed "s/.*: *//" | tr -d "\"\n")" onetwothree'
serve 500 503 204
it 'a server that fails is asked again, with the same id' '
	say four; push && is "$(grep -c "^POST" "$dir/posts")" 3 && is "$(grep "^Lvt-Id" "$dir/posts" | sort -u | wc -l | tr -d " ")" 1 &&
	grep -q "answered 500" "$dir/e"'
serve 404
it 'after so many tries the message is parked, with the reason' '
	say five; ! push --tries 3 && is "$(grep -c "^POST" "$dir/posts")" 3 &&
	"$lvt" outbox --parked --db "$LVT_DB" | grep -q "answered 404"'
serve 302
it 'a redirection is no success, and not followed' 'say six; ! push --tries 1 && is "$(grep -c "^POST" "$dir/posts")" 1'
kill $hook; wait $hook 2>/dev/null; hook=
it 'a server that is away is a failure like others' 'say seven; ! push --tries 1 && "$lvt" outbox --parked --db "$LVT_DB" | grep -q "seven"'
serve 200
it 'what was parked is posted again when somebody asks for it, in order' '
	"$lvt" outbox --parked retry all --db "$LVT_DB" && push && is "$(grep -o "\"payload\": *\"[a-z]*\"" "$dir/posts" | sed "s/.*: *//" | tr -d "\"\n")" fivesixseven &&
	is "$("$lvt" outbox --parked --db "$LVT_DB")" ""'
it 'only http and https are called' '
	! "$lvt" subscribe "hook.*" --webhook file:///etc/passwd 2>"$dir/e" && grep -q "no http or https URL" "$dir/e"'
done_testing
