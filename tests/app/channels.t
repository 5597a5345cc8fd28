#!/bin/sh
# Channels: several in one commit with the state; patterns; grants; clients that
# subscribe and leave; handlers that hear them.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
at_end 'streams_stop'
list() { get "$1" && body | grep -o '<li>[^<]*' | sed 's/<li>//' | tr '\n' ' '; }
# What stream NAME was told: "channel:event ..."
told() { sed -n 's/^data: {"channel":"\([^"]*\)","event":"\([^"]*\)".*/\1:\2/p' "$dir/$1" | tr '\n' ' '; }
publish() { "$app" publish "$@" >/dev/null; }
"$app" agent --once
streams_start || { echo "Bail out! the companion does not start"; exit 1; }

it 'an action replies, changes the state and speaks on three channels, in one commit' '
	before=$(outbox | wc -l) && act /users create "{\"name\":\"ann\",\"source\":\"ad\"}" && json "\$j->{meta}{reply}{name} eq q(ann)" &&
	is "$(list /users)" "ann " && is "$(outbox | tail -n +$((before + 1)) | sort | tr "\n" " ")" \
	    "message events analytics.events message events audit.events message events user.events page events /users g:shared "'
it 'one that fails says nothing on any of them' '
	before=$(outbox) && act /users create "{\"name\":\"nobody\"}" && json "!\$j->{meta}{success}" && is "$(outbox)" "$before" &&
	is "$(list /users)" "ann "'
it 'each channel has an event of its own, for its own listeners' '
	"$app" outbox >"$dir/o" && grep -qF "{\"channel\":\"analytics.events\",\"event\":\"signup\",\"payload\":{\"source\":\"ad\"}}" "$dir/o" &&
	grep -q "{\"channel\":\"audit.events\",\"event\":\"user_created\",\"payload\":{\"name\":\"ann\",\"at\":[0-9]*}}" "$dir/o"'
it 'what changed decides which events there are: as many as the reply says, each on its channel' '
	act /users profile "{\"email\":\"a@b.example\",\"address\":\"Rome\"}" && json "\$j->{meta}{reply}{events} == 2" &&
	is "$(outbox | tail -3 | sort | tr "\n" " ")" "message events user.address message events user.email page events /users g:shared "'
it 'an event without a change of the page is committed, too' '
	act /users bulk "{\"orders\":[{\"id\":1},{\"id\":2}]}" && json "\$j->{meta}{success}" &&
	"$app" outbox | tail -1 | grep -qF "{\"orders\":[{\"id\":1},{\"id\":2}]}"'
it 'what cannot be said is told to the action, which may go on without it' '
	act /users careful "{\"channel\":\"no..name\"}" && json "\$j->{meta}{success}" && list /users | grep -q "not said"'
it 'a payload is any JSON, and arrives as it was' '
	watch any /users user.* && p="{\"deep\":{\"list\":[1,2.5,true,null,\"\\u00e4\"]},\"text\":\"line\\nbreak\"}" &&
	publish user.events rich "$p" && web_wait "grep -q \"\\\"event\\\":\\\"rich\\\"\" \"\$dir/any\"" &&
	grep "\"rich\"" "$dir/any" | sed "s/^data: //" | perl -MJSON::PP -0777 -ne "
	    my \$m = decode_json(\$_); my \$p = \$m->{payload}; exit !(\$m->{channel} eq q(user.events) && \$p->{deep}{list}[1] == 2.5
	    && !defined \$p->{deep}{list}[3] && \$p->{deep}{list}[4] eq qq(\x{e4}) && \$p->{text} eq qq(line\nbreak))"'

it 'a name is one channel, * one level, > all the rest' '
	watch name /users user.events && watch star /users "user.*" && watch rest /users "order.>" &&
	publish user.events a 1 && publish user.email b 1 && publish order.a c 1 && publish order.a.b.c d 1 && publish user.events end 1 &&
	publish order.end end 1 && web_wait "told star | grep -q end && told name | grep -q end && told rest | grep -q end" &&
	is "$(told name)" "user.events:a user.events:end " && is "$(told star)" "user.events:a user.email:b user.events:end " &&
	is "$(told rest)" "order.a:c order.a.b.c:d order.end:end "'
it 'several patterns at once, and what fits two of them comes once' '
	watch both /users "user.*,user.events,analytics.events" && publish user.events one 1 && publish analytics.events two 1 &&
	web_wait "told both | grep -q two" && is "$(told both)" "user.events:one analytics.events:two "'
it 'a client subscribes while its stream runs' '
	watch late /users && publish user.events before 1 && is "$(stream_post late "\"subscribe\":[\"user.events\",\"order.x\"]")" 204 &&
	publish user.events after 1 && publish order.x too 1 && web_wait "told late | grep -q too" &&
	is "$(told late)" "user.events:after order.x:too "'
it 'and leaves a channel, keeping the others' '
	is "$(stream_post late "\"unsubscribe\":[\"user.events\"]")" 204 && publish user.events missed 1 && publish order.x end 1 &&
	web_wait "told late | grep -q end" && is "$(told late)" "user.events:after order.x:too order.x:end "'
it 'all listeners of a channel get every message, not one each' '
	for i in 1 2 3; do watch "l$i" /users user.events || return 1; done
	for m in one two three four; do publish user.events "$m" 1; done; publish user.events end 1
	for i in 1 2 3; do web_wait "told l$i | grep -q end" && is "$(told l$i)" "user.events:one user.events:two user.events:three user.events:four user.events:end " ||
	    return 1; done'
it 'what the page does not grant is refused, at the start and later' '
	get /users && code=$(curl -s -o /dev/null -w "%{http_code}" -H "Authorization: LVT $(attr token)" "$(site_url)/_lvt/stream?channels=audit.*") &&
	is "$code" 403 && is "$(stream_post late "\"subscribe\":[\"audit.events\"]")" 403 &&
	publish audit.events secret 1 && publish order.x last 1 && web_wait "told late | grep -q last" && ! told late | grep -q secret'
it 'a page grants the channels of its user and group, and not those of others' '
	app=$LVT_BUILDDIR/tests/app/testapp && get /room/a && t=$(attr token) && url=$(site_url)/_lvt/stream &&
	code() { curl -s -m 1 -o /dev/null -w "%{http_code}" -H "Authorization: LVT $t" "$url?channels=$1"; } &&
	is "$(code group.shared)" 200 && is "$(code group.other)" 403 && is "$(code user.bob.x)" 403'

it 'a handler hears a channel by name, another by pattern, each by itself' '
	"$app" agent --once; a=$(list /audit) && publish user.events created 1 && publish order.deep.er made 1 && "$app" agent --once &&
	is "$(list /audit)" "${a}order.deep.er made user.events created "'
it 'one function tells the events of its channels apart' '
	publish order.x created 1 && publish order.x updated 1 && "$app" agent --once && list /audit | grep -q "order.x created order.x updated $"'
it 'a channel is a dotted name without wildcards' '
	for c in "" . a..b .a a. "a.*" ">" "a b"; do ! "$app" publish "$c" e 1 2>/dev/null || { echo "$c"; return 1; }; done &&
	for c in a domain.aggregate.event system.component.metric x_y-1.z; do publish "$c" e 1 || return 1; done'
done_testing
