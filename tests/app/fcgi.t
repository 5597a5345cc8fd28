#!/bin/sh
# The worker as FastCGI, on a socket of its own.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
. "$LVT_SRCDIR/tests/app/web.sh"
sock=$dir/s

# request_fcgi METHOD PATH [NAME=VALUE...] <BODY
fcgi() {
	_m=$1 _p=$2
	shift 2
	perl "$LVT_SRCDIR/tests/app/fcgi.pl" "$sock" REQUEST_METHOD="$_m" \
	    SCRIPT_NAME=/app PATH_INFO="$_p" REQUEST_URI="/app$_p" \
	    HTTP_HOST=app.example "$@" | tr -d '\r' >"$out"
}
# The processes that a supervisor has started.
children() { ps -o pid= --ppid "$1" 2>/dev/null; }

"$app" fcgi --socket "unix:$sock" --workers 2 2>"$dir/fcgi.log" &
boss=$!
at_end 'kill $boss 2>/dev/null; wait $boss'
web_wait 'web_answers "$sock"' || { echo "Bail out! no worker"; exit 1; }

it 'a page is served' 'fcgi GET / </dev/null && status 200 && has "<b>0</b>"'
it 'with FastCGI the page streams' 'fcgi GET / </dev/null && is "$(attr stream)" /app/_lvt/stream'
it 'a body arrives' '
	echo "{\"action\":\"add\",\"data\":{\"value\":4}}" | fcgi POST / CONTENT_TYPE=application/json \
	    HTTP_ACCEPT=application/vnd.lvt+json && json "\$j->{tree}{0} eq q(4)"'
it 'a worker keeps serving' '
	for i in 1 2 3 4 5 6 7 8; do fcgi GET / </dev/null && has "<b>4</b>" || return 1; done'
it 'there are as many workers as were asked for' 'is "$(children $boss | wc -l | tr -d " ")" 2'
it 'a worker that is killed is replaced, and nothing is lost' '
	victim=$(children $boss | head -n 1) && kill -9 $victim &&
	web_wait "! children $boss | grep -q \"^ *$victim\$\" && test \$(children $boss | wc -l) = 2" &&
	fcgi GET / </dev/null && has "<b>4</b>"'
it 'a database below the web root is refused, whatever the web server is' '
	LVT_DB=$dir/www/app.db; mkdir "$dir/www"; "$app" fcgi --socket "unix:$sock.2" 2>"$dir/e" & second=$!
	sock=$sock.2; web_wait "web_answers $sock" && fcgi GET / DOCUMENT_ROOT="$dir/www" </dev/null; rc=$?; kill $second
	is $rc 0 && status 503 && lacks "$dir" && grep "below the web root" "$dir/e" && ! test -e "$LVT_DB"'
it 'workers end with their parent, though it is killed and they are stopped' '
	"$app" fcgi --socket "unix:$sock.3" --workers 2 2>/dev/null & third=$!
	web_wait "test \$(children $third | wc -l) = 2" && kids=$(children $third) && kill -STOP $kids; kill -9 $third
	test -n "$kids" && for kid in $kids; do web_wait "! web_runs $kid" || { kill -9 $kids; return 1; }; done'
it 'SIGTERM ends all of them, and the socket is gone' '
	kids=$(children $boss) && kill $boss && web_wait "! test -S $sock" &&
	for kid in $kids; do web_wait "! web_runs $kid" || return 1; done'
done_testing
