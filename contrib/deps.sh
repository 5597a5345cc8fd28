#!/bin/sh
# deps.sh - install what lvt needs from Debian's packages.
#
#     sh contrib/deps.sh run      what quickstart.sh needs
#     sh contrib/deps.sh test     that, and what the tests need
#
# Works as root or with sudo; otherwise it prints the line to run and fails.
set -eu

run='gcc libc6-dev make autoconf automake libtool pkg-config lighttpd
libfcgi-dev libsqlite3-dev libjansson-dev libsodium-dev libev-dev libxxhash-dev
libcurl4-openssl-dev'
test="$run libcmocka-dev perl curl chromium clang libclang-rt-14-dev valgrind
mandoc xz-utils apache2 libapache2-mod-fcgid nginx lighttpd-mod-openssl openssl"

case ${1-} in
run) want=$run ;;
test) want=$test ;;
*) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

# A node of one's own is as good as Debian's.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	want="$want nodejs npm"
fi

missing=
for package in $want; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	as=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as=sudo
elif command -v sudo >/dev/null && [ -t 0 ]; then
	as=sudo
else
	echo "deps.sh: packages are missing; as root, run:" >&2
	echo "    apt-get update && $line" >&2
	exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as apt-get update && $as env DEBIAN_FRONTEND=noninteractive $line; } \
    >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps.sh: could not install:$missing" >&2
	exit 1
fi
