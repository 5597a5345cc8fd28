#!/bin/sh
# static.t - make static-example: a worker that runs where there is nothing but
# itself, as plain CGI, as its own command, and as FastCGI.
src=${LVT_SRCDIR-.}
build=${LVT_BUILDDIR-.}
dir=$(mktemp -d) || exit 1
worker=
trap '[ -z "$worker" ] || kill "$worker" 2>/dev/null; rm -rf "$dir"' EXIT
n=0
bad=0

it() {		# it TITLE COMMAND
	n=$((n + 1))
	if eval "$2" >"$dir/said" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$dir/said"
		bad=1
	fi
}

make_it() {
	(cd "$build" && make -s static-example STATIC_OUT="$dir/counter")
}
it 'make static-example makes a program' make_it
it 'ldd says that it is not a dynamic executable' \
    'ldd "$dir/counter" 2>&1 | grep -q "not a dynamic executable"'

# An empty root: for root by chroot, for others in a user namespace of their
# own. Where the host allows neither, at least the environment is empty.
root=$dir/root
mkdir -p "$root/data" "$root/tmp"
cp "$dir/counter" "$src/examples/counter/counter.tmpl" "$root"
chmod -R 777 "$dir"
if chroot "$root" /counter --help >/dev/null 2>&1; then
	enter="$(command -v chroot) $root /counter" in=
elif unshare -r --root="$root" /counter --help >/dev/null 2>&1; then
	enter="$(command -v unshare) -r --root=$root /counter" in=
else
	enter=$root/counter in=$root
fi
be() {		# be [NAME=VALUE...] -- [ARGUMENT...]: this process becomes it
	vars=
	while [ "$1" != -- ]; do
		vars="$vars $1"
		shift
	done
	shift
	exec env -i "LVT_DB=$in/data/counter.db" "LVT_TEMPLATES=$in/" $vars \
	    $enter "$@"
}
run() { (be "$@"); }
cgi() {		# cgi METHOD [NAME=VALUE...] <body
	method=$1
	shift
	run GATEWAY_INTERFACE=CGI/1.1 "REQUEST_METHOD=$method" SCRIPT_NAME=/c \
	    PATH_INFO=/ REQUEST_URI=/c/ HTTP_HOST=localhost \
	    SERVER_PROTOCOL=HTTP/1.1 "$@" --
}
says() {	# says PATTERN COMMAND...: its output has that
	want=$1
	shift
	"$@" </dev/null >"$dir/out" 2>&1
	cat "$dir/out"
	grep -q "$want" "$dir/out"
}

it 'as CGI, with nothing else in its root, it shows the page' \
    'says "data-lvt-token=" cgi GET'
post() {
	printf 'add=' | cgi POST CONTENT_LENGTH=4 \
	    CONTENT_TYPE=application/x-www-form-urlencoded
}
it 'it acts on a form' 'post | grep "^Status: 303"'
it 'the database keeps what happened' 'says ">1</output>" cgi GET'
it 'its own commands work' "run -- broadcast '{\"n\":41}'"
it 'what they did is on the page' 'says ">41</output>" cgi GET'
it 'the agent runs once, and ends' 'run -- agent --once'

# The socket is reached from outside of the root.
be -- fcgi --socket "unix:$in/data/worker.sock" --workers 1 2>"$dir/log" &
worker=$!
fcgi() {
	i=0
	until [ -S "$root/data/worker.sock" ] || [ $i = 400 ]; do
		sleep 0.05
		i=$((i + 1))
	done
	cat "$dir/log"
	perl "$src/tests/app/fcgi.pl" "$root/data/worker.sock" \
	    REQUEST_METHOD=GET SCRIPT_NAME=/c PATH_INFO=/ REQUEST_URI=/c/ \
	    HTTP_HOST=localhost </dev/null
}
it 'as FastCGI it answers' 'fcgi | grep "data-lvt-token="'
kill "$worker"
it 'it stops when it is told to' 'wait "$worker"'
worker=
echo "1..$n"
exit $bad
