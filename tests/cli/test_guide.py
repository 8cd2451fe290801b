"""docs/guide/cli.md: its commands run, and its tables name what `--json` prints and `doctor` checks."""

from __future__ import annotations

import re
import shlex
import typing
from pathlib import Path

import msgspec
import pytest
from cli_logs import Run, scalar_record, write_file

from epochal.cli import doctor_report, du, export, export_items, ls, show
from epochal.cli.reading_commands import COMMANDS
from epochal.store.problems import Problem

GUIDE = Path(__file__).resolve().parents[2] / "docs/guide/cli.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def test_its_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    for root in ("runs", "broken"):
        for name in ("adam", "sgd/lr=1"):
            write_file(tmp_path / root / name / "events.out.tfevents.1.a", scalar_record("train/loss", 1.0, 0))
    file = tmp_path / "broken/adam/events.out.tfevents.1.a"
    file.write_bytes(file.read_bytes()[:-20] + bytes(20) + scalar_record("train/loss", 1.0, 1))
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ (epochal .*)$", TEXT, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        result = run(*shlex.split(command)[1:])
        assert result.status == ("doctor" in command), command
        assert "No such" not in result.err


JSON_STRUCTS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "ls": (ls.Listing, ls.ListedRun, ls.ListedTag),
    "show": (show.ShownRun, show.ShownTag, Problem),
    "export": (export.Exported, export_items.UnreadableItem, Problem),
    "doctor": (
        doctor_report.Report,
        doctor_report.Finding,
        doctor_report.FileReport,
        doctor_report.FixReport,
        doctor_report.SkippedFile,
    ),
    "du": (du.Sizes, du.RunSize, du.TagSize, du.SameFiles),
}


@pytest.mark.parametrize("command", JSON_STRUCTS)
def test_it_names_every_field(command: str) -> None:
    (row,) = re.findall(rf"^\| `{command}` \| (.*logdir.*) \|$", TEXT, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", row))
    # `show` prints its runs as they come: there is no struct around them.
    fields = {field for struct in JSON_STRUCTS[command] for field in struct.__struct_fields__}
    assert named == fields | {"logdir", "runs"}


def test_it_names_every_check_kind_and_command() -> None:
    for check in typing.get_args(doctor_report.Check):
        assert f"`{check}`" in TEXT
    for field in export_items.ExportedItem.__struct_fields__:
        assert f"`{field}`" in TEXT
    for command in COMMANDS:
        assert f"`epochal {command.name} LOGDIR" in TEXT
