#!/bin/sh
# static.sh - one program that needs no library of the host it runs on.
#
#     sh contrib/static.sh OUT APP.c SOURCE...
#
# Called by make static-example, which names the library's sources; they are
# compiled anew, since what a build for developers has cannot be linked so.
# Variables: CC, CPPFLAGS, LIBS, DATADIR, OBJ (a folder for objects).
set -eu

out=$1
shift
obj=${OBJ-static}
cc=${CC-cc}
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p "$obj"
printf '#define LVT_DATADIR "%s"\n' "${DATADIR-/usr/share}" >"$obj/datadir.new"
cmp -s "$obj/datadir.new" "$obj/datadir.h" ||
    cp "$obj/datadir.new" "$obj/datadir.h"

# Objects are named after their whole path: a/b.c and c/b.c are not the same.
name() { printf 'of%s' "$1" | tr / _; }
# An object is made again where its source is newer, or any header.
newest=$(find "$(dirname "$0")/../src" "$(dirname "$0")/../include" . \
    \( -name '*.h' -o -name '*.inc' \) -newer "$obj/.done" 2>/dev/null | head -n 1 || :)
[ -e "$obj/.done" ] && [ -z "$newest" ] || rm -f "$obj"/*.o
for c in "$@"; do
	o=$obj/$(name "$c").o
	[ -e "$o" ] && [ "$o" -nt "$c" ] || printf '%s\n%s\n' "$o" "$c"
done | xargs -r -n 2 -P "$jobs" sh -c '
	exec '"$cc"' -std=gnu11 -O2 -DHAVE_CONFIG_H \
	    -include '"$obj/datadir.h ${CPPFLAGS-}"' -c -o "$0" "$1"'
: >"$obj/.done"

objects=
for c in "$@"; do
	objects="$objects $obj/$(name "$c").o"
done
# glibc says of names and modules that they want its own libraries at run time:
# a worker looks up no name and loads no module. Other words are shown.
if ! $cc -static -o "$out" $objects ${LIBS-} -lm -lpthread 2>"$obj/.said"; then
	cat "$obj/.said" >&2
	exit 1
fi
grep -v -e 'statically linked applications requires at runtime' \
    -e ': in function ' "$obj/.said" >&2 || :
