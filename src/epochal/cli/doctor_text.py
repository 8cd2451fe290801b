"""What `epochal doctor` prints."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from epochal.cli.messages import plural, printable
from epochal.cli.terminal import bold, dim, format_bytes, format_table, red, terminal_width

if TYPE_CHECKING:
    from epochal.cli.doctor_report import Finding, FixReport, Report

_MOST_PROBLEMS = 100

#: One sentence for all notes of a kind.
_NOTES = {
    "cut_short": "a last record that is not all there (the writer was stopped, or still writes)",
    "no_points": "nothing logged",
    "restart": "points that a restart or a purge replaced",
    "duplicate_steps": "several points of a tag at one step",
    "steps_back": "points below an earlier step of their file, which TensorBoard may drop",
    "no_step": "all points at one step: none was given",
    "orphan": "a sub-run by add_scalars or add_hparams without the run above it",
    "session_open": "hyperparameters whose session has no end",
    "same_files": "a file that is equal to one of another run",
    "empty_file": "an empty file that was made just now",
}


def print_report(report: Report, verbose: bool) -> None:
    """Problems first, one by one; then notes, summed up unless `verbose`; then the verdict."""
    print(printable(report.logdir))
    if verbose:
        rows = [
            (
                one.file,
                format_bytes(one.bytes),
                f"{one.records:,}",
                f"{one.points:,}",
                format_bytes(one.lost_bytes) if one.lost_bytes else "",
            )
            for one in report.files
        ]
        for line in format_table(
            ("FILE", "BYTES", "RECORDS", "POINTS", "LOST"), rows, "<>>>>", width=terminal_width()
        ):
            print(line)
    problems = [finding for finding in report.findings if finding.severity == "problem"]
    shown = problems if verbose else problems[:_MOST_PROBLEMS]
    for place, group in _by_place(shown).items():
        print(bold(printable(place)))
        for finding in group:
            print(f"  {red('problem')}  {_describe(finding)}")
    if len(problems) > len(shown):
        print(f"… {len(problems) - len(shown):,} more problems; -v lists all.")
    notes = [finding for finding in report.findings if finding.severity == "note"]
    if verbose:
        for place, group in _by_place(notes).items():
            print(bold(printable(place)))
            for finding in group:
                print(f"  {dim('note')}  {_describe(finding)}")
    elif notes:
        _sum_up(notes)
    _print_verdict(report)
    if report.fix is not None:
        _print_fix(report.fix)


def _by_place(findings: list[Finding]) -> dict[str, list[Finding]]:
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.file or finding.run or "."].append(finding)
    return groups


def _describe(finding: Finding) -> str:
    where = f"byte {finding.offset:,}: " if finding.offset is not None else ""
    where += f"{finding.tag}: " if finding.tag is not None else ""
    return printable(where + finding.message)


def _sum_up(notes: list[Finding]) -> None:
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in notes:
        groups[finding.check].append(finding)
    for check, group in groups.items():
        runs = sorted({finding.run for finding in group})
        where = printable(runs[0]) if len(runs) == 1 else plural(len(runs), "run")
        tags = {(finding.run, finding.tag) for finding in group if finding.tag is not None}
        if tags:
            where = f"{plural(len(tags), 'tag')} of {where}"
        print(f"{dim('note')}  {where}: {_NOTES[check]}")


def _print_verdict(report: Report) -> None:
    read = f"{plural(len(report.files), 'file')}, {format_bytes(report.bytes)}, {plural(report.records, 'record')}"
    if report.problems:
        verdict = red(plural(report.problems, "problem"))
    else:
        verdict = "No problems" if report.files else "No event files"
    notes = f", {plural(report.notes, 'note')}" + (" (-v lists them)" if report.notes else "")
    print(f"{bold(verdict)}{notes if report.notes else ''}. Read {read}, every checksum computed.")


def _print_fix(fix: FixReport) -> None:
    print(
        f"Copied {plural(fix.files, 'file')} ({format_bytes(fix.bytes)}) to {printable(fix.out)}, "
        f"each read again; {format_bytes(fix.left_out_bytes)} left out."
    )
    for skipped in fix.skipped:
        print(f"  left out {printable(skipped.file)}: {printable(skipped.reason)}")
