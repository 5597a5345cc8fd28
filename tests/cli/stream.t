#!/bin/sh
# stream.t - publishing, tokens and a look at the outbox from the shell.
set -u
lvt=${LVT_BUILDDIR:-.}/lvt
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
LVT_DB=$dir/app.db
export LVT_DB
n=0

# it TITLE COMMANDS: they must all succeed.
it() {
	n=$((n + 1))
	(set -e; eval "$2") >said 2>&1
	if [ $? = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' said
	fi
}
is() { [ "$1" = "$2" ] || { echo "got '$1', wanted '$2'"; return 1; }; }
fails() { want=$1; shift; rc=0; "$@" || rc=$?; is "$rc" "$want"; }
payloads() { "$lvt" outbox "$@" | sed 's/.*"payload":\(.*\)}$/\1/'; }

it 'a message is committed and its position printed' '
	at=$("$lvt" publish room.a said "{\"x\":1}")
	is "${at%-*}" 1
	"$lvt" outbox | grep -q "\"id\":\"$at\".*\"channel\":\"room.a\""
	"$lvt" outbox | grep -q "\"event\":\"said\",\"payload\":{\"x\":1}"'

it 'each line of stdin is a payload, JSON or text' '
	printf "{\"y\":2}\nB17.1.0.xx\n3\r\nlast" |
	    "$lvt" publish room.a --stdin
	is "$(payloads --after 1 | tr "\n" " ")" \
	    "{\"y\":2} \"B17.1.0.xx\" 3 \"last\" "'

it 'with --text nothing is taken for JSON' '
	echo 17 | "$lvt" publish room.a --stdin --text
	is "$(payloads --last 1)" "\"17\""'

it 'with --batch lines that are there share a commit, in order' '
	seq 1 250 | "$lvt" publish room.n --stdin --batch 100 \
	    --durability normal --print >positions
	is "$(wc -l <positions)" 250
	payloads --channel room.n >got
	seq 1 250 | cmp - got'

it 'with the channel "-" each line names its own' '
	printf "a.1 {\"k\":1}\na.2 two words\n" | "$lvt" publish - --stdin
	is "$("$lvt" outbox --channel a.2)" \
	    "$("$lvt" outbox --last 1)"
	is "$(payloads --channel "a.*" | tr "\n" " ")" \
	    "{\"k\":1} \"two words\" "'

it 'the beginning of an option is one, where it begins no other' '
	is "$("$lvt" outbox --chan "a.*" --las 1)" "$("$lvt" outbox --last 1)" &&
	fails 2 "$lvt" outbox --l 1 2>why && grep -q -- "--l.* is ambiguous" why &&
	fails 2 "$lvt" publish --a x room.a y 2>why && grep -q -- "--a.* is ambiguous" why'

it 'a wrong channel publishes nothing and says why' '
	fails 1 "$lvt" publish "room.*" x 2>why
	grep -q "is no channel" why'

it 'what came before a bad line is published, the rest is not' '
	before=$("$lvt" outbox | wc -l)
	printf "a.1 1\nBAD!\na.1 2\n" |
	    fails 1 "$lvt" publish - --stdin --batch 10
	is "$("$lvt" outbox | wc -l)" $((before + 1))'

it '--after, --last and --limit choose rows' '
	is "$("$lvt" outbox --after 2 --limit 3 | wc -l)" 3
	is "$("$lvt" outbox --last 2 | wc -l)" 2
	is "$("$lvt" outbox --limit 0)" ""'

it '--after takes a position, and a number of rows is nothing else' '
	is "$("$lvt" outbox --after 2-00000000)" "$("$lvt" outbox --after 2)" &&
	for words in "--last 2-x" "--limit two" "--after -1"; do
		"$lvt" outbox $words 2>err && return 1
		grep -q -e "${words%% *} is a number" err || return 1
	done'

it 'a token grants what it was asked to grant' '
	t=$("$lvt" token --channels "room.*,user.7.>" --page / --app chat \
	    --user ann --group g --ttl 60)
	claims=$(printf "%s==" "${t%.*}" | tr _- /+ | base64 -d 2>/dev/null || :)
	echo "$claims" | grep -q "\"c\":\[\"room.\*\",\"user.7.>\"\]"
	echo "$claims" | grep -q "\"p\":\[\"/\"\],"
	echo "$claims" | grep -q "\"u\":\"ann\""'

it 'a token without any grant is refused' '
	fails 2 "$lvt" token 2>why
	fails 2 "$lvt" token --channels "a..b" 2>why'

it 'revoking is a row of the outbox' '
	"$lvt" revoke --app chat --user ann
	"$lvt" outbox --last 1 | grep -q "\"kind\":\"revoke\".*\"user\":\"ann\""
	fails 2 "$lvt" revoke --app chat --user a --group b 2>why'

it 'status shows the head, how much is retained, and that no companion is alive' '
	"$lvt" status >got
	grep -q "^head  *[0-9]*-[0-9a-f]\{8\}$" got
	is "$(sed -n "s/^outbox_rows *//p" got)" "$("$lvt" outbox | wc -l)"
	grep -q "none is alive" got'

it 'status speaks to Prometheus' '
	"$lvt" status --prometheus >got
	grep -q "^lvt_companions 0$" got
	grep -q "^# TYPE lvt_outbox_rows gauge$" got'

it 'a database that is not there is not made by a look' '
	fails 1 "$lvt" status --db none.db 2>why
	fails 1 "$lvt" outbox --db none.db 2>why
	[ ! -e none.db ]'

it 'no database is said as such' '
	unset LVT_DB
	fails 1 "$lvt" publish a b 2>why
	grep -q "give --db FILE or set LVT_DB" why'

for c in publish token revoke status outbox; do
	it "lvt $c --help tells how" '
		"$lvt" '$c' --help | grep -q "^usage: lvt '$c'"'
done
echo "1..$n"
