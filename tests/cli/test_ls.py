"""`epochal ls`: what is there, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_logs import Run

from epochal import SummaryWriter
from epochal.cli.ls import list_logdir
from epochal.cli.terminal import format_table
from epochal.writer import provenance


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
    assert list_logdir(str(logdir), as_json=False, tags="") == 0
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


@pytest.mark.parametrize("words", [("{}", "--tags"), ("--tags", "{}"), ("--tags", "--logdir", "{}")])
def test_tags_is_a_switch(logdir: Path, run: Run, words: tuple[str, ...]) -> None:
    result = run("ls", *(word.format(logdir) for word in words))
    assert (result.status, result.err) == (0, "")
    assert [line.split()[:2] for line in result.lines[2:-1]] == [
        *(["run2", "loss"], ["run2", "notes/text_summary"]),
        *(["run10", "loss"], ["run10", "notes/text_summary"]),
    ]


@pytest.mark.parametrize("words", [("{}", "--tags", "lo.s"), ("--tags=lo.s", "{}"), ("--tags", "lo.s", "{}")])
def test_tags_takes_a_pattern(logdir: Path, run: Run, words: tuple[str, ...]) -> None:
    lines = run("ls", *(word.format(logdir) for word in words)).lines
    assert [line.split()[:2] for line in lines[2:-1]] == [["run2", "loss"], ["run10", "loss"]]
    assert lines[-1] == "2 runs, 1 tag, 2,000 points"


def test_runs_takes_a_pattern(logdir: Path, run: Run) -> None:
    lines = run("ls", logdir, "--runs", "2$").lines
    assert [line.split()[0] for line in lines[2:-1]] == ["run2"]
    assert lines[-1] == "1 run, 2 tags, 1,001 points"
    listing = json.loads(run("ls", logdir, "--runs", "2$", "--tags", "note", "--json").out)
    assert listing["points"] == 1
    (only,) = listing["runs"]
    assert (only["run"], only["points"], only["first_step"], only["last_step"]) == ("run2", 1, 7, 7)
    assert [tag["tag"] for tag in only["tags"]] == ["notes/text_summary"]


def test_patterns_that_match_nothing(logdir: Path, run: Run) -> None:
    result = run("ls", logdir, "--tags", "zzz")
    assert (result.status, result.out, result.err) == (1, "", "epochal: no tag matches --tags 'zzz'.\n")
    result = run("ls", logdir, "--runs", "zzz", "--tags")
    assert (result.status, result.err) == (1, "epochal: none of the 2 runs matches --runs 'zzz'.\n")
    assert run("ls", logdir, "--runs", "zzz", "--json").status == 1
    assert run("ls", logdir, "--tags", "(").status == 2


def test_what_epochal_adds_is_not_counted(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPOCHAL_PROVENANCE", "1")
    monkeypatch.setattr(provenance, "_is_written", False)
    with SummaryWriter(str(tmp_path / "one")) as writer:
        for step in range(5, 1005):
            writer.add_scalar("loss", 1.0, step)
    (row, summary) = run("ls", tmp_path).lines[2:]
    assert row.split()[:4] == ["one", "1", "1,000", "5–1,004"]
    assert summary == "1 run, 1 tag, 1,000 points"
    (*tags, summary) = run("ls", tmp_path, "--tags").lines[2:]
    assert sorted(line.split()[1] for line in tags) == ["epochal/provenance/text_summary", "loss"]
    assert summary == "1 run, 1 tag, 1,000 points, without epochal/provenance"
    (listed,) = json.loads(run("ls", tmp_path, "--json").out)["runs"]
    assert (listed["points"], len(listed["tags"])) == (1001, 2)
    shown = run("show", tmp_path).out
    assert "1,000 points" in shown
    assert "1,001" not in shown
    assert "ORIGIN" in shown
    with SummaryWriter(str(tmp_path / "two")) as writer:
        writer.add_scalar("loss", 1.0, 5)
    assert [line.split()[:2] for line in run("show", tmp_path).lines[2:4]] == [["one", "1,000"], ["two", "1"]]


def test_every_command_says_alike_that_there_is_no_logdir(tmp_path: Path, run: Run) -> None:
    (tmp_path / "runs").mkdir()
    for command in ("ls", "show", "du", "doctor"):
        result = run(command, tmp_path / "rums")
        assert result.status == 2
        assert result.err == f"epochal: There is no folder {tmp_path}/rums. Did you mean {tmp_path}/runs?\n"
