#!/bin/sh
# bench-actions: actions a second through lighttpd and FastCGI, beside a loop that
# does the same writes and syncs. Clients do as the browser's: they keep their
# connection, and name the view that they show. cpu_us: time on a processor for
# one action, of workers + web server + clients, which share the machine; where
# others share it, too, that tells more than the rate. SECONDS_EACH, WORKERS.
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

# Microseconds that processes were on a processor so far.
cpu_us() {
	_us=0
	for _p; do
		set -- $(sed 's/.*) //' "/proc/$_p/stat" 2>/dev/null)
		test $# -gt 12 && _us=$((_us + (${12} + ${13}) * 1000000 / ticks))
	done
	echo $_us
}
ticks=$(getconf CLK_TCK)

# row NAME CLIENTS GROUPS PATH ACTION LOOP-RATE
row() {
	"$load" -v -c "$2" -g "$3" -n 200 -b "{\"action\":\"$5\"}" 127.0.0.1 \
	    "$port" "$4" >/dev/null || exit 1
	_w=$(cpu_us $(web_workers)) _h=$(cpu_us "$web")
	times >"$dir/t0"
	_r=$("$load" -v -c "$2" -g "$3" -t "$seconds" -b "{\"action\":\"$5\"}" \
	    127.0.0.1 "$port" "$4") || exit 1
	times >"$dir/t1"
	_w=$(($(cpu_us $(web_workers)) - _w)) _h=$(($(cpu_us "$web") - _h))
	_c=$(awk 'FNR == 2 { split($0, v, /[ms ]+/); n = split($0, f, " ")
	    t = 0; for (i = 1; i <= n; i++) { split(f[i], x, /[ms]/)
	    t += x[1] * 60 + x[2] } s[FILENAME] = t }
	    END { printf "%d", (s[ARGV[2]] - s[ARGV[1]]) * 1e6 }' \
	    "$dir/t0" "$dir/t1")
	_n=$(echo "$_r" | figure actions) _rate=$(echo "$_r" | figure rate)
	printf '%-7s %-22s %7s %7s %8s %7s %5s  %s\n' "$LVT_DURABILITY" "$1" \
	    "$_rate" "$(echo "$_r" | figure p50_us)" \
	    "$(echo "$_r" | figure p99_us)" "$6" \
	    "$(awk -v a="$_rate" -v b="$6" 'BEGIN { printf "%.2f", a / b }')" \
	    "$((_w / _n))+$((_h / _n))+$((_c / _n))"
}

loop() {	# BYTES: of the state
	"$build/tests/bench/commits" "$dir/loop.db" "$LVT_DURABILITY" "$seconds" "$1" |
	    figure rate
}

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), processors: $(nproc), \
workers: ${WORKERS-4}"
printf '%-7s %-22s %7s %7s %8s %7s %5s  %s\n' durable '' act/s p50_us p99_us \
    loop/s ratio cpu_us
for LVT_DURABILITY in normal full; do
	LVT_DB=$dir/$LVT_DURABILITY.db
	small=$(loop 12) big=$(loop 7600)
	web_start "${WORKERS-4}" || { echo 'lighttpd does not start' >&2; exit 1; }
	row 'counter, 1 client' 1 1 /counter inc "$small"
	row 'counter, 64 clients' 64 64 /counter inc "$small"
	row 'shared counter, 64' 64 1 /shared inc "$small"
	row 'todos-100, 1 client' 1 1 /todos toggle "$big"
	row 'todos-100, 64 clients' 64 64 /todos toggle "$big"
	web_stop
	rm -f "$dir/web.sock"
	printf '%-7s four writers: %s\n' "$LVT_DURABILITY" \
	    "$("$build/tests/bench/commits" "$dir/four.db" "$LVT_DURABILITY" "$seconds" 12 4)"
done
cat <<'END'
LiveTemplate's HTTP mode, in memory and without a web server in front (another
machine of this kind): counter 6270, todos-100 57 actions a second, one client.
END
