#!/bin/sh
# In development a template that changes counts at once, for workers and agent
# alike, and whoever shows the page is told.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
app=${LVT_BUILDDIR:?}/tests/app/eventapp
cp -r "$LVT_TEMPLATES" "$dir/templates"
LVT_TEMPLATES=$dir/templates LVT_DEV=1
export LVT_TEMPLATES LVT_DEV
lvt_json=HTTP_ACCEPT=application/vnd.lvt+json

# Whole or not at all, as editors do it.
write() { cat >"$dir/new" && mv "$dir/new" "$dir/templates/$1.tmpl"; }
agent() { "$app" agent 2>>"$dir/agent.log" & echo $! >"$dir/agent.pid"; }
# How often those who show a page were told that it is stale, whatever they show.
tells() { outbox | grep -cx "page events $1 \*"; }
# The agent has seen what is there now, and told of it.
told() { web_wait "test \"\$(tells /audit)\" -eq $1"; }
rows() { outbox | grep -cx "page events $1 g:shared"; }
# There is a row that starts from that view.
starts_from() { web_wait "\"\$app\" outbox | grep -qF \"	$1 \"" || { echo "no row starts from $1"; "$app" outbox; return 1; }; }
# What a process that has just begun shows.
truth() { (via=cgi; get "$1" $lvt_json && field '$j->{meta}{view}'); }

at_end streams_stop
streams_start || { echo 'Bail out! the companion does not start'; exit 1; }
agent

it 'an agent that begins tells those who show a page: its program may be another' 'told 1'
it 'when a template has changed it tells them once more' '
	watch one /audit && echo "<h2>two</h2>{{range .list}}<b>{{.}}</b>{{end}}" | write list && told 2 &&
	web_wait "grep -q \"^event: stale\" \"\$dir/one\""'
it 'whoever asks then is given all of the page, with statics that each worker has' '
	get /audit $lvt_json HTTP_IF_NONE_MATCH=\"AAAAAAAAAAAAAAAAAAAAAA\" && json "!defined \$j->{meta}{base}" &&
	url=$(site_url)/_lvt/statics-$(field "\$j->{meta}{statics}").json && curl -s "$url" | grep "<h2>two" &&
	is "$(seq 20 | xargs -P 20 -I{} curl -s -o "$dir/null" -w "%{http_code}\n" "$url" | sort | uniq -c | tr -s " ")" " 20 200"'
it 'what the agent renders starts from what workers show' '
	get /audit && has "<h2>two" && now=$(attr view) && "$app" publish order.created made 1 >/dev/null && starts_from "$now"'
it 'what a worker renders of a page that it was not asked for does, too' '
	for i in 1 2 3 4; do
		echo "<h2>{{.title}} $i</h2>{{len .list}}" | write list && now=$(truth /to) &&
		act /from send "{\"what\":\"$i\"}" && json "\$j->{meta}{success}" && starts_from "$now" || return 1
	done'
it 'whether anything moves, other templates may say otherwise: there is a row' '
	echo "<h2>{{.title}}</h2>" | write list && n=$(rows /from) && act /from send "{\"what\":\"unseen\"}" && is "$(rows /from)" $((n + 1))'
it 'a change of the file counts, though it is older than what it replaces' '
	(app=$LVT_BUILDDIR/tests/app/testapp; get /notes && echo "{{define \"note\"}}<i>old</i>{{end}}" >"$dir/new" && touch -d "2001-01-01" "$dir/new" &&
	mv "$dir/new" "$dir/templates/part-note.tmpl" && echo "{{template \"note\" .}}" >"$dir/new" && touch -d "2001-01-02" "$dir/new" &&
	mv "$dir/new" "$dir/templates/notes.tmpl" && get /notes && has "<i>old</i>" &&
	echo "{{define \"note\"}}<i>older</i>{{end}}" >"$dir/new" && touch -d "2000-01-01" "$dir/new" &&
	mv "$dir/new" "$dir/templates/part-note.tmpl" && for i in 1 2 3; do get /notes && has "<i>older</i>" || return 1; done)'

it 'those who show a page with parameters are told where they are' '
	app=$LVT_BUILDDIR/tests/app/testapp; watch tea /room/tea && web_wait "\"\$app\" status | grep -q \"^streams *1\"" || return 1
	"$app" agent 2>>"$dir/agent.log" & _pid=$!
	web_wait "grep -qs \"^event: stale\" \"\$dir/tea\""; _rc=$?; kill $_pid; is $_rc 0'

before=$(tells /audit)
it 'a mistake is shown to every visitor: where it is, its line, and what to do' '
	printf "<p>\n{{range .list}}\n" | write list && for i in 1 2 3 4; do
		get /audit && status 500 && has "list.tmpl:3:1: " && has "    2 | {{range .list}}" &&
		has "Mend it in $dir/templates/list.tmpl" && head_is Refresh 2 || return 1
	done'
it 'and to clients that ask' 'get /audit $lvt_json && status 500 && json "\$j->{error}{message} =~ /^list.tmpl:3:1: .*Mend it/s"'
it 'pages of other templates go on' 'get /clock && status 200'
it 'those who show the page are told, so that they ask; the agent says why, once' '
	told $((before + 1)) && web_wait "grep -q \"list.tmpl:3:1\" \"\$dir/agent.log\"" &&
	"$app" publish order.created broken 1 >/dev/null &&
	web_wait "\"\$app\" outbox | grep -q \"order.created.*broken\"" && is "$(grep -c "list.tmpl:3:1" "$dir/agent.log")" 1'
it 'mended, the page is there again, with what happened meanwhile' '
	echo "<h3>mended</h3>{{range .list}}<b>{{.}}</b>{{end}}" | write list && told $((before + 2)) &&
	web_wait "get /audit && grep -q \"order.created broken\" \"\$out\"" && has "<h3>mended"'
it 'a file that is missing is a mistake each time, and not the page of before' '
	mv "$dir/templates/list.tmpl" "$dir/away" && for i in 1 2 3 4; do
		get /audit && status 500 && has "cannot read template &#39;$dir/templates/list.tmpl" && has LVT_TEMPLATES || return 1
	done'

kill "$(cat "$dir/agent.pid")"
LVT_DB=$dir/second.db
it 'workers and agent begin with a template that is broken, and go on when it is mended' '
	echo "{{lenght .list}}" | write list && agent && get /audit && status 500 && has "did you mean &#34;len&#34;" &&
	"$app" publish order.created early 1 >/dev/null && web_wait "grep -q lenght \"\$dir/agent.log\"" &&
	echo "{{range .list}}<b>{{.}}</b>{{end}}" | write list && get /audit && status 200 &&
	web_wait "get /audit && grep -q \"order.created early\" \"\$out\""'
done_testing
