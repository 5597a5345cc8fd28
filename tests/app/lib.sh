# lib.sh - what the scripts of tests/app/ share: TAP, and requests by CGI.
#
#   get PATH [NAME=VALUE...]            GET, variables as CGI names them
#   act PATH NAME DATA [NAME=VALUE...]  POST JSON {"action": NAME, "data": DATA}
#   form PATH BODY [NAME=VALUE...]      POST a form
# The answer is in $out: its header lines, an empty line, its body.
#   has TEXT, lacks TEXT                of the answer
#   head_is NAME VALUE, status N
#   json PERL-EXPRESSION                of the body, as $j

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP
out=$dir/out
app=${LVT_BUILDDIR:?}/tests/app/testapp
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

request() {	# METHOD PATH BODY-FILE [NAME=VALUE...]
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
	request POST "$_path" "$dir/body" CONTENT_TYPE=application/json \
	    HTTP_ACCEPT=application/vnd.lvt+json "$@"
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
header() { sed -n "/^\$/q;s/^$1: //p" "$out"; }
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
outbox() { "$app" outbox "$@" | sed '/^	/d;s/^[^	]*	//' | tr '\t' ' '; }
