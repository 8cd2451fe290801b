"""Run every suite, stream its output, and close with the sum of all: `N passed, N failed`.

Each suite writes JUnit XML; the counts are read from there, so the last line is what the runners themselves say.
A suite that dies without a report counts as one failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
#: Most tests wait for disks, clocks, pages and other processes; those of one file share what it sets up.
BESIDE = ("-n", "2", "--dist", "loadfile")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Counts:
    """What one suite reported."""

    passed: int
    failed: int
    skipped: int


def run(command: list[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> int:
    """Run a command with its output on ours; return its exit status."""
    print(f"$ {' '.join(command)}", flush=True)
    return subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, check=False).returncode


def read_junit(path: Path, status: int) -> Counts:
    """Sum a JUnit report; a missing report or an exit status that no failure explains is one failure."""
    if not path.exists():
        return Counts(0, 1, 0)
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    if status != 0 and failed == 0:
        failed = 1
    return Counts(passed, failed, skipped)


def run_lint(reports: Path) -> Counts:
    report = reports / "lint.xml"
    return read_junit(report, run([PYTHON, "scripts/lint.py", "--junit", str(report)]))


def run_native(reports: Path) -> Counts:
    build = ROOT / "build" / "native-tests"
    report = reports / "native.xml"
    configure = [
        "cmake",
        "-S",
        "native",
        "-B",
        str(build),
        "-DCMAKE_BUILD_TYPE=Release",
        "-DEPOCHAL_TESTS=ON",
    ]
    status = run(configure) or run(["cmake", "--build", str(build), "--parallel", "2"])
    if status == 0:
        status = run(["ctest", "--test-dir", str(build), "--output-on-failure", "--output-junit", str(report)])
    return read_junit(report, status)


def run_pytest(reports: Path, name: str, arguments: list[str]) -> Counts:
    report = reports / f"{name}.xml"
    status = run([PYTHON, "-m", "pytest", "-q", f"--junitxml={report}", *arguments])
    return read_junit(report, status)


def run_python(reports: Path) -> Counts:
    return run_pytest(reports, "python", [*BESIDE, "-m", "not e2e and not packaging and not soak", "tests"])


def run_web(reports: Path) -> Counts:
    report = reports / "web.xml"
    command = ["npx", "--no-install", "vitest", "run", "--reporter=default", "--reporter=junit"]
    return read_junit(report, run([*command, f"--outputFile.junit={report}"], cwd=ROOT / "web"))


def run_browser(reports: Path) -> Counts:
    if not any(shutil.which(name) for name in CHROMIUM_NAMES):
        print("No Chromium is installed here: the browser tests are skipped (Debian: apt install chromium).")
        return Counts(0, 0, 1)
    return run_pytest(reports, "browser", [*BESIDE, "-m", "e2e", "tests/e2e"])


def run_packaging(reports: Path) -> Counts:
    return run_pytest(reports, "packaging", ["-m", "packaging", "tests"])


SUITES: dict[str, Callable[[Path], Counts]] = {
    "lint": run_lint,
    "native": run_native,
    "python": run_python,
    "web": run_web,
    "browser": run_browser,
    "packaging": run_packaging,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(SUITES), help="comma list of: " + " ".join(SUITES))
    names = parser.parse_args().only.split(",")
    rows: list[tuple[str, Counts, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(f"\n── {name} " + "─" * (100 - len(name)), flush=True)
            start = time.monotonic()
            rows.append((name, SUITES[name](Path(folder)), time.monotonic() - start))
    print("\n" + "─" * 104)
    for name, counts, secs in rows:
        print(
            f"{name:10} {counts.passed:6} passed {counts.failed:4} failed {counts.skipped:4} skipped {secs:7.1f} s"
        )
    passed = sum(counts.passed for _, counts, _ in rows)
    failed = sum(counts.failed for _, counts, _ in rows)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
