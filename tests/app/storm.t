#!/bin/sh
# Many clients, workers that are killed: nothing is lost, nothing is twice.
# STORM=20000 is the whole of it; a shorter one by default.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
at_end 'kill $killer $reader 2>/dev/null; web_stop'
load=$LVT_BUILDDIR/tests/app/load
lvt=$LVT_BUILDDIR/lvt
actions=${STORM-4000}
LVT_DURABILITY=${LVT_DURABILITY-normal}
LVT_RATE=0
export LVT_DURABILITY LVT_RATE

web_start 4 || { echo "Bail out! lighttpd does not start"; exit 1; }
(get /)		# which goes to a port of its own
"$lvt" outbox --db "$LVT_DB" --follow >"$dir/seen" 2>"$dir/follow.log" &
reader=$!
(	while sleep 0.2; do
		victim=$(web_workers | shuf -n 1)
		kill -9 $victim 2>/dev/null && echo "$victim" >>"$dir/killed"
	done ) &
killer=$!

it "32 clients of 8 browsers do $actions actions while workers are killed" '
	"$load" -c 32 -n "$actions" -g 8 -k -b "{\"action\":\"left.add\"}" -o "$dir/acked" \
	    127.0.0.1 "$port" /two >"$dir/load" || return 1; cat "$dir/load"
	grep -q "^actions $actions .* errors 0" "$dir/load"'
kill $killer 2>/dev/null
sed 's/^/# /' "$dir/load"
it 'workers were killed meanwhile' 'test "$(wc -l <"$dir/killed")" -ge 3'
it 'each count is exactly the actions with distinct keys that were acknowledged' '
	while read -r id count; do
		cookie="livetemplate-id=$id" get /two && has "<p>$((count + 1)) 2</p>" || return 1
	done <"$dir/acked"'
it 'the counts add up to all of them' '
	is "$(awk "{ n += \$2 } END { print n }" "$dir/acked")" "$actions"'
it 'a consumer of the outbox saw every row once, in order, without a gap' '
	web_wait "test \$(wc -l <\"$dir/seen\") -ge $actions" 300 &&
	is "$(wc -l <"$dir/seen" | tr -d " ")" "$actions" &&
	perl -MJSON::PP -ne "
		my \$seq = decode_json(\$_)->{id} =~ s/-.*//r;
		die qq(\$seq after \$last\n) if defined \$last && \$seq != \$last + 1;
		\$last = \$seq" "$dir/seen"'
it 'another consumer that reads it later sees the same' '
	"$lvt" outbox --db "$LVT_DB" >"$dir/again" && cmp "$dir/seen" "$dir/again"'
done_testing
