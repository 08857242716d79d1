#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every test of a build folder: the C programs (Meson), then the server's (pytest).

    tests/run.py build                 everything
    tests/run.py build test_media.py   one file of tests/integration

Ends with the plain line "N passed, N failed, N skipped"; the exit code says the same.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent


def sanitizer_options(build):
    """Findings end the program; leaks and races inside libraries are named in tests/*.supp."""
    if not re.search("asan|tsan", build.name):
        return {}
    supp = ROOT / "tests"
    return {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
            "LSAN_OPTIONS": f"suppressions={supp}/lsan.supp:print_suppressions=0",
            "TSAN_OPTIONS": f"suppressions={supp}/tsan.supp:second_deadlock_stack=1"}


def run_c_tests(build):
    """Unit tests and fuzz corpora. A program is one test; exit code 77 is a skip."""
    log = build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    patience = "20" if re.search("asan|tsan", build.name) else "1"
    code = subprocess.call(["meson", "test", "-C", str(build), "--print-errorlogs",
                            "--timeout-multiplier", patience])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for line in log.read_text().splitlines() if log.exists() else []:
        result = json.loads(line)["result"]
        counts["passed" if result == "OK" else "skipped" if result == "SKIP" else "failed"] += 1
    if code != 0 and counts["failed"] == 0:
        counts["failed"] = 1  # the runner itself broke
    return counts


def run_server_tests(build, names):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        paths = [str(ROOT / "tests" / "integration" / n) for n in names] or [
            str(ROOT / "tests" / "integration")]
        env = dict(os.environ, AIVE_BUILD=str(build), PYTHONDONTWRITEBYTECODE="1")
        code = subprocess.call(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs",
             f"--junitxml={report}", *paths], env=env, cwd=ROOT)
        counts = {"passed": 0, "failed": 0, "skipped": 0}
        if report.exists():
            for suite in ET.parse(report).getroot().iter("testsuite"):
                failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
                skipped = int(suite.get("skipped", 0))
                counts["failed"] += failed
                counts["skipped"] += skipped
                counts["passed"] += int(suite.get("tests", 0)) - failed - skipped
        if code not in (0, 1) and counts["failed"] == 0:
            counts["failed"] = 1
        return counts


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    names = sys.argv[2:]
    os.environ.setdefault("AIVE_TEST_MEDIA", str(ROOT.parent / "shared"))
    for name, value in sanitizer_options(build).items():
        os.environ.setdefault(name, value)
    total = {"passed": 0, "failed": 0, "skipped": 0}
    parts = [] if names else [run_c_tests(build)]
    parts.append(run_server_tests(build, names))
    for part in parts:
        for key in total:
            total[key] += part[key]
    print(f"\n{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
