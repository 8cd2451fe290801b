"""`epochal doctor`: every checksum of every record, steps, clocks, files; and a clean copy elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from epochal.cli.doctor_files import CheckedFile, check_file, is_of_value
from epochal.cli.doctor_fix import NothingWholeError, NotTheSameError, check_out, copy_clean
from epochal.cli.doctor_report import FileReport, Finding, FixReport, Report, SkippedFile
from epochal.cli.doctor_runs import check_run
from epochal.cli.doctor_text import print_report
from epochal.cli.messages import plural
from epochal.cli.progress import Progress
from epochal.cli.same_files import find_same_files
from epochal.cli.selection import iter_stored, open_logdir, print_json
from epochal.store.log_file import SETTLED_SECS, is_garbage
from epochal.store.logdir import scan_logdir
from epochal.store.names import natural_key, text_of_path
from epochal.store.problems import describe_os_error

if TYPE_CHECKING:
    from epochal.reading.logdir import Logdir
    from epochal.store.logdir import FoundFile, Scan

_MAX_THREADS = 8


class _File(NamedTuple):
    run: str
    name: str
    found: FoundFile


def examine(typed: str, *, fix_out: str | None, as_json: bool, verbose: bool) -> int:
    """Check a logdir and print what was found. Returns the exit status: 1 if there are problems."""
    with open_logdir(typed) as logdir:
        out = None if fix_out is None else check_out(logdir.path, fix_out)
        report = make_report(logdir, out)
    if as_json:
        print_json(report)
    else:
        print_report(report, verbose)
    unverified = report.fix is not None and any("not kept" in file.reason for file in report.fix.skipped)
    return 1 if report.problems or unverified else 0


def make_report(logdir: Logdir, out: str | None = None) -> Report:
    """Check everything; with `out`, write a clean copy there."""
    now = time.time()
    logdir.fetch_all()
    scan = scan_logdir(logdir.path)
    files = _list_files(scan)
    findings: list[Finding] = [
        Finding("problem", "unreadable", problem.run, problem.file or None, None, None, 1, problem.message)
        for problem in dict.fromkeys((*scan.problems, *logdir.unreadable))  # the latter: what could not be fetched
    ]
    reports: list[FileReport] = []
    with Progress("Checking", sum(file.found.stat.size for file in files), is_bytes=True) as progress:
        for file, checked in _check_files(files, progress):
            if isinstance(checked, OSError):
                sentence = describe_os_error(checked)
                findings.append(Finding("problem", "unreadable", file.run, file.name, None, None, 1, sentence))
                continue
            findings += _judge_file(file, checked, now)
            reports.append(_make_file_report(file, checked))
    replaced = 0
    names = list(logdir.runs)
    with Progress("Looking at points", len(names)) as progress:
        for run in iter_stored(logdir, names):
            for problem in run.problems:
                if problem.records_lost is not None:
                    lost = problem.records_lost
                    finding = Finding("problem", "gap", run.name, problem.file, None, None, lost, problem.message)
                    findings.append(finding)
            for finding in check_run(logdir, run, now):
                findings.append(finding)
                replaced += finding.count if finding.check == "restart" else 0
            progress.advance(1)
    findings += _find_same(files)
    findings.sort(
        key=lambda one: (one.severity != "problem", natural_key(one.run), one.file or "", one.offset or 0)
    )
    reports.sort(key=lambda one: (natural_key(one.run), natural_key(one.file)))
    problems = sum(finding.severity == "problem" for finding in findings)
    return Report(
        logdir=text_of_path(logdir.address),
        runs=len(names),
        bytes=sum(report.bytes for report in reports),
        records=sum(report.records for report in reports),
        points=sum(report.points for report in reports),
        superseded=replaced,
        problems=problems,
        notes=len(findings) - problems,
        findings=findings,
        files=reports,
        fix=_write_copy(logdir.path, scan, out) if out is not None else None,
    )


def _list_files(scan: Scan) -> list[_File]:
    files = []
    for run in scan.runs.values():
        for found in run.files:
            name = text_of_path(found.name)
            files.append(_File(run.name, name if run.name == "." else f"{run.name}/{name}", found))
    return files


def _check_files(files: list[_File], progress: Progress) -> Iterator[tuple[_File, CheckedFile | OSError]]:
    """Each file's result as it comes, several files at a time. Few results wait, whatever the number of files."""
    workers = min(os.cpu_count() or 1, _MAX_THREADS, max(1, len(files)))
    left = iter(files)
    stopping = threading.Event()

    def advance(size: int) -> None:
        if stopping.is_set():  # Ctrl-C need not wait for the rest of a large file
            raise InterruptedError
        progress.advance(size)

    with ThreadPoolExecutor(workers, "epochal-doctor") as pool:
        running: dict[Future[CheckedFile], _File] = {}
        try:
            while True:
                for file in islice(left, 2 * workers - len(running)):
                    running[pool.submit(check_file, file.found.path, advance)] = file
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    file = running.pop(future)
                    error = future.exception()
                    if isinstance(error, OSError):
                        yield file, error
                    else:
                        yield file, future.result()
        finally:
            stopping.set()
            for future in running:
                future.cancel()


def _make_file_report(file: _File, checked: CheckedFile) -> FileReport:
    return FileReport(
        file=file.name,
        run=file.run,
        bytes=checked.size,
        records=checked.records,
        tags=checked.tags,
        points=checked.points,
        first_wall_time=checked.first_wall_time,
        last_wall_time=checked.last_wall_time,
        lost_bytes=checked.lost_bytes,
    )


def _judge_file(file: _File, checked: CheckedFile, now: float) -> Iterator[Finding]:
    is_settled = now - file.found.stat.modified > SETTLED_SECS
    for offset, lost, message in checked.problems:
        yield Finding("problem", "damage", file.run, file.name, None, offset, lost, _sentence(message, lost))
    cut = checked.size - checked.end
    if checked.size == 0:
        text = "The file is empty: its writer logged nothing, or was stopped before it wrote."
        yield Finding("problem" if is_settled else "note", "empty_file", file.run, file.name, None, None, 0, text)
    elif cut and checked.tail and (is_settled or is_garbage(checked.end, checked.start)):
        yield Finding(
            "problem", "damage", file.run, file.name, None, checked.end, cut, _sentence(checked.tail, cut)
        )
    elif cut:
        why = "its writer was stopped" if is_settled else "it is still being written"
        text = f"The last record is not all there ({plural(cut, 'byte')} of it): {why}."
        yield Finding("note", "cut_short", file.run, file.name, None, checked.end, cut, text)
    elif not checked.points:
        yield Finding(
            "note", "no_points", file.run, file.name, None, None, 0, "Nothing was logged into this file."
        )


def _sentence(message: str, lost: int) -> str:
    text = message[:1].upper() + message[1:].rstrip(".")
    return f"{text}." if is_of_value(message) or not lost else f"{text}: {plural(lost, 'byte')} lost."


def _find_same(files: list[_File]) -> Iterator[Finding]:
    by_path = {file.found.path: file for file in files}
    for group in find_same_files(by_path):
        by_run: defaultdict[str, list[str]] = defaultdict(list)
        for path in group.paths:
            by_run[by_path[path].run].append(by_path[path].name)
        for run, names in by_run.items():
            for name in names[1:]:
                text = f"Equal byte for byte to {os.path.basename(names[0])}: its points are there twice."
                yield Finding("problem", "same_files", run, name, None, None, group.size, text)
        first, *others = by_run.values()
        for names in others:
            text = f"Equal byte for byte to {first[0]} of another run."
            yield Finding(
                "note", "same_files", by_path[group.paths[0]].run, names[0], None, None, group.size, text
            )


def _write_copy(root: str, scan: Scan, out: str) -> FixReport:
    """Copy all event files, damage, empty files and second copies within a run left out."""
    skipped: list[SkippedFile] = []
    count = size = left_out = 0
    total = sum(found.stat.size for run in scan.runs.values() for found in run.files)
    with Progress("Copying", total, is_bytes=True) as progress:
        for run in scan.runs.values():
            folder = os.path.normpath(os.path.join(out, os.path.relpath(run.path, root)))
            twice = {
                path for group in find_same_files(found.path for found in run.files) for path in group.paths[1:]
            }
            for found in sorted(run.files, key=lambda found: found.path):
                name = text_of_path(os.path.relpath(found.path, root))
                progress.advance(found.stat.size)
                if found.path in twice or not found.stat.size:
                    reason = "a second copy of another file of its run" if found.stat.size else "empty"
                    skipped.append(SkippedFile(name, reason))
                    continue
                os.makedirs(folder, exist_ok=True)
                try:
                    copy = copy_clean(found.path, os.path.join(folder, found.name))
                except NothingWholeError:
                    skipped.append(SkippedFile(name, "no whole record in it"))
                except NotTheSameError as error:
                    print(f"epochal: {error}", file=sys.stderr)
                    skipped.append(SkippedFile(name, "not kept: the copy did not read like the original"))
                except OSError as error:
                    skipped.append(SkippedFile(name, f"not kept: {describe_os_error(error)}"))
                else:
                    count, size, left_out = count + 1, size + copy.size, left_out + copy.left_out
    os.makedirs(out, exist_ok=True)
    return FixReport(text_of_path(out), count, size, left_out, skipped)
