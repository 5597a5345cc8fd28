#!/bin/sh
# Forms as browsers without JavaScript send them.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cookie="livetemplate-id=$(printf %043d 1)"
multipart() { printf "%s\r\n" "$@" >"$dir/m"; request POST / "$dir/m" CONTENT_TYPE="multipart/form-data; boundary=B"; }

it 'a form that worked leads back to its page' '
	form / "add=3" && status 303 && head_is Location /app/ && get / && has "<b>3</b>"'
it 'lvt-action names the action of a form' '
	form / "value=2&lvt-action=add" && status 303 && get / && has "<b>5</b>"'
it 'else the last field that is the name of one, with its value' '
	form / "nothing=1&add=4&other=x" && status 303 && get / && has "<b>9</b>"'
it 'a form without any action is refused, and told what there is' 'form / "x=1" && status 404 && has "add, slow"'
it 'a multipart form is a form' '
	multipart "--B" "Content-Disposition: form-data; name=\"add\"" "" "4" "--B--" && status 303 && get / && has "<b>13</b>"'
it 'a redirect of the action wins over the page' '
	form / "leave=1" && status 303 && head_is Location "/elsewhere?ok=1"'
it 'text of any kind arrives: signs, lines, other scripts' '
	form /notes "text=%3Cb%3E+%26+%22%C3%A4%22&note=" && status 303 && get /notes && has "<li>&lt;b&gt; &amp; &#34;ä&#34;</li>"'
it 'it never leads to another site: what the server takes for /room/a is that to a browser, too' '
	for uri in //room/a "/\\room/a" "/\\/room/a" http://app.example//room/a; do
		form /room/a "say=hi" SCRIPT_NAME= REQUEST_URI="$uri" PATH_INFO=/room/a && status 303 &&
		header Location | grep -q "^[/\\]room/a$" || exit 1; done'
it 'a long address is led back to whole' '
	form "/?q=$(perl -e "print q(a) x 6000")" "nothing=1" && status 303 && test "$(header Location | wc -c)" -gt 6000'
it 'what is not valid is 422: the page, each error, and what was typed, never passwords' '
	form /notes "text=http%3A%2F%2Fspam&kind=blue&password=geheim&note=" && status 422 && head_is Content-Type "text/html; charset=utf-8" &&
	has "value=\"http://spam\"" && has "kind: must be one of: red green" && lacks geheim'
it 'what the function refuses shows in the same way' '
	form /notes "text=http%3A%2F%2Fspam&note=" && status 422 && has "text: links are not allowed"'
it 'such a page is kept nowhere' 'form /notes "text=&note=" && status 422 && header Cache-Control | grep -q no-store'
it 'an action that broke says so on the page' 'form / "fail=1" && status 500 && has "this did not work" && lacks "<b>-1"'
it 'errors are gone with the next page' 'get /notes && lacks "not allowed"'
it 'a form that is sent twice with its key acts once' '
	form / "add=1&lvt-key=f1" && status 303 && form / "add=1&lvt-key=f1" && status 303 && get / && has "<b>14</b>"'
it 'a form with a revision that is over is 409 and keeps what was typed' '
	form /notes "text=mine&note=&lvt-rev=0" && status 409 && has "value=\"mine\""'
it 'a form of another site is refused' 'form / "add=1" HTTP_ORIGIN=https://evil.example && status 403 && get / && has "<b>14</b>"'
done_testing
