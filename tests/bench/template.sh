#!/bin/sh
# bench-template: how fast pages are rendered, beside Go's html/template where
# Go is installed (Debian: golang-go), and instructions per byte where valgrind is.
set -eu

src=${LVT_SRCDIR:?run this as make bench-template}
lvt=${LVT_BUILDDIR:?}/lvt
seconds=${SECONDS_EACH-1}
pages=$src/tests/bench/pages
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

go=
if command -v go >/dev/null; then
	cp "$src/tests/bench/gorender.go" "$tmp/"
	(cd "$tmp" && GO111MODULE=off GOCACHE="$tmp/cache" \
	    go build -o gorender gorender.go) && go=$tmp/gorender
fi

# instructions TEMPLATE DATA: of one render, without start, linking and parsing
instructions() {
	command -v valgrind >/dev/null || return 0
	LD_BIND_NOW=1 valgrind --tool=callgrind \
	    --toggle-collect=program_exec --callgrind-out-file=/dev/null "$lvt" render -d "$2" "$1" \
	    2>&1 >/dev/null | sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}

printf '%-12s %9s %11s %7s %11s %6s %8s\n' \
    page bytes 'ns/render' MB/s 'Go ns' ratio 'instr/B'

# row NAME TEMPLATE DATA
row() {
	set -- "$1" "$2" "$3" $("$lvt" bench --seconds "$seconds" -d "$3" "$2")
	ns=$5 bytes=$7
	gons=
	[ -z "$go" ] || gons=$("$go" "$2" "$3" "$seconds" | cut -d' ' -f2)
	awk -v name="$1" -v b="$bytes" -v n="$ns" -v g="$gons" \
	    -v i="$(instructions "$2" "$3")" 'BEGIN {
		printf "%-12s %9d %11d %7.0f %11s %6s %8s\n", name, b, n,
		    b / n * 1000, g, g == "" ? "" : sprintf("%.1f", g / n),
		    i == "" ? "" : sprintf("%.1f", i / b) }'
}

perl "$src/tests/bench/pages.pl" table >"$tmp/table.json"
perl "$src/tests/bench/pages.pl" escape >"$tmp/escape.json"
row counter "$pages/counter.tmpl" "$pages/counter.json"
for n in 10 100 1000; do
	row "todos-$n" "$pages/todos.tmpl" "$pages/todos-$n.json"
done
row table "$pages/table.tmpl" "$tmp/table.json"
row escape "$pages/escape.tmpl" "$tmp/escape.json"
