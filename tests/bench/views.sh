#!/bin/sh
# bench-views: bytes and time of an update, by kind of change and length of list.
# Fails where an update is larger than it may be; times are for people to judge.
set -eu

src=${LVT_SRCDIR:?run this as make bench-views}
lvt=${LVT_BUILDDIR:?}/lvt
seconds=${SECONDS_EACH-0.5}
pages=$src/tests/bench/pages
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# --- Bytes ------------------------------------------------------------------

# size NAME MOST TEXTS TEMPLATE OLD NEW: the update may have MOST bytes beyond
# the texts that are new; TEXTS is how many bytes these have
size() {
	bytes=$("$lvt" diff -a "$5" -b "$6" "$4" | wc -c)
	verdict=ok
	[ $((bytes - 1 - $3)) -le "$2" ] || { verdict='TOO LARGE'; failed=1; }
	printf '%-34s %7d %7d %7d  %s\n' "$1" $((bytes - 1)) "$3" "$2" \
	    "$verdict"
}

printf '%-34s %7s %7s %7s\n' 'update' bytes texts 'most+'
size 'counter step' 20 0 "$pages/counter.tmpl" "$pages/counter.json" \
    "$pages/counter-step.json"
for change in '' field insert front remove move append; do
	perl "$src/tests/bench/pages.pl" list $change >"$tmp/list$change.json"
done
# The texts of item k5000, and of k5001 to k5010.
text=' says that what was ordered last week has come whole'
one=$(printf 'k5000Customer 5000%s' "$text" | wc -c)
ten=$((one * 10))
keyed() {
	size "1000 keyed items, $1" "$2" "$3" "$pages/list.tmpl" \
	    "$tmp/list.json" "$tmp/list$4.json"
}
keyed 'one field' 60 13 field
keyed 'insert one' 100 "$one" insert
keyed 'remove one' 60 0 remove
keyed 'move one' 70 0 move
keyed 'append ten' $((ten * 3 / 10)) "$ten" append
size '1000 unkeyed items, insert at front' 200 0 "$pages/plain.tmpl" \
    "$tmp/list.json" "$tmp/listfront.json"
for n in 10 100 1000; do
	for most in text=90 toggle=120 insert=240 remove=70 move=80; do
		size "todos-$n ${most%=*}" "${most#*=}" 0 \
		    "$pages/todos.tmpl" "$pages/todos-$n.json" \
		    "$pages/todos-$n-${most%=*}.json"
	done
done

# --- Time -------------------------------------------------------------------

# LiveTemplate's ExecuteUpdates in microseconds, see docs/performance.md
reference() {
	case $1 in
	counter) echo 122 ;;
	todos-10-nothing) echo 2150 ;; todos-10-text) echo 2300 ;;
	todos-10-toggle) echo 2290 ;; todos-10-insert) echo 2510 ;;
	todos-10-remove) echo 2160 ;; todos-10-move) echo 2320 ;;
	todos-10-append) echo 2480 ;;
	todos-100-nothing) echo 17800 ;; todos-100-text) echo 19400 ;;
	todos-100-toggle) echo 19700 ;; todos-100-insert) echo 19300 ;;
	todos-100-remove) echo 19300 ;; todos-100-move) echo 18900 ;;
	todos-100-append) echo 19000 ;;
	todos-1000-nothing) echo 168000 ;; todos-1000-text) echo 189000 ;;
	todos-1000-toggle) echo 188000 ;; todos-1000-insert) echo 184000 ;;
	todos-1000-remove) echo 190000 ;; todos-1000-move) echo 184000 ;;
	todos-1000-append) echo 183000 ;;
	esac
}

# row NAME TEMPLATE OLD NEW: update = render of NEW, diff and encoding
row() {
	set -- "$1" $("$lvt" bench --seconds "$seconds" -d "$3" -b "$4" "$2")
	awk -v name="$1" -v r="$3" -v u="$7" -v b="$9" \
	    -v lt="$(reference "$1")" 'BEGIN {
		printf "%-20s %8d %11d %11d %7.2f %9d\n", name, b, r, u,
		    u / r, lt * 1000 / u }'
}

printf '\n%-20s %8s %11s %11s %7s %9s\n' time bytes 'render ns' \
    'update ns' ratio 'LT/update'
row counter "$pages/counter.tmpl" "$pages/counter.json" \
    "$pages/counter-step.json"
for n in 10 100 1000; do
	old=$pages/todos-$n.json
	row "todos-$n-nothing" "$pages/todos.tmpl" "$old" "$old"
	for change in text toggle insert remove move append; do
		row "todos-$n-$change" "$pages/todos.tmpl" "$old" \
		    "$pages/todos-$n-$change.json"
	done
done

# --- Memory -----------------------------------------------------------------

printf '\n%-20s %8s %8s\n' memory page view
for page in counter todos-10 todos-100 todos-1000; do
	template=$pages/${page%%-*}.tmpl data=$pages/$page.json
	printf '%-20s %8d %8d\n' "$page" \
	    "$("$lvt" render -d "$data" "$template" | wc -c)" \
	    "$("$lvt" diff --explain -a "$data" -b "$data" "$template" |
		sed -n 's/^a kept view takes \([0-9]*\) bytes.*/\1/p')"
done
exit "$failed"
