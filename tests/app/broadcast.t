#!/bin/sh
# Broadcasts, channels and their handlers.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
me=$(printf %043d 1)
basic="Basic $(printf bob:secret | base64)"

it 'a broadcast to all changes what everybody sees, late joiners too' '
	is "$("$app" broadcast --all "{\"notice\":\"hello\"}")" "0 live streams" && get / && has "<i>hello</i>"'
it 'it reads JSON from its input' 'echo "{\"n\":41}" | "$app" broadcast - && get / && has "<b>41</b>"'
it 'an action works on top of a broadcast' 'act / add "{}" && get / && has "<b>42</b>" && has hello'
it 'the newest write wins, be it an action or a broadcast' '
	"$app" broadcast "{\"n\":7}" >/dev/null && get / && has "<b>7</b>" && act / add "{}" && get / && has "<b>8</b>"'
it 'a shared page is sent the update from its view, not told to ask' '
	get / && view=$(attr view) && "$app" broadcast --page / "{\"n\":100}" >/dev/null && "$app" outbox >"$dir/o" &&
	grep -q "^	$view [A-Za-z0-9_-]* {\"page\":\"/\".*\"0\":\"100\"" "$dir/o"'
it 'null removes, and nothing else is touched' '
	"$app" broadcast "{\"notice\":null}" >/dev/null && get / && has "<b>100</b>" && lacks hello'
it 'one page, and no other' '
	"$app" broadcast --page /two "{\"left\":{\"n\":50}}" >/dev/null && get /two && has "<p>50 2</p>" && get / && has "<b>100</b>"'
it 'one user, on all of the user'"'"'s devices' '
	"$app" broadcast --user bob "{\"n\":9}" >/dev/null && get /me HTTP_AUTHORIZATION="$basic" && has "bob has 9" &&
	get /me HTTP_AUTHORIZATION="Basic $(printf eve:secret | base64)" && lacks "has 9"'
it 'one group' '
	cookie="livetemplate-id=$me" && "$app" broadcast --group "$me" "{\"left\":{\"n\":66}}" >/dev/null &&
	get /two && has "<p>66 2</p>" && cookie="livetemplate-id=$(printf %043d 2)" && get /two && has "<p>50 2</p>"'
it 'an empty name is an error that says so, and never everybody' '
	for who in --user --group; do before=$(outbox | wc -l)
		! "$app" broadcast $who "" "{\"n\":1}" 2>"$dir/e" && grep -q "name is empty" "$dir/e" && is "$(outbox | wc -l)" "$before" || exit 1; done'
it 'what runs out or waits longer than time itself stays, or waits' '
	act / last "{}" && get / && has "<i>for ever</i>" && "$app" delayed | grep -q "never.said"'
it 'unknown users are no error' 'is "$("$app" broadcast --user nobody "{\"n\":1}")" "0 live streams"'
it 'what is no object is refused, in words' '
	! "$app" broadcast "[1]" 2>"$dir/e" && grep -q "must be a JSON object" "$dir/e"'
it 'what is no JSON is refused with its place' '
	! "$app" broadcast "{x}" 2>"$dir/e" && grep -q "is not JSON: line 1, column" "$dir/e"'
it 'a page is the one of its address, with a slash at its end or without' '
	"$app" broadcast --page /notes/ "{\"notes\":[\"slashed\"]}" >"$dir/o" && get /notes && has "<li>slashed</li>"'
it 'a path with a parameter stands for many: one is to be named' '
	! "$app" broadcast --page "/room/{room}" "{}" 2>"$dir/e" && grep -q "stands for many pages" "$dir/e"'
it 'an unknown page is refused' '! "$app" broadcast --page /no "{}" 2>"$dir/e" && grep -q "no page" "$dir/e"'
it 'an action may broadcast' 'act / shout "{\"text\":\"all hear\"}" && json "\$j->{meta}{success}" && get / && has "all hear"'

it 'a message is published with the commit of its action' '
	act /room/a say "{\"text\":\"hi\"}" && outbox | grep -q "message testapp room.lobby" &&
	get /room/a && has "<li>hi</li>"'
it 'a path with another parameter is another room' 'get /room/b && lacks "<li>hi</li>"'
it 'publish says something from outside' '
	"$app" publish room.lobby said "\"x\"" && "$app" outbox | grep -q "{\"channel\":\"room.lobby\",\"event\":\"said\",\"payload\":\"x\"}"'
it 'a channel with a wildcard is no name' '! "$app" publish "room.*" said 1 2>"$dir/e" && grep -q "not a channel" "$dir/e"'

it 'the first run of the agent begins at the head' '"$app" agent --once'
it 'a handler without a page broadcasts to all' '
	"$app" publish ops.announce said "\"back soon\"" && "$app" agent --once && get / && has "back soon"'
it 'a handler with a page has an action'"'"'s place, and publishes with it' '
	"$app" publish order.placed new "{\"item\":\"tea\"}" && "$app" agent --once && get /orders && has "<li>tea</li>" &&
	outbox | grep -q "message testapp order.done"'
it 'each event is handled once' '"$app" agent --once && get /orders && is "$(body | grep -o "<li>tea" | wc -l | tr -d " ")" 1'
it 'a handler that fails holds up its own channel alone, and says so' '
	"$app" publish order.placed new "{\"item\":\"broken\"}" && "$app" publish ops.announce said "\"still here\"" &&
	! "$app" agent --once 2>"$dir/e" && grep -q "handler \"order.placed\"" "$dir/e" && get / && has "still here"'
it 'gc and status speak' '"$app" gc | grep -q "^removed:" && "$app" status | grep -q "^sessions  *[0-9]"'
it 'config tells where each setting came from' '
	"$app" config | grep -Eq "^LVT_DB .* environment " && "$app" --variants 3 config | grep -Eq "^LVT_VARIANTS +3 +flag" &&
	! LVT_VARIANTS=x "$app" config 2>"$dir/e" && grep -q "LVT_VARIANTS: .x. is no number" "$dir/e"'
it 'help lists commands, pages and settings' '"$app" --help | grep -q "broadcast \[--all" && "$app" --help | grep -q "/room/{room}"'
it 'an unknown command is refused' '! "$app" dance 2>"$dir/e" && grep -q "no command" "$dir/e"'
done_testing
