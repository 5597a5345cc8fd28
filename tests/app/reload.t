#!/bin/sh
# In development a changed template counts for workers and agent alike.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
cp -r "$LVT_TEMPLATES" "$dir/templates"
LVT_TEMPLATES=$dir/templates LVT_DEV=1
export LVT_TEMPLATES LVT_DEV
agent=
at_end 'kill $agent 2>/dev/null'
"$app" agent 2>"$dir/agent.log" & agent=$!
web_wait '"$LVT_BUILDDIR/lvt" status --prometheus | grep -q "^lvt_agents 1" && "$LVT_BUILDDIR/lvt" status | grep -q consumer'
# Later than any other: file systems keep times in steps.
write() { cat >"$dir/new" && touch -d "@$(($(date +%s) + $1))" "$dir/new" && mv "$dir/new" "$dir/templates/list.tmpl"; }
# The row of the page that the agent wrote for an event.
row() { "$app" publish order.created "$1" 1 >/dev/null; web_wait "\"\$app\" outbox | grep -q \"order.created $1\"";
	"$app" outbox | grep -A 1 "page	.*/audit" | tail -1; }

it 'before, the agent says what the template says' 'row first | grep -q "order.created first"'
it 'after it was changed the agent renders the new one, as workers do' '
	echo "<h2>changed</h2>{{range .list}}<b>new {{.}}</b>{{end}}" | write 10 && get /audit && has "<h2>changed" &&
	now=$(attr view) && web_wait "row again | cut -d\" \" -f1 | grep -qF \"$now\" || { get /audit; now=\$(attr view); false; }"'
it 'an error is shown to every visitor until it is mended' '
	echo "{{range .list}}" | write 20 && get /audit && status 500 && get /audit && status 500 && has "list.tmpl:2" && get /audit && status 500'
it 'the agent says it once, and goes on with what it has' '
	web_wait "grep -q \"list.tmpl:2\" \"\$dir/agent.log\"" && row third >/dev/null && is "$(grep -c "list.tmpl:2" "$dir/agent.log")" 1'
it 'mended, both have the new one' '
	echo "<h3>mended</h3>{{range .list}}<b>{{.}}</b>{{end}}" | write 30 && get /audit && status 200 && has "<h3>mended"'
done_testing
