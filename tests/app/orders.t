#!/bin/sh
# An order walks through three pages by events: a saga, undone where nobody pays;
# and a journal that is made of its events. The example, through lighttpd.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/examples/orders/orders
LVT_TEMPLATES=$LVT_SRCDIR/examples/orders
agent=
at_end 'kill $agent 2>/dev/null; streams_stop'
order() { act / order "{\"who\":\"$1\",\"item\":\"$2\",\"n\":$3}" && json "\$j->{meta}{success}"; }
# Rows of a page's table, as "a b c" lines.
rows() { get "$1" && body | sed -n '/<tbody/,/<\/tbody/p' | grep '<tr data-key' |
    sed 's/<tr[^>]*>//; s/<\/td>/ /g; s/<[^>]*>//g; s/^ *//; s/ *$//'; }
agent() { "$app" agent --once; }
till() { get /payment && body | sed -n 's/.*Till: <b>\([0-9]*\).*/\1/p'; }
count() { "$app" outbox | grep -c "\"channel\":\"$1\""; }
agent
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'an order says two things in its commit: to the shop, and to the mail' '
	before=$(outbox | wc -l); order Ann tea 2 && is "$(count order.placed)" 1 && is "$(count mail.order)" 1 &&
	"$app" outbox | grep -q "\"event\":\"thanks\",\"payload\":{\"id\":1,\"who\":\"Ann\",\"item\":\"tea\",\"n\":2,\"total\":8}" &&
	is "$(outbox | wc -l | tr -d " ")" $((before + 3))'
it 'one that is not valid says nothing' '
	act / order "{\"who\":\"\",\"item\":\"gold\",\"n\":99}" && json "my \$e = \$j->{meta}{errors}; \$e->{who} && \$e->{item} && \$e->{n}" &&
	is "$(count order.placed)" 1'
it 'before the agent has run it is placed, and nothing else has happened' '
	is "$(rows /)" "1 Ann 2 × tea 8 placed" && rows /stock | grep -q "^tea 20"'
it 'the agent takes it through stock and payment: each step is an event of the one before' '
	agent && is "$(rows /)" "1 Ann 2 × tea 8 paid" && rows /stock | grep -q "^tea 18" && rows /payment | grep -q "^Ann 92" &&
	is "$(till)" 8 && is "$(count order.reserved)" 1 && is "$(count order.paid)" 1'
it 'what is not on the shelf ends it' '
	order Ann pot 3 && agent && rows / | grep -q "^2 Ann 3 × pot 90 sold out" && rows /stock | grep -q "^pot 2" && is "$(till)" 8'
it 'where nobody pays, the step before is undone' '
	order Ben cup 5 && agent && rows / | grep -q "^3 Ben 5 × cup 45 not paid, put back" && rows /stock | grep -q "^cup 10" &&
	rows /payment | grep -q "^Ben 20" && is "$(count order.refused)" 1 && is "$(count order.returned)" 1'
it 'whoever watches sees each step on their page' '
	watch orders / && watch stock /stock && watch payment /payment && order Ann cup 1 && agent &&
	for page in orders stock payment; do web_wait "grep -q \"^event: update\" \"\$dir/$page\"" || return 1; done &&
	web_wait "grep -qF '\''[\"u\",\"4\",{\"6\":\"paid\"}]'\'' \"\$dir/orders\"" && unwatch orders && unwatch stock && unwatch payment'
it 'somebody outside reacts to what is said: the mail' '
	"$LVT_BUILDDIR/lvt" subscribe "mail.*" --consumer mail --after 0 --once --exec "cat >>$dir/mails; echo >>$dir/mails" &&
	is "$(grep -c thanks "$dir/mails")" 4'
it 'killed at any moment in the middle of it, each step happens once' '
	( for k in $(seq 1 12); do "$app" agent 2>/dev/null & pid=$!; sleep "0.$((k % 4 + 1))"; kill -9 $pid; wait $pid; done ) 2>/dev/null &
	killer=$!
	for i in $(seq 1 30); do case $((i % 3)) in 0) order Ann tea 1 ;; 1) order Ben tea 1 ;; 2) order Ben cup 3 ;; esac || return 1; done
	wait $killer; agent || agent || return 1
	is "$(rows / | sed "s/.* //" | sort | uniq -c | sort -n | head -1 | grep -c placed)" 0 &&
	# Money and goods: nothing has come or gone beside the events.
	paid=$("$app" outbox | perl -ne "\$t += \$1 if /\"channel\":\"order.paid\".*\"total\":(\d+)/; END { print \$t }") && is "$(till)" "$paid" &&
	is "$(rows /payment | awk "{ n += \$2 } END { print n }")" $((120 - paid)) &&
	sold() { "$app" outbox | perl -ne "\$t += \$1 if /\"channel\":\"order.paid\".*\"item\":\"$1\",\"n\":(\d+)/; END { print 0 + \$t }"; } &&
	rows /stock | grep -q "^tea $((20 - $(sold tea)))" && rows /stock | grep -q "^cup $((10 - $(sold cup)))" &&
	is "$(count order.placed)" $(($(count order.paid) + $(count order.missing) + $(count order.returned)))'
it 'the journal has every event once, and its figures are what they say' '
	for what in placed reserved paid refused returned missing; do
		rows /journal | grep -q "^$what $(count order.$what)\( \|\$\)" || { echo $what; return 1; }; done
	t=$(till); rows /journal | grep -q "^taken $t\( \|\$\)"'
it 'a state that is lost is made again of its events' '
	rows /journal >"$dir/before" && lvt="$LVT_BUILDDIR/lvt sessions --app orders" && $lvt get /journal shared |
	    perl -MJSON::PP -0777 -ne "my \$d = decode_json(\$_); \$d->{figures} = { paid => -1 }; print encode_json(\$d)" >"$dir/broken" &&
	$lvt set /journal shared "$(cat "$dir/broken")" && rows /journal | grep -q "^paid -1" &&
	act /journal replay "{}" && rows /journal | cmp - "$dir/before"'
done_testing
