"""`epochal ls`: what is there, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from epochal import SummaryWriter
from epochal.cli.ls import list_logdir
from epochal.cli.terminal import format_table


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    for name in ("run2", "run10"):
        with SummaryWriter(str(tmp_path / "logs" / name)) as writer:
            for step in range(3, 1003):
                writer.add_scalar("loss", 1.0, step)
            writer.add_text("notes", "x", 7)
    return tmp_path / "logs"


def test_runs_in_natural_order(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_logdir(str(logdir), as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(logdir)
    assert lines[1].split() == ["RUN", "TAGS", "POINTS", "STEPS", "LAST", "WRITTEN"]
    assert lines[2].split()[:4] == ["run2", "2", "1,001", "3–1,002"]
    assert lines[3].split()[0] == "run10"
    assert lines[4] == "2 runs, 2 tags, 2,002 points"


def test_one_line_for_each_tag(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_logdir(str(logdir), as_json=False, show_tags=True) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["run2", "loss", "scalars", "1,000", "3–1,002"] in rows
    assert [row[3:] for row in rows if row[:2] == ["run10", "notes/text_summary"]] == [["1", "7"]]


def test_json_for_programs(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_logdir(str(logdir), as_json=True) == 0
    listing = json.loads(capsys.readouterr().out)
    assert (listing["logdir"], listing["exists"], listing["points"]) == (str(logdir), True, 2002)
    run = listing["runs"][0]
    assert (run["run"], run["first_step"], run["last_step"]) == ("run2", 3, 1002)
    loss = next(tag for tag in run["tags"] if tag["tag"] == "loss")
    assert (loss["stem"], loss["points"], loss["first_step"], loss["last_step"]) == ("scalars", 1000, 3, 1002)


def test_no_folder_and_no_files(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(logdir / "nope")
    assert list_logdir(missing, as_json=False) == 2
    assert missing in capsys.readouterr().err
    assert list_logdir(missing, as_json=True) == 2
    assert json.loads(capsys.readouterr().out)["exists"] is False
    (logdir.parent / "empty").mkdir()
    assert list_logdir(str(logdir.parent / "empty"), as_json=False) == 0
    out = capsys.readouterr().out
    assert "No event files here yet.\n" in out
    assert f"{logdir}  (2 event files)" in out


def test_damage_is_counted(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (logdir / "run2").iterdir()
    data = bytearray(file.read_bytes())
    data[2000] ^= 0xFF
    file.write_bytes(data)
    assert list_logdir(str(logdir), as_json=False) == 0
    out = capsys.readouterr().out
    assert "PROBLEMS" in out
    assert out.rstrip().endswith("1 problem")


def test_names_cannot_control_the_terminal() -> None:
    (_, line) = format_table(("RUN",), [("\x1b[31mred\n",)], "<")
    assert line == "\\x1b[31mred\\x0a"
