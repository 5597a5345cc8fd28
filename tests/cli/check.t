#!/bin/sh
# check.t - what lvt check says of templates, and what it lets pass.
set -u
lvt=${LVT_BUILDDIR:-.}/lvt
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
n=0

# result TITLE: of the command before.
result() {
	if [ $? = 0 ]; then
		n=$((n + 1))
		echo "ok $n - $1"
	else
		n=$((n + 1))
		echo "not ok $n - $1"
		sed 's/^/# /' said
	fi
}

# it TITLE STATUS: a.tmpl (from stdin) is checked; the lines that are not
# excerpts must be those of the file "want".
it() {
	cat >a.tmpl
	"$lvt" check a.tmpl >said 2>&1
	status=$?
	grep '^[^	]' said >lines
	[ "$status" = "$2" ] && cmp -s want lines
	result "$1"
}

: >want
it 'a template without faults is passed in silence' 0 <<'E'
<ul>{{range .items}}<li data-key="{{.id}}">{{.text}}</li>{{end}}</ul>
E

cat >want <<'E'
a.tmpl:1:6: unknown function "lenght"; did you mean "len"?
a.tmpl:2:6: undefined variable "$y"
a.tmpl:4:6: unknown function "frobnicate"
E
it 'all errors of a file are told at once' 1 <<'E'
<p>{{lenght .a}}</p>
{{if $y}}yes{{end}}
{{define "x"}}
   {{frobnicate}}{{end}}
E

cat >want <<'E'
a.tmpl:1:19: unexpected {{end}}
a.tmpl:2:17: unknown function "frobnicate"
E
it 'after an {{end}} too many the definitions are still read' 1 <<'E'
{{if .}}x{{end}}{{end}}
{{define "x"}}{{frobnicate}}{{end}}
E

cat >want <<'E'
a.tmpl:1:19: missing value for if
a.tmpl:2:17: unterminated quoted string
a.tmpl:3:18: undefined variable "$y"
E
it 'a definition that cannot be read on hides no other' 1 <<'E'
{{define "a"}}{{if}}{{end}}{{end}}
{{define "b"}}{{"x}}{{end}}
{{define "c"}} {{$y}}{{end}}
E

cat >want <<'E'
a.tmpl:1:13: unknown function "frobnicate"
E
it 'a variable is not missing because its value was at fault' 1 <<'E'
{{$x := 1 | frobnicate}}{{$x}}
E

cat >want <<'E'
a.tmpl:1:9: note: the items of this range have no key: give their first tag a data-key, lvt-key or id, so that moved and changed items are known again
E
it 'a range of tags without a key is noted, without failing' 0 <<'E'
{{range .}}<li>{{.}}</li>{{end}}
E

: >want
it 'a range of plain text needs no key' 0 <<'E'
<p>{{range .}}{{.}}, {{end}}</p>
E

cat >want <<'E'
a.tmpl:1:21: note: a value within <style>: when it changes the browser reads the whole style sheet again
a.tmpl:2:19: note: a value within <script>: when it changes the script is replaced as a whole, and does not run again
E
it 'values within scripts and style sheets are noted' 0 <<'E'
<style>p { color: {{.c}}; width: {{.w}} }</style>
<script>var a = {{.a}}, b = {{.b}}</script>
E

cat >want <<'E'
a.tmpl:1:15: note: a range outside of <body>: each change makes the browser read all that is around the body again
E
it 'a range outside of the body is noted' 0 <<'E'
<head>{{range .}}<meta name="{{.}}">{{end}}</head><body>{{.}}</body>
E

cat >want <<'E'
a.tmpl:3:1: the field "say" has the name of an action: the form would always mean that action
E
it 'a field that is called as its form'"'"'s button is refused' 1 <<'E'
<form method="post">
<input name="text">
<input name="say"><button name="say">Send</button></form>
E

: >want
it 'fields of a form that names its action may be called anything' 0 <<'E'
<form method="post" lvt-action="say">
<input name="say"><button name="say">Send</button></form>
E

cat >want <<'E'
a.tmpl:2:1: note: without enctype="multipart/form-data" a browser that runs no script sends this file's name alone
E
it 'a file in a form that needs a script for it is noted' 0 <<'E'
<form method="post"><input type="text" name="note">
<input type="file" name="one"><button name="send">Send</button></form>
<form method="post" enctype="multipart/form-data"><input type="file" name="two"></form>
<form method="post" enctype="{{.}}"><input type="file" name="three"></form>
<form lvt-submit="send"><input type="file" name="four"></form>
E

printf '\t<b>\303\244{{nope}}' >b.tmpl
"$lvt" check b.tmpl | tail -n +2 >said
printf '\t\t<b>\303\244{{nope}}\n\t\t      ^\n' >want
cmp -s said want
result 'the line is shown with a caret under the column'

echo '{{nope}}' >a.tmpl
echo '{{if}}' >b.tmpl
"$lvt" check a.tmpl b.tmpl missing.tmpl >said
[ $? = 1 ] && [ "$(grep -c '^[ab]\.tmpl:1:' said)" = 2 ] &&
    grep -q "cannot open 'missing.tmpl'" said
result 'each file is told of, the missing one too'
echo "1..$n"
