"""`make bench`: run every benchmark, peer and ours in one run, and write their rows into docs/performance.md.

python benchmarks/run_all.py [NAME …]      # only bench_NAME.py; rows of the others stay as they are
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ROW_PREFIX

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"


def describe_machine() -> str:
    """Processor, cores, memory and Python of this machine, in one line."""
    processor = platform.processor() or platform.machine()
    memory = ""
    try:
        info = Path("/proc/cpuinfo").read_text()
        processor = next(line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name"))
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {pages / 2**30:.0f} GiB"
    except (OSError, StopIteration, ValueError):
        pass
    return f"{processor}, {os.cpu_count()} cores{memory}, Python {platform.python_version()}"


def run_benchmark(script: Path) -> tuple[list[dict[str, object]], int]:
    """Run one script with its output shown; return its rows and its exit status."""
    print(f"\n── {script.stem}", flush=True)
    # Everyday runs find compiled modules; without them a start would measure the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as cache:
        environment["EPOCHAL_CACHE_DIR"] = cache  # nobody's index makes a first start look fast
        process = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=HERE, env=environment
        )
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(ROW_PREFIX):
                rows.append(json.loads(line[len(ROW_PREFIX) :]))
            else:
                print("   " + line, end="", flush=True)
        return rows, process.wait()


def format_figure(value: object, unit: object) -> str:
    return "–" if value is None else f"{float(str(value)):.3g} {unit}"


def make_table(rows: list[dict[str, object]]) -> str:
    lines = ["| what | ours | peer | bar | | |", "|---|---|---|---|---|---|"]
    for row in rows:
        peer = f"{row['peer_name']}: {format_figure(row['peer'], row['unit'])}" if row["peer"] is not None else "–"
        verdict = "pass" if row["passed"] else "**fail**"
        ours = format_figure(row["ours"], row["unit"])
        lines.append(f"| {row['what']} | {ours} | {peer} | {row['bar']} | {verdict} | {row['note']} |")
    return "\n".join(lines)


def write_section(name: str, rows: list[dict[str, object]]) -> None:
    """Replace the table between this benchmark's markers in docs/performance.md, or say that it has none."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in text or end not in text:
        sys.exit(f"docs/performance.md has no place for {name}: add {begin} and {end}")
    today = datetime.date.today().isoformat()
    body = f"{begin}\n*{today}, {describe_machine()}*\n\n{make_table(rows)}\n{end}"
    PAGE.write_text(re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: body, text, flags=re.S), "utf-8")


def main() -> int:
    wanted = sys.argv[1:]
    scripts = [HERE / f"bench_{name}.py" for name in wanted] or sorted(HERE.glob("bench_*.py"))
    missed = 0
    for script in scripts:
        rows, status = run_benchmark(script)
        missed += status != 0 or not rows
        missed += sum(not row["passed"] for row in rows)
        if rows:
            write_section(script.stem, rows)
    verdict = f"{missed} bars are missed" if missed else "every bar is met"
    print(f"\n{verdict}; the rows are in docs/performance.md")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
