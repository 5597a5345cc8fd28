# shellcheck shell=sh
# lib.sh - what the scripts of tests/app/ share: TAP, and requests.
#
#   get PATH [NAME=VALUE...]            GET, variables as CGI names them
#   act PATH NAME DATA [NAME=VALUE...]  POST JSON {"action": NAME, "data": DATA}
#   form PATH BODY [NAME=VALUE...]      POST a form
# The answer is in $out: its header lines, an empty line, its body.
#   has TEXT, lacks TEXT                of the answer
#   head_is NAME VALUE, status N
#   json PERL-EXPRESSION                of the body, as $j
#
# Requests go by curl to a lighttpd with FastCGI workers of $app, which the
# first request starts; the app is at /app. What no browser can send (settings
# of the worker, a wrong length) goes to the same program as CGI: variables
# other than HTTP_*, CONTENT_TYPE, HTTPS, REMOTE_ADDR and REMOTE_USER of
# $web_users; or all that is asked with via=cgi.
#
#   at_end COMMAND                      when the script ends, however it does
#   site_url                            where $app is: http://127.0.0.1:N/app

. "${LVT_SRCDIR:?}/tests/app/web.sh"
dir=$(mktemp -d) || exit 1
sites=$dir/sites
mkdir "$sites"
_at_end=
at_end() { _at_end="$1; $_at_end"; }
trap 'eval "$_at_end"; sites_stop; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
out=$dir/out
app=${LVT_BUILDDIR:?}/tests/app/testapp
via=web
web_users='ann bob zoe'
LVT_TEMPLATES=${LVT_SRCDIR:?}/tests/app/templates
LVT_DB=$dir/app.db
LVT_LOG=error
export LVT_TEMPLATES LVT_DB LVT_LOG
n=0 bad=0

# Each test is a shell of its own: what it sets does not outlive it.
it() {
	n=$((n + 1))
	if (trap - EXIT; eval "$2") >"$dir/log" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$dir/log"
		test -f "$out" && sed 's/^/# < /' "$out"
		bad=$((bad + 1))
	fi
}

done_testing() {
	echo "1..$n"
	exit $((bad > 0))
}

# --- Where $app is with this database ---------------------------------------

# Started in a shell of its own, so that nobody waits for it. Who comes while
# another one starts it waits for the port.
site() {
	_site=$sites/${app##*/}-${LVT_DB##*/}
	if mkdir "$_site" 2>/dev/null; then
		(
			dir=$_site web_prefix=/app
			ln -s "$sites/streamd.sock" "$_site/streamd.sock"
			web_start 2 || exit 1
			echo "$web $boss" >"$_site/pids"
			echo "$port" >"$_site/port.new"
			mv "$_site/port.new" "$_site/port"
		) </dev/null >"$_site/log" 2>&1 ||
		    : >"$_site/failed"
	fi
	web_wait 'test -f "$_site/port" || test -f "$_site/failed"'
	test -f "$_site/port" || { cat "$_site"/*log; return 1; }
	read -r port <"$_site/port"
}

site_url() { site && echo "http://127.0.0.1:$port/app"; }

# Workers of $app that run; the parent of which is no worker.
site_workers() { site && read -r web boss <"$_site/pids" && web_workers; }

sites_stop() {
	for _pids in "$sites"/*/pids; do
		test -f "$_pids" && kill $(cat "$_pids") 2>/dev/null
	done
	for _pids in "$sites"/*/pids; do
		test -f "$_pids" || continue
		for _pid in $(cat "$_pids"); do
			web_wait '! web_runs "$_pid"'
		done
	done
}

# --- Requests ---------------------------------------------------------------

request() {	# METHOD PATH BODY-FILE [NAME=VALUE...]
	_how=$via
	for _v; do
		case $_v in
		HTTP_*=* | CONTENT_TYPE=* | HTTPS=on | REMOTE_ADDR=* | REMOTE_USER=*) ;;
		[A-Z]*=*) _how=cgi ;;
		esac
	done
	request_$_how "$@"
}

request_web() {
	_method=$1 _url=$2 _body=$3
	shift 3
	site || { echo "lighttpd does not start"; return 1; }
	for _v; do
		shift
		_header_value=${_v#*=}
		case $_v in
		HTTP_*) _header=$(echo "${_v%%=*}" | sed 's/^HTTP_//; y/_/-/') ;;
		CONTENT_TYPE=*) _header=Content-Type ;;
		HTTPS=*)
			set -- "$@" -H "X-Forwarded-For: 192.0.2.1"
			_header=X-Forwarded-Proto _header_value=https ;;
		REMOTE_ADDR=*) _header=X-Forwarded-For ;;
		REMOTE_USER=*) _header=X-Web-User ;;
		esac
		set -- "$@" -H "$_header: $_header_value"
	done
	case $_method in
	HEAD) set -- --head "$@" ;;
	GET) ;;
	*) set -- -X "$_method" --data-binary "@$_body" "$@" ;;
	esac
	case " $* " in *' Content-Type: '*) ;; *) set -- -H Content-Type: "$@" ;; esac
	curl -sSig --path-as-is --max-time 100 -A '' -H Accept: -H Expect: \
	    -H 'Host: app.example' ${cookie:+-H "Cookie: $cookie"} "$@" \
	    "http://127.0.0.1:$port/app$_url" >"$out.curl" || return 1
	tr -d '\r' <"$out.curl" |
	    sed '1s,^HTTP/[0-9.]* \([0-9]*\).*,Status: \1,' >"$out"
}

request_cgi() {
	_method=$1 _url=$2 _body=$3
	shift 3
	_query=
	case $_url in *\?*) _query=${_url#*\?} ;; esac
	env GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 \
	    HTTP_HOST=app.example SCRIPT_NAME=/app \
	    REQUEST_METHOD="$_method" PATH_INFO="${_url%%\?*}" \
	    QUERY_STRING="$_query" REQUEST_URI="/app$_url" \
	    CONTENT_LENGTH="$(wc -c <"$_body" | tr -d ' ')" \
	    ${cookie:+HTTP_COOKIE="$cookie"} "$@" \
	    "$app" <"$_body" | tr -d '\r' >"$out"
}

get() {
	_path=$1
	shift
	: >"$dir/empty"
	request GET "$_path" "$dir/empty" "$@"
}

act() {
	printf '{"action":"%s","data":%s}' "$2" "$3" >"$dir/body"
	_path=$1
	shift 3
	case " $* " in
	*" HTTP_ACCEPT="*) ;;
	*) set -- HTTP_ACCEPT=application/vnd.lvt+json "$@" ;;
	esac
	request POST "$_path" "$dir/body" CONTENT_TYPE=application/json "$@"
}

form() {
	printf %s "$2" >"$dir/body"
	_path=$1
	shift 2
	request POST "$_path" "$dir/body" \
	    CONTENT_TYPE=application/x-www-form-urlencoded "$@"
}

has() { grep -qF -e "$1" "$out" || { echo "missing: $1"; return 1; }; }
lacks() { ! grep -qF -e "$1" "$out" || { echo "unwanted: $1"; return 1; }; }
status() { sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$out" | grep -qx "$1" ||
    { echo "not status $1"; return 1; }; }
header() { sed -n "/^\$/q;s/^$1: //Ip" "$out"; }
head_is() { test "$(header "$1")" = "$2" ||
    { echo "$1 is '$(header "$1")', not '$2'"; return 1; }; }
is() { test "$1" = "$2" || { echo "'$1' is not '$2'"; return 1; }; }

body() { sed '1,/^$/d' "$out"; }
# An attribute of the wrapper.
attr() { sed -n "s/.*data-lvt-$1=\"\([^\"]*\)\".*/\1/p" "$out"; }

json() {
	body | perl -MJSON::PP -0777 -e '
		my $j = JSON::PP->new->allow_nonref->decode(<STDIN>);
		my $r = eval $ARGV[0]; die $@ if $@;
		exit(defined $r && $r ? 0 : (print("false: $ARGV[0]\n"), 1)[1])' "$1"
}

field() { body | perl -MJSON::PP -0777 -e '
	my $j = JSON::PP->new->allow_nonref->decode(<STDIN>);
	print eval $ARGV[0]' "$1"; }

# The outbox without positions and bodies: "page app /path scope" lines.
outbox() { "$app" outbox "$@" | sed "/^	/d;s/^[^	]*	//;s/	*\$//" | tr "\t" " "; }
