#!/bin/sh
# The first ten minutes: install lvt, type in what the README shows, run it.
: "${LVT_SRCDIR:?run by make check}" "${LVT_BUILDDIR:?}"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

# it TITLE SCRIPT: one test; what it printed is shown where it failed
it() {
	n=$((n + 1))
	if (cd "$tmp" && eval "$2") >"$tmp/out" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$tmp/out"
	fi
}

# block NAME: the README's code block that follows the line `NAME`:
block() {
	awk -v name="\`$1\`:" '$0 == name { found = 1; next }
	    found && /^```/ { if (inside) exit; inside = 1; next }
	    inside' "$LVT_SRCDIR/README.md"
}

echo 1..8

it 'make install puts everything below DESTDIR' '
	make -s -C "$LVT_BUILDDIR" install DESTDIR="$tmp/root" &&
	set -- $(find root -name lvt.pc) && test -n "$1" &&
	echo "${1%/*}" >pcdir && find root -name lvt.h | grep .'

it 'the library exports nothing but lvt_*' '
	lib=$(find root -name "liblvt.so.*.*.*") && test -n "$lib" &&
	nm -D --defined-only "$lib" | awk "{ print \$NF }" >symbols &&
	grep -qx lvt_app_main symbols && ! grep -v "^lvt_" symbols'

it 'the hello world of the README is thirty lines at most' '
	block hello.c >hello.c && block hello.tmpl >hello.tmpl &&
	lines=$(wc -l <hello.c) && test "$lines" -gt 10 && test "$lines" -le 30'

it 'it compiles with what pkg-config says' '
	PKG_CONFIG_PATH=$tmp/$(cat pcdir) PKG_CONFIG_SYSROOT_DIR=$tmp/root \
	    pkg-config --cflags --libs lvt >flags &&
	${CC:-cc} $LVT_USER_CFLAGS hello.c $(cat flags) -o hello'

run_cgi() {
	LD_LIBRARY_PATH=$(dirname "$(find "$tmp/root" -name liblvt.so)") \
	LVT_DB=$tmp/hello.db GATEWAY_INTERFACE=CGI/1.1 SCRIPT_NAME= \
	PATH_INFO=/ REQUEST_URI=/ SERVER_NAME=localhost REQUEST_METHOD=$1 \
	CONTENT_TYPE=application/x-www-form-urlencoded \
	CONTENT_LENGTH=${2:-} ${3:-./hello}
}

it 'it shows its page' '
	run_cgi GET </dev/null | grep "<p>0 waves so far</p>"'

it 'a wave is counted, and said in the singular' '
	printf "wave=" | run_cgi POST 5 | grep "^Status: 303" &&
	run_cgi GET </dev/null | grep "<p>1 wave so far</p>"'

it 'lvt new makes another that its Makefile builds' '
	"$LVT_BUILDDIR/lvt" new guest && unset MAKEFLAGS MFLAGS MAKELEVEL &&
	PKG_CONFIG_PATH=$tmp/$(cat pcdir) PKG_CONFIG_SYSROOT_DIR=$tmp/root \
	    make -s -C guest CC="${CC:-cc}" CFLAGS="$LVT_USER_CFLAGS -Werror"'

it 'it shows what is said, and why not' '
	run_cgi GET "" guest/guest </dev/null | grep "Nothing was said yet" &&
	printf "text=hi&say=" | run_cgi POST 12 guest/guest | grep "^Status: 303" &&
	run_cgi GET "" guest/guest </dev/null | grep "<ul><li data-key=\"[0-9]*\">hi</li></ul>" &&
	printf "text=+&say=" | run_cgi POST 11 guest/guest >answer &&
	grep "^Status: 422" answer && grep "<small>1 to 100 characters" answer'
