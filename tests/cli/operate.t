#!/bin/sh
# operate.t - a database in numbers, in the words of people and of Prometheus,
# and what is old taken away.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
lvt=$LVT_BUILDDIR/lvt
app=$LVT_BUILDDIR/tests/app/eventapp
agent=
at_end 'kill $agent 2>/dev/null; streams_stop'
shows() { "$lvt" status | grep -q "^$1  *$2\$"; }
gauge() { "$lvt" status --prometheus | sed -n "s/^lvt_$1 //p"; }

it 'status tells sessions, the head of the outbox and its rows' '
	act /later remind "{\"text\":\"x\",\"in\":3600000}" && get /from && act /from send "{\"what\":\"x\"}" && json "\$j->{meta}{success}" &&
	shows sessions 2 && "$lvt" status | grep -q "^head  *[0-9]*-[0-9a-f]*$" && shows outbox_rows "$("$lvt" outbox | wc -l | tr -d " ")"'
it 'what is said later, and what was given up' '
	shows delayed 1 && shows parked 0 && "$app" agent --once && "$app" publish job.new made "{\"owner\":\"ann\",\"item\":\"broken\"}" &&
	! "$app" agent --once 2>/dev/null && shows retrying 1'
it 'how far each durable consumer is behind' '
	"$lvt" subscribe "a.*" --consumer mail --once && "$lvt" publish a.b c 1 && "$lvt" publish a.b c 2 &&
	"$lvt" status | grep -q "^consumer  *mail at [0-9]*, 2 behind"'
it 'that no companion and no agent is alive' '"$lvt" status | grep -q "^companion  *none is alive" && is "$(gauge companions)" 0 && is "$(gauge agents)" 0'
streams_start --http 127.0.0.1:0 || { echo "Bail out! the companion does not start"; exit 1; }
"$app" agent 2>"$dir/agent.log" & agent=$!
it 'that they are' '
	web_wait "\"\$lvt\" status | grep -q \"^companion  *alive\"" && web_wait "test \"\$(gauge agents)\" = 1" &&
	"$lvt" status | grep -q "^job  *agent:events" && is "$(gauge companions)" 1'
it 'streams that are open' 'watch one /lounge && web_wait "shows connections 1" && is "$(gauge connections)" 1 && "$app" status | grep -q "^watching  *1"'
it 'Prometheus gets each number with its help and type, and consumers by name' '
	"$lvt" status --prometheus >"$dir/p" && grep -q "^# HELP lvt_sessions " "$dir/p" && grep -q "^# TYPE lvt_sessions gauge" "$dir/p" &&
	grep -q "^lvt_consumer_lag{consumer=\"mail\"} [0-9]*$" "$dir/p" &&
	! grep -vE "^(# (HELP|TYPE) lvt_[a-z_]+ .*|lvt_[a-z_]+(\{[a-z]+=\"[^\"]*\"\})? [0-9]+)$" "$dir/p"'
it 'the companion tells its own numbers over HTTP, in the same format' '
	stream=$(sed -n "s/.*listening on http [^ ]*:\([0-9][0-9]*\).*/\1/p" "$dir/streamd.log") &&
	curl -sf "http://127.0.0.1:$stream/metrics" >"$dir/p" && grep -q "^lvt_" "$dir/p" &&
	! grep -vE "^(# .*|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$" "$dir/p"'
it 'the log of an agent is lines of time, level and message' '
	"$app" publish job.new made "{\"owner\":\"bob\",\"item\":\"broken\"}" && web_wait "grep -q \"job\" \"\$dir/agent.log\"" &&
	! grep -vE "^[0-9T:.Z-]+ eventapp (error|warn|info|debug): ." "$dir/agent.log"'
it 'or JSON, where LVT_LOG_FORMAT says so' '
	kill $agent; web_wait "test \"\$(gauge agents)\" = 0" && "$app" publish job.new made "{\"owner\":\"eve\",\"item\":\"broken\"}" &&
	! LVT_LOG_FORMAT=json "$app" agent --once 2>"$dir/log.json" &&
	perl -MJSON::PP -ne "\$j = decode_json(\$_); die unless \$j->{level} eq q(error) && \$j->{time} && \$j->{pid} && \$j->{message} =~ /handler \"job/ && \$j->{program} eq q(eventapp); \$n++; END { exit !\$n }" "$dir/log.json"'
it 'what a visitor sends is never a line of its own' '
	get "/nowhere%0A2026-01-01T00:00:00Z%20eventapp%20error:%20forged" LVT_LOG=debug 2>"$dir/e"; ! grep -q "^2026-01-01T00:00:00Z" "$dir/e"'
it 'gc removes rows that are older than asked, and keeps the others' '
	n=$("$lvt" outbox | wc -l) && "$lvt" gc --keep 1h | grep -q "^removed: 0 outbox" &&
	is "$("$lvt" outbox | wc -l)" "$n" && "$lvt" gc --keep 0 --keep-rows 1 | grep -q "^removed: $((n - 1)) outbox" && is "$("$lvt" outbox | wc -l | tr -d " ")" 1'
it 'a consumer that was away for longer is told of the gap' '
	"$lvt" status | grep -q "^consumer  *mail .*rows that it has not seen are gone"'
it 'gc refuses what is no span of time' '! "$lvt" gc --keep soon 2>"$dir/e" && grep -q "no span of time" "$dir/e"'
done_testing
