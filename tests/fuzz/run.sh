#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/run.sh [SECONDS] [TARGET...]  - every fuzz target (or these) for that long, under
# AddressSanitizer and UndefinedBehaviorSanitizer, on a copy of its corpus. One line each; a finding
# is kept in build-fuzz/findings/TARGET and makes the exit code 1.
set -uo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift
build=${FUZZ_BUILD:-build-fuzz}
[ -f "$build/build.ninja" ] ||
    CC=clang meson setup "$build" -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null ||
    exit 2
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(sed -n "s/^  \['\([a-z_]*\)', \[.*/\1/p" tests/fuzz/meson.build)
ninja -C "$build" --quiet "${names[@]/#/tests/fuzz/fuzz_}" || exit 2

failed=0
for name in "${names[@]}"; do
    corpus=$(mktemp -d)
    findings=$build/findings/$name
    mkdir -p "$findings"
    cp tests/fuzz/corpus/"$name"/* "$corpus"
    log=$build/fuzz_$name.log
    if "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 \
        -close_fd_mask=1 -artifact_prefix="$findings/" -print_final_stats=1 "$corpus" >"$log" 2>&1; then
        word=ok
    else
        word=FOUND
        failed=1
    fi
    printf '%-14s %-6s %10s inputs, %5s edges, %4s new in the corpus\n' "$name" "$word" \
        "$(awk '/number_of_executed_units/ { print $2 }' "$log")" \
        "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -c6-)" \
        "$(awk '/new_units_added/ { print $2 }' "$log")"
    [ $word = ok ] || { grep -m1 -A12 -E 'ERROR|runtime error|deadly signal' "$log"; ls "$findings"; }
    rm -rf "$corpus"
done
exit $failed
