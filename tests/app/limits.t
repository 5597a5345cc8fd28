#!/bin/sh
# Whose pages may act, what a request may bring, and how often: 403, 400, 413,
# 415, 429.
. "${LVT_SRCDIR:?}/tests/app/lib.sh"
cookie="livetemplate-id=$(printf %043d 1)"
repeat() { perl -e 'print $ARGV[0] x $ARGV[1]' "$1" "$2"; }

it 'a body of more than a mebibyte is 413' '
	repeat x 1048577 >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=application/json && status 413 && has "1048576 bytes"'
it 'it is refused by its Content-Length, before it is read' '
	echo "{}" >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=application/json CONTENT_LENGTH=99999999 && status 413'
it 'LVT_BODY_MAX moves the limit' '
	repeat x 3000 >"$dir/b" && request POST / "$dir/b" LVT_BODY_MAX=2000 CONTENT_TYPE=application/json && status 413'
it 'a body that ends early is 400' '
	echo "{}" >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=application/json CONTENT_LENGTH=50 && status 400'
it 'JSON 64 levels deep is read, deeper is 400' '
	act / add "{\"x\":$(repeat "[" 62)$(repeat "]" 62)}" && status 200 && act / add "{\"x\":$(repeat "[" 63)$(repeat "]" 63)}" && status 400'
it 'JSON with a member twice is 400' 'act / add "{\"a\":1,\"a\":2}" && status 400'
it 'a thousand fields are read, more are 413' '
	form / "$(repeat "a=1&" 999)add=1" && status 303 && form / "$(repeat "a=1&" 1000)add=1" && status 413'
it 'a multipart form has the same limit' '
	perl -e "print qq(--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n) x 1001, qq(--B--\r\n)" >"$dir/m" &&
	request POST / "$dir/m" CONTENT_TYPE="multipart/form-data; boundary=B" && status 413'
it 'a multipart form without an end is 400' '
	printf "%s\r\n" "--B" "Content-Disposition: form-data; name=\"add\"" "" >"$dir/m" &&
	request POST / "$dir/m" CONTENT_TYPE="multipart/form-data; boundary=B" && status 400'
it 'text that is not UTF-8 is 400' 'form / "add=%FF%FE" && status 400'
it 'a NUL, which JSON may not hold either, is 400' 'form / "add=1&q=a%00b" && status 400 && has "a NUL in it"'
it 'a %XX that is none is 400' 'form / "add=%G1" && status 400'
it 'another media type is 415' 'echo x >"$dir/b" && request POST / "$dir/b" CONTENT_TYPE=text/plain && status 415'
it 'a query of more than 16 KiB is 413' 'get "/?$(repeat a 17000)" && status 413'
it 'what was refused changed nothing' 'get / && has "<b>2</b>"'

it 'a page of another site may not act, and both are named' '
	act / add "{}" HTTP_SEC_FETCH_SITE=cross-site HTTP_ORIGIN=https://evil.example && status 403 &&
	has https://evil.example && has app.example'
it 'Origin null is refused' 'act / add "{}" HTTP_ORIGIN=null && status 403'
it 'without Sec-Fetch-Site the Origin must be the Host' '
	act / add "{}" HTTP_ORIGIN=https://app.example && status 200 &&
	act / add "{}" HTTP_ORIGIN=https://app.example.evil && status 403'
it 'LVT_ORIGINS lists others that may' '
	act / add "{}" HTTP_SEC_FETCH_SITE=cross-site HTTP_ORIGIN=https://b.example \
	    LVT_ORIGINS="https://a.example https://b.example" && status 200'

# until_429 PATH ACTION [NAME=VALUE...]: acts until that is refused. Ten times are
# free, and one more each second: a machine that needs a second for each one is
# never refused, but was answered no more often than that.
until_429() {
	_n=0 _p=$1 _a=$2 _begun=$(date +%s)
	shift 2
	while act "$_p" "$_a" "{}" LVT_RATE=1 "$@" && status 200 >/dev/null; do
		_n=$((_n + 1))
		test $_n -lt 60 || break
	done
	test $_n -ge 10 && test $_n -le $((12 + $(date +%s) - _begun)) &&
	    { test $_n -eq 60 ||
	    { status 429 && test "$(header Retry-After)" -ge 1; }; }
}
it 'who acts too often from one address is 429 and told when to come back' '
	until_429 / add REMOTE_ADDR=192.0.2.1'
it 'other addresses are not' 'act / add "{}" LVT_RATE=1 REMOTE_ADDR=192.0.2.2 && status 200'
it 'a proxy of this machine does not count as an address' '
	for i in $(seq 1 12); do act / add "{}" LVT_RATE=1 REMOTE_ADDR=127.0.0.1 && status 200 || return 1; done'
it 'a group of one browser counts on its own, wherever it comes from' '
	until_429 /two left.add && cookie="livetemplate-id=$(printf %043d 2)" act /two left.add "{}" LVT_RATE=1 && status 200'
it 'reading is not limited' 'get / LVT_RATE=1 REMOTE_ADDR=192.0.2.1 && status 200'
it 'LVT_RATE=0 lifts the limit' 'act / add "{}" LVT_RATE=0 REMOTE_ADDR=192.0.2.1 && status 200'
it 'the allowance comes back with time' '
	sleep 1.1 && act / add "{}" LVT_RATE=1 REMOTE_ADDR=192.0.2.1 && status 200'
done_testing
