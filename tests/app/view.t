#!/bin/sh
# An app's own command tries templates with its own functions.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
app=${LVT_BUILDDIR:?}/tests/app/peopleapp

it 'check is content where all is right' '"$app" check | grep -q "pages are fine"'
it 'render prints a page of its first document' '"$app" render /priced >"$out" && has "<p> 2.50 </p>" && has "<html"'
it 'members that are given are merged in' '
	"$app" render /priced --data "{\"cents\":199,\"note\":\"<b>\"}" --user ann >"$out" && has "<p>ann 1.99 &lt;b&gt;</p>" &&
	echo "{\"cents\":5}" >"$dir/d.json" && "$app" render /priced --data "$dir/d.json" >"$out" && has "0.05" &&
	"$app" render /priced --data - <"$dir/d.json" >"$out" && has "0.05"'
it 'what a function refuses is told with its place' '
	! "$app" render /priced --data "{\"cents\":\"x\"}" 2>"$dir/e" && grep -q "priced.tmpl:1:.*cents must be an integer" "$dir/e"'
it 'what is no object is refused, and so is a page that is none' '
	! "$app" render /priced --data "[1]" 2>"$dir/e" && grep -q "no JSON object" "$dir/e" &&
	! "$app" render /nowhere 2>"$dir/e" && grep -q "no page" "$dir/e"'
it 'a mistake in a template is told by both with its place' '
	mkdir "$dir/t" && cp "$LVT_TEMPLATES"/*.tmpl "$dir/t" && echo "{{price}}" >"$dir/t/priced.tmpl" &&
	! LVT_TEMPLATES=$dir/t "$app" check 2>"$dir/e" && grep -q "priced.tmpl:1:" "$dir/e"'
it 'they insist on it in development, where the rest goes on without' '
	! LVT_DEV=1 LVT_TEMPLATES=$dir/t "$app" check 2>"$dir/e" && grep -q "priced.tmpl:1:" "$dir/e" &&
	! LVT_DEV=1 LVT_TEMPLATES=$dir/t "$app" render /priced 2>"$dir/e" && grep -q "priced.tmpl:1:" "$dir/e" &&
	LVT_DEV=1 LVT_TEMPLATES=$dir/t "$app" status | grep "^pages" && ! LVT_TEMPLATES=$dir/t "$app" status 2>"$dir/e" && grep -q "priced.tmpl:1:" "$dir/e"'
it 'help, settings and a wrong word need no templates' '
	LVT_TEMPLATES=$dir/none "$app" --help | grep "/priced" && LVT_TEMPLATES=$dir/none "$app" config | grep "^LVT_DB" &&
	! LVT_TEMPLATES=$dir/none "$app" nonsense 2>"$dir/e" && grep -q "no command .nonsense." "$dir/e"'
it 'a template that is missing: which, and what names its folder' '
	! LVT_TEMPLATES=$dir/none "$app" status 2>"$dir/e" && grep "cannot read template .$dir/none/.*LVT_TEMPLATES" "$dir/e"'
it 'neither makes a database' 'LVT_DB=$dir/none.db "$app" check && LVT_DB=$dir/none.db "$app" render /priced >"$out" && ! test -e "$dir/none.db"'
done_testing
