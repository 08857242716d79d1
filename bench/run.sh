#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every benchmark of a build folder, one after the other: on a quiet machine, please.
set -euo pipefail
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/.."
for program in "$build"/bench/bench_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    printf '\n== %s\n' "$(basename "$program")"
    "$program"
done
printf '\n== api\n'
/usr/bin/python3 bench/api.py "$build/aive"
printf "\n== peers\n"
/usr/bin/python3 bench/peers.py "$build/aive"
