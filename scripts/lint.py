"""The checks that hold the house, each one line in the report.

ruff, mypy --strict, the layer contracts, svelte-check, eslint with its layer rules, file lengths, and that every
generated file is what its generator writes today.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MAX_LINES = 500
CODE_SUFFIXES = {".py", ".pyi", ".ts", ".svelte", ".cpp", ".h", ".css", ".js", ".sh"}
GENERATED = {"web/src/api/schema.gen.ts", "src/epochal/_core.pyi"}


def command(*words: str, cwd: Path = ROOT) -> str:
    """Run a checker; return its output if it found something, else nothing."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit {done.returncode}"


def list_tracked_files() -> list[str]:
    """Every file that git tracks, or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def check_file_lengths() -> str:
    """No file of code is longer than MAX_LINES: the tail of file sizes is where a codebase tangles first."""
    long = []
    for name in list_tracked_files():
        if Path(name).suffix in CODE_SUFFIXES and name not in GENERATED:
            lines = (ROOT / name).read_text(encoding="utf-8").count("\n")
            if lines > MAX_LINES:
                long.append(f"{name}: {lines} lines, at most {MAX_LINES}")
    return "\n".join(long)


def check_generated() -> str:
    """Regenerate into memory and compare: a stale generated file is a lie about the code."""
    return command(sys.executable, "scripts/gen.py", "--check")


def npm(*words: str) -> Callable[[], str]:
    return lambda: command("npm", "run", "--silent", *words, cwd=ROOT / "web")


CHECKS: dict[str, Callable[[], str]] = {
    "ruff check": lambda: command(str(BIN / "ruff"), "check", "."),
    "ruff format": lambda: command(str(BIN / "ruff"), "format", "--check", "."),
    "mypy --strict": lambda: command(str(BIN / "mypy")),
    "layer contracts": lambda: command(str(BIN / "lint-imports"), "--no-cache"),
    "file lengths": check_file_lengths,
    "generated files are fresh": check_generated,
    "svelte-check": npm("check"),
    "eslint": npm("lint"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--junit", type=Path, help="also write a JUnit report here")
    junit: Path | None = parser.parse_args().junit
    suite = ElementTree.Element("testsuite", name="lint")
    failed = 0
    for name, check in CHECKS.items():
        complaint = check()
        case = ElementTree.SubElement(suite, "testcase", classname="lint", name=name)
        print(f"{'FAIL' if complaint else 'ok  '} {name}", flush=True)
        if complaint:
            failed += 1
            print("\n".join("     " + line for line in complaint.splitlines()), flush=True)
            ElementTree.SubElement(case, "failure", message=name).text = complaint.replace("\x1b", "")
    if junit is not None:
        ElementTree.ElementTree(suite).write(junit, encoding="utf-8", xml_declaration=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
