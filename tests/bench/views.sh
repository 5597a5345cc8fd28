#!/bin/sh
# bench-views: bytes and time of an update, by kind of change and length of list.
set -eu

src=${LVT_SRCDIR:?run this as make bench-views}
lvt=${LVT_BUILDDIR:?}/lvt
seconds=${SECONDS_EACH-0.5}
pages=$src/tests/bench/pages

printf '%-20s %8s %11s %11s %7s\n' change bytes 'render ns' 'update ns' ratio

# row NAME TEMPLATE OLD NEW: update = render of NEW, diff and encoding
row() {
	set -- "$1" $("$lvt" bench --seconds "$seconds" -d "$3" -b "$4" "$2")
	awk -v name="$1" -v r="$3" -v u="$7" -v b="$9" 'BEGIN {
		printf "%-20s %8d %11d %11d %7.2f\n", name, b, r, u, u / r }'
}

row 'counter step' "$pages/counter.tmpl" "$pages/counter.json" \
    "$pages/counter-step.json"
for n in 10 100 1000; do
	old=$pages/todos-$n.json
	row "todos-$n nothing" "$pages/todos.tmpl" "$old" "$old"
	for change in text toggle insert remove move append; do
		row "todos-$n $change" "$pages/todos.tmpl" "$old" \
		    "$pages/todos-$n-$change.json"
	done
done
