#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Linters: a clang build without warnings, cppcheck, clang-tidy, spelling, whitespace.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
step() {
    printf '%-12s ' "$1"
    shift
    if out=$("$@" 2>&1); then
        echo ok
    else
        echo FAILED
        printf '%s\n' "$out" | head -60
        failed=1
    fi
}

clang_build() {
    [ -f build-clang/build.ninja ] || CC=clang meson setup build-clang -Dwerror=true >/dev/null
    ninja -C build-clang --quiet
}

run_cppcheck() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr \
        --suppress=missingIncludeSystem --suppress=unknownMacro -j "$(nproc)" -Isrc src
}

# One file a process: in one process clang-tidy 14 invents uninitialised va_lists.
run_tidy() {
    find src -name '*.c' | sort | xargs -P "$(nproc)" -n 1 clang-tidy -p build-clang --quiet \
        --warnings-as-errors='*' 2>&1 | sed '/^[0-9]* warnings\? generated/d'
}

whitespace() {
    ! git grep -nIE '[[:blank:]]+$' -- '*.c' '*.h' '*.py' '*.sh' '*.md' '*.json' meson.build
}

step clang clang_build
step cppcheck run_cppcheck
step clang-tidy run_tidy
step codespell codespell -q 3 --skip='./build*,./node_modules,./.git,package-lock.json,./tests/fuzz/corpus,COPYING,./src/render/phrase.c,./src/speech/caption_rules.c,./src/speech/phones.c' \
    -L 'ist,te,sur,nd,fo,ba,ans,ot,thats,ond,writen,readd,ue,hist,bord,hel,setts,trun,alls,crasher' .
step whitespace whitespace
exit $failed
