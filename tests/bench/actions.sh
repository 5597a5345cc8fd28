#!/bin/sh
# bench-actions: actions a second through lighttpd and FastCGI, beside a loop that
# does the same writes and syncs. SECONDS_EACH, WORKERS.
set -u

src=${LVT_SRCDIR:?run this as make bench-actions}
build=${LVT_BUILDDIR:?}
seconds=${SECONDS_EACH-2}
dir=$(mktemp -d "${BENCH_DIR-${TMPDIR-/tmp}}/lvt-bench.XXXXXX") || exit 1
app=$build/tests/bench/benchapp
load=$build/tests/app/load
LVT_TEMPLATES=$src/tests/bench/pages LVT_LOG=error LVT_RATE=0
export LVT_TEMPLATES LVT_LOG LVT_RATE LVT_DB LVT_DURABILITY
. "$src/tests/app/web.sh"
web= boss=
trap 'web_stop; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM HUP

figure() { sed -n "s/.*\\b$1 \\([0-9.]*\\).*/\\1/p"; }

# row NAME CLIENTS GROUPS PATH ACTION LOOP-RATE
row() {
	"$load" -c "$2" -g "$3" -n 50 -b "{\"action\":\"$5\"}" 127.0.0.1 "$port" \
	    "$4" >/dev/null || exit 1
	_r=$("$load" -c "$2" -g "$3" -t "$seconds" -b "{\"action\":\"$5\"}" \
	    127.0.0.1 "$port" "$4") || exit 1
	_rate=$(echo "$_r" | figure rate)
	printf '%-9s %-26s %8s %9s %9s %8s %6s\n' "$LVT_DURABILITY" "$1" "$_rate" \
	    "$(echo "$_r" | figure p50_us)" "$(echo "$_r" | figure p99_us)" "$6" \
	    "$(awk -v a="$_rate" -v b="$6" 'BEGIN { printf "%.2f", a / b }')"
}

loop() {	# BYTES: of the state
	"$build/tests/bench/commits" "$dir/loop.db" "$LVT_DURABILITY" "$seconds" "$1" |
	    figure rate
}

printf '%-9s %-26s %8s %9s %9s %8s %6s\n' durable '' actions/s p50_us p99_us loop/s ratio
for LVT_DURABILITY in normal full; do
	LVT_DB=$dir/$LVT_DURABILITY.db
	small=$(loop 12) big=$(loop 7600)
	web_start "${WORKERS-2}" || { echo 'lighttpd does not start' >&2; exit 1; }
	row 'counter, 1 client' 1 1 /counter inc "$small"
	row 'counter, 64 clients' 64 64 /counter inc "$small"
	row 'shared counter, 64' 64 1 /shared inc "$small"
	row 'todos-100, 1 client' 1 1 /todos toggle "$big"
	row 'todos-100, 64 clients' 64 64 /todos toggle "$big"
	web_stop
	rm -f "$dir/web.sock"
	printf '%-9s four writers: %s\n' "$LVT_DURABILITY" \
	    "$("$build/tests/bench/commits" "$dir/four.db" "$LVT_DURABILITY" "$seconds" 12 4)"
done
cat <<'END'
LiveTemplate's HTTP mode, in memory and without a web server in front (another
machine of this kind): counter 6270, todos-100 57 actions a second, one client.
END
