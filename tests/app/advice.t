#!/bin/sh
# What the author of an app is told of a mistake: in development in the page, else
# in the log. Visitors are told that it did not work.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=$LVT_BUILDDIR/tests/app/eventapp
# ACTION TEXT: in development the answer says so; elsewhere the log does.
told() {
	act /from "$1" "{}" LVT_DEV=1 && json "!\$j->{meta}{success}" && json "index(\$j->{meta}{errors}{_general}, q($2)) >= 0" &&
	LVT_LOG=warn && act /from "$1" "{}" LVT_LOG=warn 2>"$dir/told" && grep -F "action \"$1\": " "$dir/told" | grep -F "$2" && lacks "$2"; }

it 'a name that is no channel' 'told shout_badly "is not a channel'"'"'s name: levels of A-Z a-z 0-9 _ : - with dots between"'
it 'also one that is not UTF-8' 'told shout_latin "is not a channel"'
it 'LVT_EINVALID without a field' 'told forget_why "did not say why: lvt_invalid() names a field and does"'
it 'a return that is missing' 'told forget_return "it returned 42: is a return missing?"'
it 'a member that is not there' 'told misspell "it returned -1, as Jansson does where a member is not there or of another kind"'
it 'a row for lvt_bind() of another kind than its member: nothing is written beside it' '
	told misbind "lvt_bind(): field \"count\" has a member of 4 bytes, which is not of the kind that its row says"'
it 'a form whose button is nearly an action' '
	form /from "sned=" && status 404 && has "page &#34;/from&#34; has no action &#34;sned&#34;; did you mean &#34;send&#34;? it has: send, itself"'
it 'a form whose button has no name' '
	form /from "what=x" && status 404 && has "the form names no action of page &#34;/from&#34;: &lt;button name=&#34;ACTION&#34;&gt; does"'
it 'an action that a program misspells' 'act /from sned "{}" && status 404 && json "\$j->{error}{message} =~ /no action .sned.; did you mean .send.\? it has: send/"'
it 'a form that does not post: in development, once' '
	get "/from?send=" LVT_DEV=1 2>"$dir/told" && grep -c "GET /from: \"send\" is an action, which a form must post: <form method=\"post\">" "$dir/told" | grep -qx 1 &&
	get "/from?send=" LVT_LOG=warn 2>"$dir/told" && ! grep -q . "$dir/told"'
it 'a way to another page that forgets where the app is' '
	app=$LVT_BUILDDIR/tests/app/worksapp LVT_DB=$dir/works.db && act /login login "{\"user\":\"ann\",\"password\":\"secret\"}" LVT_LOG=warn 2>"$dir/told" &&
	grep -F "lvt_redirect(\"/private\"): the app is at \"/app\": its page is \"/app/private\", and \"private\" from a page beside it" "$dir/told"'
cp -r "$LVT_TEMPLATES" "$dir/templates"
it 'what fails while the page is rendered: where it is in the file, though a document is put around it' '
	echo "<h1>{{index .title \"x\"}}</h1>" >"$dir/templates/list.tmpl" && get /from LVT_DEV=1 LVT_TEMPLATES="$dir/templates" 2>/dev/null && status 500 &&
	has "list.tmpl:1:7: executing" && has "      |       ^"'
it 'a member of .lvt in the first line, too' '
	echo "<p>{{.lvt.Usr}}</p>" >"$dir/templates/list.tmpl" && ! LVT_TEMPLATES=$dir/templates "$app" check 2>"$dir/told" && grep "list.tmpl:1:6: .lvt has no member \"Usr\"" "$dir/told"'
it 'and not one that only begins so' '
	printf "<p>{{.lvt.Errors}}</p>\n{{.lvt.Err}}" >"$dir/templates/list.tmpl" && ! LVT_TEMPLATES=$dir/templates "$app" check 2>"$dir/told" && grep "list.tmpl:2:3: .lvt has no member \"Err\"" "$dir/told"'
it 'an action of a template that does not end before the next tag' '
	echo "<b>{{.title</b>" >"$dir/templates/list.tmpl" && ! LVT_TEMPLATES=$dir/templates "$app" check 2>"$dir/told" && cat "$dir/told" &&
	grep -F "list.tmpl:1:12: " "$dir/told" | grep -F "; is a }} missing before it?"'
done_testing
