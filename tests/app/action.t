#!/bin/sh
# Actions: JSON, forms, refusals, keys, revisions.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cookie="livetemplate-id=$(printf %043d 1)"

it 'an action answers with the update from the view that the client shows' '
	get / && view=$(attr view) && act / add "{\"value\":5}" HTTP_LVT_VIEW="$view" && status 200 &&
	json "\$j->{tree}{0} eq q(5) && !exists \$j->{tree}{s} && \$j->{meta}{base} eq q($view)
	    && \$j->{meta}{success} && \$j->{meta}{rev} == 1"'
it 'its answer says where the view stands, and leaves the stream and its token alone' '
	act / nothing "{}" && test -n "$(header LVT-Head)" && test -n "$(header LVT-View)" && is "$(header LVT-Token)" ""'
it 'a client of LiveTemplate gets the whole tree, statics inline' '
	act / add "{}" HTTP_ACCEPT=application/json && json "ref \$j->{tree}{s} && \$j->{tree}{0} eq q(6)"'
it 'an action that changes nothing commits nothing' '
	before=$(outbox) && act / nothing "{}" && json "\$j->{meta}{rev} == 2" && is "$(outbox)" "$before"'
it 'a commit is one outbox row, from the view before to the view after' '
	get / && view=$(attr view) && act / add "{}" && "$app" outbox 2 >"$out.box" &&
	is "$(outbox 2)" "page testapp / g:shared" && grep -q "^	$view $(field "\$j->{meta}{view}") {\"page\":\"/\"" "$out.box"'
it 'an action that fails changes nothing and says so' '
	before=$(outbox) && act / fail "{}" && status 200 &&
	json "!\$j->{meta}{success} && \$j->{meta}{errors}{_general} && \$j->{meta}{error_tree}" &&
	is "$(outbox)" "$before" && get / && has "<b>7</b>"'
it 'a reply and a redirect arrive in meta' '
	act / answer "{\"q\":\"why\"}" && json "\$j->{meta}{reply}{you} eq q(why)" &&
	act / leave "{}" && json "\$j->{meta}{redirect} eq q(/elsewhere?ok=1)"'

it 'invalid input answers with every field, and changes nothing' '
	act /notes note "{\"text\":\"  \",\"mail\":\"nobody\",\"kind\":\"blue\",\"code\":\"abcd\",\"size\":12}" &&
	status 200 && json "my \$e = \$j->{meta}{errors}; !\$j->{meta}{success} && \$e->{text} eq q(1 to 20 characters)
	    && \$e->{mail} =~ /e-mail/ && \$e->{kind} eq q(must be one of: red green)
	    && \$e->{code} eq q(three capitals) && \$e->{size} eq q(must be 1 to 10)" &&
	json "\$j->{meta}{rev} == 0 && \$j->{meta}{error_tree}"'
it 'a check of its own has the first word' '
	act /notes note "{\"text\":\"x\",\"size\":3}" && json "\$j->{meta}{errors}{size} eq q(3 is odd)"'
it 'what a rule trims is what the function sees' '
	act /notes note "{\"text\":\"  hi \"}" && json "\$j->{meta}{success}" && get /notes && has "<li>hi</li>"'
it 'the function may refuse, too' '
	act /notes note "{\"text\":\"http://x\"}" && json "\$j->{meta}{errors}{text} eq q(links are not allowed)"'
it 'a plain form that is not valid is 422 with what was typed, never passwords' '
	form /notes "text=http%3A%2F%2Fspam&password=geheim&note=" && status 422 &&
	has "value=\"http://spam\"" && has "text: links are not allowed" && lacks geheim'
it 'errors are gone with the next page' 'get /notes && lacks "not allowed"'
it 'visitors of a private page do not see each other' '
	cookie="livetemplate-id=$(printf %043d 2)" && get /notes && lacks "<li>hi</li>"'

it 'a message may quote what is long and ends within a character' '
	act / quote "{\"q\":\"$(perl -e "print qq(\xe2\x82\xac) x 600")\"}" &&
	json "\$j->{meta}{errors}{q} =~ /^.(\xe2\x82\xac){300}/ && !\$j->{meta}{errors}{_general}"'
it 'what is no finite number is none' '
	for q in nan inf 1e999 0x; do act / measure "{\"q\":\"$q\"}" && json "\$j->{meta}{reply} == -1" || exit 1; done'
it 'a redirect is never a script' '
	for q in "javascript:x" " JavaScript:x" "java\\tscript:x" "\\u0001javascript:x"; do
		act / go "{\"q\":\"$q\"}" && json "!\$j->{meta}{success} && !\$j->{meta}{redirect}" || exit 1; done'
it 'what is said with a NUL in it is read again' '
	act / mumble "{}" HTTP_LVT_KEY=m1 && act / mumble "{}" HTTP_LVT_KEY=m1 && json "\$j->{meta}{reply} eq qq(a\\0b)" &&
	get / && status 200 && "$LVT_BUILDDIR/lvt" subscribe "ops.mumbled" --after 0 --once >"$dir/m" &&
	grep -q "a.u0000b" "$dir/m" && act / shout "{\"text\":\"\"}"'

it 'an unknown action is 404 and names what there is' '
	act / subtract "{}" && status 404 && json "\$j->{error}{message} =~ /no action .subtract.; it has: add, slow/"'
it 'a body that is no JSON is 400 with its place' '
	printf "{\"action\":" >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=application/json &&
	status 400 && json "\$j->{error}{message} =~ /line 1/"'
it 'JSON that goes too deep is 400' '
	act / add "$(perl -e "print q([) x 90, q(]) x 90")" && status 400'
it 'data that is no object is 400' 'act / add "[1]" && status 400'
it 'a body that is too big is 413' '
	perl -e "print q(x) x 3000" >"$dir/b" && request POST / "$dir/b" LVT_BODY_MAX=2000 \
	    CONTENT_TYPE=application/json && status 413'
it 'a form with too many fields is 413' '
	form / "$(perl -e "print q(a=1&) x 1001")" && status 413'
it 'another kind of body is 415' '
	echo x >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=text/plain && status 415'


it 'a stale revision is 409 with the current view, and changes nothing' '
	act / nothing "{}" && rev=$(field "\$j->{meta}{rev}") && act / add "{}" HTTP_IF_MATCH="\"rev-$rev\"" && status 200 &&
	act / add "{}" HTTP_IF_MATCH="\"rev-$rev\"" && status 409 &&
	json "\$j->{meta}{conflict} && !\$j->{meta}{success} && \$j->{meta}{rev} == $rev + 1"'
it 'lvt-rev in the data is the same' 'act / add "{\"lvt-rev\":1}" && status 409'

it 'an action with a key runs once' '
	act / add "{}" HTTP_LVT_KEY=k1 && a=$(field "\$j->{meta}{rev}") &&
	act / add "{}" HTTP_LVT_KEY=k1 && json "\$j->{meta}{success} && \$j->{meta}{rev} == $a"'
it 'its reply is kept' '
	act / answer "{\"q\":\"one\"}" HTTP_LVT_KEY=k2 && act / answer "{\"q\":\"one\"}" HTTP_LVT_KEY=k2 &&
	json "\$j->{meta}{reply}{you} eq q(one)"'
it 'a key with another body is 422' 'act / add "{\"value\":9}" HTTP_LVT_KEY=k1 && status 422'
it 'a key that is none is 400' 'act / add "{}" HTTP_LVT_KEY="a b" && status 400'

it 'actions of two processes never lose one another' '
	act / nothing "{}" && a=$(field "\$j->{meta}{rev}") && pids= &&
	for i in 1 2 3 4 5 6 7 8; do ( out=$dir/out$i; mkdir "$dir/d$i"; dir=$dir/d$i; act / slow "{}" ) & pids="$pids $!"; done;
	wait $pids; act / nothing "{}" && json "\$j->{meta}{rev} == $a + 8"'

it 'several documents: store.action, whatever the case of the store' '
	get /two && has "<p>1 2</p>" && act /two LEFT.add "{\"value\":4}" && status 200 &&
	act /two right.add "{}" && get /two && has "<p>5 3</p>"'
it 'an unknown store is 404 and names what there is' '
	act /two middle.add "{}" && status 404 && has "left.add, right.add, right.fail"'
it 'an action of one document cannot harm the other' '
	act /two right.fail "{}" && get /two && has "<p>5 3</p>"'
it 'sessions lists who has a state, and deletes it' '
	"$app" sessions >"$dir/s" && grep -q "^/two	$(printf %043d 1)" "$dir/s" &&
	"$app" sessions delete /two "$(printf %043d 1)" && get /two && has "<p>1 2</p>"'
done_testing
