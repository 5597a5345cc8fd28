#!/bin/sh
# fuzz.t - each fuzz target over its corpus, then on for a while.
# FUZZ_CHECK_SECONDS (10) for each, from FUZZ_SEED (1), so that a failure can be
# repeated; make fuzz takes more time and other seeds.
set -u
src=${LVT_SRCDIR:-.}
build=${LVT_BUILDDIR:-.}
seconds=${FUZZ_CHECK_SECONDS:-10}

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

command -v clang >/dev/null || skip 'clang is not installed'
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' >"$dir/a.c"
clang -fsanitize=fuzzer,address,undefined -o "$dir/a" "$dir/a.c" \
    2>/dev/null || skip 'clang has no libFuzzer'

unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$build" fuzz-build >"$dir/log" 2>&1 || {
	echo '1..1'
	echo 'not ok 1 - the fuzz targets are built'
	sed 's/^/# /' "$dir/log"
	exit 1
}
targets=$(make -s -C "$build" fuzz-targets)
echo "1..$(echo "$targets" | wc -w)"
n=0
for t in $targets; do
	n=$((n + 1))
	mkdir "$dir/$t"
	title="$t takes its corpus, and what comes of it in $seconds s"
	if "$build/tests/fuzz/fuzz_$t" -seed="${FUZZ_SEED:-1}" \
	    -max_total_time="$seconds" \
	    -dict="$src/tests/fuzz/template.dict" -artifact_prefix="$dir/" \
	    "$dir/$t" "$src/tests/fuzz/corpus/$t" >"$dir/log" 2>&1; then
		echo "ok $n - $title"
	else
		echo "not ok $n - $title"
		tail -n 40 "$dir/log" | sed 's/^/# /' >&2
	fi
done
