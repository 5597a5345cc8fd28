#!/bin/sh
# lvt subscribe: cursors that survive, in order, at least once; webhooks.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
lvt=$LVT_BUILDDIR/lvt
at_end 'kill $sub $hook 2>/dev/null'
say() { "$app" publish "$1" "${3-said}" "\"$2\"" >/dev/null; }
payloads() { perl -MJSON::PP -ne 'print decode_json($_)->{payload}, " "' "$1"; }
parked() { "$app" status >/dev/null; "$lvt" outbox --parked --db "$LVT_DB"; }
get /later

it 'a consumer with a name begins at the head' '
	say a.b before && "$lvt" subscribe "a.*" --consumer c1 --once >"$dir/o" && is "$(payloads "$dir/o")" ""'
it 'it gets each message of its patterns, in order, with channel, event and position' '
	say a.b one && say other.x no && say a.c two made && "$lvt" subscribe "a.*" --consumer c1 --once >"$dir/o" &&
	is "$(payloads "$dir/o")" "one two " && grep -q "\"channel\": *\"a.c\".*\"event\": *\"made\"" "$dir/o" &&
	grep -q "\"id\": *\"[0-9]*-[0-9a-f]\{8\}\"" "$dir/o"'
it 'and goes on where it stopped' 'say a.b three && "$lvt" subscribe "a.*" --consumer c1 --once >"$dir/o" && is "$(payloads "$dir/o")" "three "'
it 'several patterns, the rest of the levels' '
	"$lvt" subscribe "a.>" "b" --consumer c2 --once && say a.b.c x && say b y && say b.c z &&
	"$lvt" subscribe "a.>" "b" --consumer c2 --once >"$dir/o" && is "$(payloads "$dir/o")" "x y "'
it 'without a name it prints what is said from now on' '
	"$lvt" subscribe "live.*" >"$dir/live" & sub=$!; web_wait "say live.x hello; test -s \"\$dir/live\""; kill $sub; wait $sub;
	is "$(payloads "$dir/live" | cut -d" " -f1)" hello'
it 'a command gets the message on its input and in its environment' '
	"$lvt" subscribe "cmd.*" --consumer c3 --once; say cmd.x in made
	"$lvt" subscribe "cmd.*" --consumer c3 --once --exec "cat >$dir/in; echo \$LVT_CHANNEL \$LVT_EVENT >$dir/env" &&
	is "$(payloads "$dir/in")" "in " && is "$(cat "$dir/env")" "cmd.x made"'
it 'one that fails is tried again; then it goes on' '
	say cmd.x again; say cmd.x next
	"$lvt" subscribe "cmd.*" --consumer c3 --once --try-ms 1 --exec "cat >>$dir/all; echo >>$dir/n; test \$(wc -l <$dir/n) -ge 3" 2>"$dir/e" &&
	is "$(wc -l <"$dir/n" | tr -d " ")" 4 && grep -q "ended with 1" "$dir/e"'
it 'one that fails too often is parked, and the next are delivered' '
	say cmd.x bad; say cmd.x good
	! "$lvt" subscribe "cmd.*" --consumer c3 --once --tries 2 --try-ms 1 --exec "grep -q bad && exit 3; touch $dir/good" 2>"$dir/e" &&
	test -f "$dir/good" && parked | grep -q "c3.*ended with 3"'
it 'what was parked is delivered again when somebody asks for it' '
	"$lvt" outbox --parked retry all --db "$LVT_DB" && "$lvt" subscribe "cmd.*" --consumer c3 --once --exec "cat >$dir/in" &&
	is "$(payloads "$dir/in")" "bad " && is "$(parked)" ""'
it 'a consumer is one: a second of its name is refused while it runs' '
	"$lvt" subscribe "a.*" --consumer c4 >/dev/null & sub=$!
	web_wait "\"\$lvt\" status --db \"\$LVT_DB\" | grep -q subscribe:c4" && ! "$lvt" subscribe "a.*" --consumer c4 --once 2>"$dir/e" &&
	grep -q "done by somebody else" "$dir/e"; rc=$?; kill -9 $sub; wait $sub 2>/dev/null; is $rc 0'
it 'killed at any moment it delivers each at least once, in order' '
	"$lvt" subscribe "k.*" --consumer c5 --once; i=0; while test $i -lt 40; do say k.x $i; i=$((i + 1)); done
	: >"$dir/got"; for k in 1 2 3 4 5 6; do "$lvt" subscribe "k.*" --consumer c5 --exec "cat >>$dir/got" & sub=$!; sleep 0.1;
	kill -9 $sub; wait $sub; done 2>/dev/null; "$lvt" subscribe "k.*" --consumer c5 --once --exec "cat >>$dir/got" || return 1
	is "$(payloads "$dir/got" | tr " " "\n" | sed "/^\$/d" | awk "!seen[\$0]++" | tr "\n" " ")" "$(seq 0 39 | tr "\n" " ")"'
it 'who was away longer than messages are kept is told of the gap' '
	"$lvt" subscribe "a.*" --consumer c1 --after 0 --once >"$dir/o"; LVT_DB=$LVT_DB "$app" --outbox-keep 60 gc >/dev/null;
	"$lvt" subscribe "a.*" --consumer c1 --after 99999 --once >"$dir/o" 2>/dev/null && grep -q "\"gap\":true,\"from\":99999" "$dir/o"'
it 'consumers of one channel each get all of it, at their own pace' '
	for c in e1 e2; do "$lvt" subscribe "each.*" --consumer $c --once; done; say each.x one; say each.y two
	"$lvt" subscribe "each.*" --consumer e1 --once >"$dir/e1" && say each.x three && "$lvt" subscribe "each.*" --consumer e2 --once >"$dir/e2" &&
	is "$(payloads "$dir/e1")" "one two " && is "$(payloads "$dir/e2")" "one two three "'
it 'a program forwards by what happened, not only by where' '
	"$lvt" subscribe "fw.>" --consumer f1 --once; say fw.a u1 user_created; say fw.a o1 order_created; say fw.a z other
	"$lvt" subscribe "fw.>" --consumer f1 --once --exec "case \$LVT_EVENT in user_*) cat >>$dir/users ;; order_*) cat >>$dir/orders ;; esac" &&
	is "$(payloads "$dir/users")" "u1 " && is "$(payloads "$dir/orders")" "o1 "'
it 'what is no pattern is refused' '! "$lvt" subscribe "a..b" 2>"$dir/e" && grep -q "no pattern" "$dir/e"'
done_testing
