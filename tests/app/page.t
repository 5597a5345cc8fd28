#!/bin/sh
# A page, and its sync.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"

it 'a page is HTML with its tree embedded and a place to stream from' '
	get / && status 200 && head_is Content-Type "text/html; charset=utf-8" &&
	has "<b>0</b>" && has "data-lvt-page=\"/\"" &&
	has "data-lvt-prefix=\"/app\"" && has "id=\"lvt-tree\">{\"tree\":{"'
it 'a template without <html> is put into a minimal document' '
	get / && has "<!DOCTYPE html><html lang=\"en\">" && has "<title>testapp</title>"'
it 'a template with <html> stays as it is, its head is in the outer tree' '
	get /notes && has "<title>0 notes</title>" && has "\"outer\":{" &&
	has "<body class=\"notes\"><div data-lvt-id=\"w\""'
it 'the client script is added and served for ever' '
	get / && js=$(sed -n "s|.*src=\"/app\(/_lvt/lvt-[0-9a-f]*\.js\)\".*|\1|p" "$out") &&
	get "$js" && status 200 && has immutable'
it 'the statics are an asset of their own, for ever' '
	get / && get "/_lvt/statics-$(attr statics).json" && status 200 &&
	has immutable && json "grep { ref eq q(ARRAY) } @\$j"'
it 'a page may be kept, and is revalidated' '
	get / && head_is Cache-Control "private, no-cache" &&
	head_is Vary "Accept, Cookie" && get / HTTP_IF_NONE_MATCH="$(header ETag)" &&
	status 304 && is "$(body)" ""'
it 'a private page gives a browser without one a cookie for a year' '
	get /notes && header Set-Cookie | grep -Eq "^livetemplate-id=[A-Za-z0-9_-]{43}; Path=/app; Max-Age=31536000; HttpOnly; SameSite=Lax$"'
it 'behind TLS the cookie is Secure' '
	get /notes HTTPS=on && header Set-Cookie | grep -q "; Secure$"'
it 'a browser with the cookie gets no other' '
	cookie="livetemplate-id=$(printf %043d 7)" && get /notes && is "$(header Set-Cookie)" ""'
it 'a cookie that is none of ours is replaced' '
	cookie="livetemplate-id=short" && get /notes && has Set-Cookie:'
it 'a shared page needs no cookie' 'get / && is "$(header Set-Cookie)" ""'
it 'JSON is for the clients of LiveTemplate: whole trees with their statics' '
	get / HTTP_ACCEPT=application/json && head_is Content-Type application/json &&
	json "ref \$j->{tree}{s} && \$j->{tree}{0} eq q(0) && exists \$j->{meta}"'
it 'HEAD says that there is no WebSocket' '
	: >"$dir/empty" && request HEAD / "$dir/empty" && status 200 &&
	head_is X-LiveTemplate-WebSocket disabled && is "$(body)" ""'
it 'HEAD does not say that there is nothing' '
	: >"$dir/empty" && request HEAD / "$dir/empty" && ! header Content-Length | grep . &&
	request HEAD /_lvt/lvt.js "$dir/empty" && status 200 && ! header Content-Length | grep .'
it 'a sync from the current view is 304 with a fresh token and the head' '
	get / && view=$(attr view) && get / HTTP_ACCEPT=application/vnd.lvt+json \
	    HTTP_IF_NONE_MATCH="\"$view\"" && status 304 && head_is LVT-View "$view" &&
	test -n "$(header LVT-Token)" && test -n "$(header LVT-Head)"'
it 'a sync from a view that nobody knows is the whole tree with numbered statics' '
	act / add "{}" && get / HTTP_ACCEPT=application/vnd.lvt+json \
	    HTTP_IF_NONE_MATCH="\"AAAAAAAAAAAAAAAAAAAAAA\"" && status 200 &&
	json "!ref \$j->{tree}{s} && \$j->{tree}{0} eq q(1) && !defined \$j->{meta}{base}"'
it 'an unknown path is 404' 'get /nowhere && status 404 && has "There is no such page."'
it 'a page answers below its path with a slash, too' 'get /notes/ && status 200'
it 'a path that climbs is refused' 'via=cgi && get /notes/../me && status 400'
it 'a path that is not UTF-8 is refused' 'get /room/x PATH_INFO="$(printf "/room/\\377")" && status 400'
it 'DELETE is not a thing to do with a page' '
	: >"$dir/empty" && request DELETE / "$dir/empty" && status 405 && has "Allow: GET, HEAD, POST"'
it 'a parameter of the path is read by mount' '
	get /room/kitchen && status 200 && has "<h1>kitchen</h1>" && has "data-lvt-page=\"/room/kitchen\""'
it 'mount may say that there is no such page' 'get /room/closed && status 404'
it 'the token grants the channels of the page, filled in' '
	get /room/a && attr token | perl -MMIME::Base64 -ne "
	    s/\..*//; tr{-_}{+/}; print decode_base64(\$_)" >"$dir/claims" &&
	grep -qF "\"c\":[\"room.*\",\"group.shared\"]" "$dir/claims"'
claims() { perl -MMIME::Base64 -ne 's/\..*//; tr{-_}{+/}; print decode_base64($_)'; }
it 'a sync brings the whole token, however many channels it names' '
	get /grants/70 HTTP_ACCEPT=application/vnd.lvt+json && header LVT-Token >"$dir/one" && get /grants/70 && attr token >"$dir/two" &&
	is "$(wc -c <"$dir/one")" "$(wc -c <"$dir/two")" && claims <"$dir/one" | grep -qF "long-name.69.*"'
it 'more than a token holds are not granted, and the log says what to do' '
	get /grants/200 PATH_INFO=/grants/200 2>"$dir/e" && status 200 && attr token | claims | grep -qF "\"c\":[]" &&
	grep -q "page \"/grants/200\": .* none is granted; grant a pattern" "$dir/e"'
it 'LVT_PREFIX tells where the app is, whatever SCRIPT_NAME says' '
	get /notes LVT_PREFIX=/app SCRIPT_NAME=/app/notes PATH_INFO= && status 200 &&
	has "data-lvt-prefix=\"/app\""'
it 'without a companion the page polls; LVT_STREAM_URL names one' '
	via=cgi && get / && is "$(attr stream)" "" &&
	get / LVT_STREAM_URL=https://s.example/x && is "$(attr stream)" https://s.example/x'
it 'Basic asks for a password, and knows who gave it' '
	get /me && status 401 && header WWW-Authenticate | grep -q "^Basic realm=" &&
	get /me HTTP_AUTHORIZATION="Basic $(printf bob:secret | base64)" && status 200 && has "bob has 0"'
it 'a wrong password is 401' '
	get /me HTTP_AUTHORIZATION="Basic $(printf bob:guess | base64)" && status 401'
it 'a signed token is who its maker says, until its time is over' '
	token=$("$app" token eve 60) && get /token HTTP_AUTHORIZATION="Bearer $token" &&
	has "eve has 0" && get /token HTTP_AUTHORIZATION="Bearer ${token}x" && status 401 &&
	get /token && status 401'
it 'a template that fails is a calm page, and a readable one in development' '
	mkdir "$dir/t" && cp "$LVT_TEMPLATES"/* "$dir/t" &&
	echo "{{index .n 1}}" >"$dir/t/counter.tmpl" &&
	get / LVT_TEMPLATES="$dir/t" && status 500 && lacks index && has "Something went wrong" &&
	get / LVT_TEMPLATES="$dir/t" LVT_DEV=1 && status 500 && has "counter.tmpl:1:"'
it 'a page with a client of its own, ours or theirs, gets no other' '
	for js in /x/livetemplate-client.browser.js /app/_lvt/lvt.js; do
		echo "<script src=\"$js\"></script><p>{{.n}}" >"$dir/t/counter.tmpl" &&
		get / LVT_TEMPLATES="$dir/t" && lacks "/_lvt/lvt-" || return 1
	done'
it 'the panel for whoever builds a page comes before the client, in development alone' '
	get / && lacks lvt-debug && get / LVT_DEV=1 && body | tr -d "\n" |
	    grep -q "<script src=\"/app/_lvt/lvt-debug-[0-9a-f]*\.js\" data-lvt-debug=\"quiet\" defer></script><script src=\"/app/_lvt/lvt-[0-9a-f]*\.js\" defer>"'
it 'a page that asks for the panel gets no other' '
	echo "<script src=\"/app/_lvt/lvt-debug.js\" defer></script><p>{{.n}}" >"$dir/t/counter.tmpl" &&
	get / LVT_TEMPLATES="$dir/t" LVT_DEV=1 && lacks "lvt-debug-" && has "/_lvt/lvt-"'
it 'what people write is no script, and keeps no page from being live' '
	echo "<p>{{\"<script src=/_lvt/lvt.js>\"}} /_lvt/lvt" >"$dir/t/counter.tmpl" &&
	get / LVT_TEMPLATES="$dir/t" && has "&lt;script" && has "/_lvt/lvt-"'
it 'the embedded tree has no character of markup' '
	echo "<p>{{\"</script>&\"}}" >"$dir/t/counter.tmpl" && get / LVT_TEMPLATES="$dir/t" &&
	tree=$(sed -n "s|.*id=\"lvt-tree\">\([^<>&]*\)</script>.*|\1|p" "$out") &&
	is "${tree#*\"0\":}" "\"\\u0026lt;/script\\u0026gt;\\u0026amp;\"}}"'
it 'a template that cannot be parsed stops the program with its place' '
	echo "<p>{{lenght .n}}" >"$dir/t/counter.tmpl" &&
	! LVT_TEMPLATES="$dir/t" "$app" status 2>"$dir/err" && cat "$dir/err" &&
	grep -q "^testapp: counter.tmpl:1:[0-9]*: .*lenght" "$dir/err"'
it 'a database below the web root is refused' '
	get / DOCUMENT_ROOT="$dir" LVT_DEV=1 && status 503 && has "below the web root"'
done_testing
