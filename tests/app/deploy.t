#!/bin/sh
# After a deploy the agent tells those who show a page whose templates say something
# else: once, whoever starts.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/streams.sh"
cp -r "$LVT_TEMPLATES" "$dir/templates"
LVT_TEMPLATES=$dir/templates
export LVT_TEMPLATES
# How often those who show a page were told that it is stale, whatever they show.
tells() { outbox | grep -cx "page testapp $1 \*"; }
agents() {
	_pids=
	for _i in $(seq "$1"); do "$app" agent --once & _pids="$_pids $!"; done
	wait $_pids
}
deploy() { echo "$2" >"$dir/templates/$1.tmpl"; }
at_end streams_stop
streams_start || { echo 'Bail out! the companion does not start'; exit 1; }

it 'the first agent of a database has nobody to tell' 'agents 1 && is "$(tells /)" 0'
it 'nor has one that finds what was there' 'agents 1 && is "$(tells /)" 0'
it 'templates that say the same are the same, however new the files are' '
	cp "$LVT_SRCDIR/tests/app/templates/counter.tmpl" "$dir/new" && mv "$dir/new" "$dir/templates/counter.tmpl" && agents 1 && is "$(tells /)" 0'
it 'other ones are told of, to those who show that page: once, though several agents start' '
	watch one / && watch two /two && deploy counter "<b>{{.n}}</b> deployed" && agents 4 && web_wait "grep -q \"^event: stale\" \"\$dir/one\"" &&
	is "$(tells /)" 1 && agents 1 && is "$(tells /)" 1 && is "$(tells /two)" 0'
it 'whoever then asks a worker that has them is given all of the page' '
	via=cgi && get / HTTP_ACCEPT=application/vnd.lvt+json HTTP_IF_NONE_MATCH="\"$(via=web; get /; attr view)\"" && json "!defined \$j->{meta}{base}" && body | grep -q tree'
it 'those of a partial count for the pages that it is part of' '
	deploy part-note "{{define \"note\"}}<i>new</i>{{end}}" && agents 1 && is "$(tells /notes)" 1 && is "$(tells /)" 1'
it 'a page with parameters is told of where somebody shows it' '
	watch tea /room/tea && web_wait "\"\$app\" status | grep -q \"^streams *[3-9]\"" && deploy room "<h2>{{.name}}</h2>" && agents 1 &&
	web_wait "grep -q \"^event: stale\" \"\$dir/tea\""'
done_testing
