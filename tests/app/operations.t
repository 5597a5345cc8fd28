#!/bin/sh
# What who runs it sees and does: status, outbox, gc, logs, figures for Prometheus.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
lvt=$LVT_BUILDDIR/lvt
at_end 'streams_stop'
status_of() { "$lvt" status --db "$LVT_DB" | sed -n "s/^$1  *//p"; }
prometheus() { "$lvt" status --prometheus --db "$LVT_DB"; }
# Of the companion itself.
figure() { curl -s "http://127.0.0.1:$http/metrics" | sed -n "s/^$1 //p"; }
get /later
"$app" agent --once
streams_start --http 127.0.0.1:0 || { echo "Bail out! the companion does not start"; exit 1; }
http=$(sed -n 's/.*listening on http [^ ]*:\([0-9][0-9]*\).*/\1/p' "$dir/streamd.log")

it 'status counts sessions, and says where the outbox is' '
	act /from send "{\"what\":\"x\"}" && "$app" status >"$dir/s" && grep -q "^sessions  *2$" "$dir/s" &&
	is "$(status_of head)" "$("$lvt" outbox --db "$LVT_DB" --last 1 | sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/")"'
it 'it says which companion is alive, and how many streams it has' '
	watch one /to && web_wait "\"\$app\" status | grep -q \"^streams *1\"" && "$app" status | grep -q "^companion *listens$" && via=cgi get /later && is "$(attr stream)" /app/_lvt/stream && "$lvt" status --db "$LVT_DB" >"$dir/s" && cat "$dir/s" &&
	grep -q "^companion  *alive$" "$dir/s" && grep -q "^connections  *1$" "$dir/s"'
it 'it names each consumer, and how far behind it is' '
	"$app" publish order.x made 1 && "$lvt" status --db "$LVT_DB" >"$dir/s" && cat "$dir/s" && grep -q "order.>.*[1-9]" "$dir/s" &&
	"$app" agent --once && "$lvt" status --db "$LVT_DB" >"$dir/s" && cat "$dir/s" && grep -Eq "order.>.*[^0-9]0( |$)" "$dir/s"'
it 'the same figures in the format of Prometheus' '
	prometheus >"$dir/p" && cat "$dir/p" && grep -q "^# TYPE lvt_outbox_rows gauge$" "$dir/p" && grep -q "^lvt_companions 1$" "$dir/p" &&
	! grep -Evq "^(#.*|lvt_[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$" "$dir/p"'
it 'the companion tells its own: who came and left, what was delivered' '
	is "$(figure lvt_streamd_streams)" 1 && a=$(figure lvt_streamd_opened_total) d=$(figure lvt_streamd_delivered_total) &&
	watch two /to && is "$(figure lvt_streamd_opened_total)" $((a + 1)) && is "$(figure lvt_streamd_streams)" 2 &&
	act /from send "{\"what\":\"y\"}" && web_wait "test \$(figure lvt_streamd_delivered_total) -gt $d" && figure lvt_streamd_delivered_total &&
	unwatch two && web_wait "test \$(figure lvt_streamd_streams) = 1"'
it 'the outbox shows what was committed: where, for whom, what' '
	outbox | grep -q "^page events /from g:shared$" && outbox | grep -q "^message events order.x$" && "$app" outbox | grep -q "\"payload\":1}"'
it 'gc keeps what is young' '
	before=$(outbox) && "$app" gc >"$dir/g" && cat "$dir/g" && grep -q "^removed: 0 outbox rows" "$dir/g" && is "$(outbox)" "$before"'
it 'it removes what has expired, and says how much' '
	app=$LVT_BUILDDIR/tests/app/worksapp cookie="livetemplate-id=$(printf %043d 1)" && act /brief add "{}" &&
	web_wait "\"\$app\" gc >\"\$dir/g\"; grep -q \", 1 sessions\" \"\$dir/g\"" && ! "$app" sessions | grep -q "^/brief"'
it 'a stream that runs does not notice housekeeping' '
	act /from send "{\"what\":\"after\"}" && web_wait "grep -q after \"\$dir/one\""'
it 'a log line says when, how grave, who and what' '
	LVT_LOG=info "$app" publish order.y x 1 && ! "$app" --db /nosuch/dir/x.db status 2>"$dir/e" && cat "$dir/e" && grep -q "nosuch" "$dir/e" &&
	grep -Eq "^[^ ]+ .*(info|INFO).*listening" "$dir/streamd.log"'
it 'a handler that fails is in the log with its channel and event' '
	export MENDED=/nosuch && "$app" publish job.x made "{\"item\":\"broken\"}" && ! "$app" agent --once 2>"$dir/e" && cat "$dir/e" &&
	grep -q "handler \"job..\", event [0-9]*" "$dir/e"'
it 'where no companion is alive any more, status says so' '
	kill -9 $streamd; web_wait "\"\$lvt\" status --db \"\$LVT_DB\" | grep -q \"none is alive\"" && prometheus | grep -q "^lvt_companions 0$"'
it 'the app says so, too, and plain CGI sends no page to a stream that nobody serves' '
	"$app" status | grep -q "^companion *none$" && via=cgi && get /later && is "$(attr stream)" ""'
it 'a word that a command does not know is not passed over' '
	! "$app" outbox --delayed 2>"$dir/e" && grep -q "^usage: .* outbox" "$dir/e" &&
	! "$app" gc --keep 1d 2>"$dir/e" && grep -q "^usage: .* gc" "$dir/e"'
it 'settings say what they are and where they come from' '
	LVT_RATE=7 "$app" --variants 3 config >"$dir/c" && grep -Eq "^LVT_RATE +7 +environment" "$dir/c" && grep -Eq "^LVT_VARIANTS +3 +flag" "$dir/c" &&
	grep -Eq "^LVT_TRIES +[0-9]+ +default" "$dir/c"'
it 'status says whether head files are written, and what follows if they are not' '
	"$app" status | grep -qx "head files  none" && mkdir "$dir/heads" && LVT_HEADS=$dir/heads "$app" status | grep -qx "head files  up to date in $dir/heads" &&
	rm -r "$dir/heads" && LVT_HEADS=$dir/heads "$app" status | grep "^head files  not written in $dir/heads: .*No such file.*; pages .* are up to two minutes late"'
done_testing
