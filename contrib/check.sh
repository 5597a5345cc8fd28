#!/bin/sh
# check.sh - build everything with strict warnings and sanitizers, and run
# every test.
#
#     sh contrib/check.sh
#
# Installs what the tests need (as root or with sudo) and builds in BUILD
# (default build/check, beside the source).
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD-$src/build/check}
jobs=$(getconf _NPROCESSORS_ONLN)

step() { printf '==> %s\n' "$*"; }

step 'packages'
sh "$src/contrib/deps.sh" test

mkdir -p "$build"
cd "$build"
step 'configuring'
[ -x "$src/configure" ] || autoreconf -fi "$src" >autoreconf.log 2>&1 ||
    { cat autoreconf.log >&2; exit 1; }
[ -f Makefile ] || "$src/configure" --enable-developer CFLAGS='-O1 -g' \
    >configure.log 2>&1 || { tail -n 40 configure.log >&2; exit 1; }
step 'building'
make -s -j"$jobs"
step 'testing'
STORM=20000
export STORM
make -s -j"$jobs" check
