"""`epochal show`: curves, numbers and everything else of a run; several runs in a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_logs import START, Run, scalar_record, write_file
from rich.cells import cell_len

import epochal
from epochal.cli.sparkline import draw_sparkline
from epochal.cli.terminal import shorten


def test_one_run(logdir: Path, run: Run) -> None:
    result = run("show", logdir, "exp1")
    assert result.status == 0
    assert result.lines[0] == f"exp1  {logdir / 'exp1'}"
    (loss,) = (line for line in result.lines if line.startswith("loss"))
    assert loss.split()[2:] == ["0.01", "0.01", "@", "99", "1", "@", "0", "100", "0–99"]
    assert loss.split()[1][0] == "█"
    assert loss.split()[1][-1] == "▁"
    (odd,) = (line for line in result.lines if line.startswith("odd"))
    assert odd.split()[1:] == ["█××▁", "-3.5", "-3.5", "@", "3", "1", "@", "0", "4", "0–3", "2", "not", "finite"]
    assert any(line.split() == ["sample", "images", "2", "0–10"] for line in result.lines)
    assert any(line.split() == ["name", "adam"] for line in result.lines)
    assert "hparams" not in result.out


def test_several_runs_in_a_table(logdir: Path, run: Run) -> None:
    result = run("show", logdir)
    assert result.status == 0
    assert result.lines[1].split() == ["RUN", "POINTS", "loss", "odd", "LAST", "WRITTEN"]
    assert result.lines[2].split()[:4] == ["exp1", "113", "0.01", "-3.5"]
    assert result.lines[3].split()[:3] == ["sub/exp2", "113", "1.01"]


def test_patterns_choose(logdir: Path, run: Run) -> None:
    only = run("show", logdir, "--runs", "exp2$", "--tags", "^lo")
    assert only.lines[0].startswith("sub/exp2 ")
    assert "loss" in only.out
    assert "odd" not in only.out
    assert "sample" not in only.out
    none = run("show", logdir, "--runs", "nothing")
    assert (none.status, none.out) == (1, "")
    assert none.err == "epochal: none of the 2 runs matches --runs 'nothing'.\n"
    bad = run("show", logdir, "--tags", "(")
    assert bad.status == 2
    assert bad.err.startswith("epochal: --tags: '(' is not a regular expression")


def test_json(logdir: Path, run: Run) -> None:
    result = run("show", logdir, "--json")
    shown = json.loads(result.out, parse_constant=pytest.fail)  # strict: no NaN
    assert shown["logdir"] == str(logdir)
    assert [one["run"] for one in shown["runs"]] == ["exp1", "sub/exp2"]
    first = shown["runs"][0]
    assert first["hparams"] == {"lr": 0.1, "name": "adam"}
    tags = {tag["tag"]: tag for tag in first["tags"]}
    assert (tags["loss"]["max"], tags["loss"]["max_step"], tags["loss"]["min_step"]) == (1.0, 0, 99)
    assert (tags["odd"]["nonfinite"], tags["odd"]["min"], tags["odd"]["max_step"]) == (2, -3.5, 0)
    assert (tags["sample"]["kind"], tags["sample"]["points"], tags["sample"]["last_step"]) == ("images", 2, 10)
    nothing = run("show", logdir, "--runs", "none", "--json")
    assert (nothing.status, json.loads(nothing.out)["runs"]) == (1, [])


def test_values_that_are_not_finite_are_named(tmp_path: Path, run: Run) -> None:
    write_file(tmp_path / "events.out.tfevents.1.a", scalar_record("x", float("-inf"), 0))
    tag = json.loads(run("show", tmp_path, "--json").out)["runs"][0]["tags"][0]
    assert (tag["last"], tag["min"], tag["max"], tag["nonfinite"]) == ("-Infinity", None, None, 1)
    assert "-Inf" in run("show", tmp_path).out


def test_wall_times_of_any_size_fit_into_a_line(tmp_path: Path, run: Run) -> None:
    records = [scalar_record("x", 0.5, 0, START), scalar_record("x", 0.5, 1, 1e300)]
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    assert run("show", tmp_path).lines[1].startswith("2023-11-")
    assert ", 1.16e+295 days; 1 file" in run("show", tmp_path).lines[1]


def test_restarts_are_counted(tmp_path: Path, run: Run) -> None:
    for number, first in enumerate((0, 5)):
        records = [scalar_record("x", number, step, START + 100 * number + step) for step in range(first, 10)]
        write_file(tmp_path / f"events.out.tfevents.{number}.a", *records)
    result = run("show", tmp_path)
    assert "(5 replaced by restarts)" in result.out
    assert result.out.splitlines()[4].endswith("5 replaced")
    tag = json.loads(run("show", tmp_path, "--json").out)["runs"][0]["tags"][0]
    assert (tag["points"], tag["superseded"]) == (10, 5)


def test_damage_is_listed(logdir: Path, run: Run) -> None:
    (file,) = (logdir / "exp1").iterdir()
    data = bytearray(file.read_bytes())
    data[2000] ^= 0xFF
    file.write_bytes(data)
    out = run("show", logdir, "exp1").out
    assert "PROBLEMS" in out
    assert f"exp1/{file.name} at byte 1,9" in out


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_nothing_is_wider_than_the_terminal(
    tmp_path: Path, run: Run, terminal: Callable[[int], None], columns: int
) -> None:
    for name in ("日本語の実験" * 4, "plain", "x" * 90):
        with epochal.SummaryWriter(str(tmp_path / name)) as writer:
            for step in range(50):
                writer.add_scalar("train/" + "deep/" * 20 + "loss", step, step)
                writer.add_scalar("損失", -1e-30 * step, step)
    for arguments in (
        ("show", tmp_path),
        ("show", tmp_path, "plain"),
        ("du", tmp_path),
        ("ls", tmp_path, "--tags"),
    ):
        terminal(columns)
        lines = run(*arguments).lines[2:]  # the path is never cut
        assert lines
        if columns >= 80:
            assert max(map(cell_len, lines)) <= columns, arguments


def test_a_terminal_of_any_width_gets_an_answer(logdir: Path, run: Run, terminal: Callable[[int], None]) -> None:
    for columns in (1, 2, 3, 20, 44):
        terminal(columns)
        result = run("show", logdir, "exp1")
        assert result.status == 0
        if columns == 44:
            table = [line for line in result.lines if line.startswith(("SCALAR", "loss", "odd"))]
            assert len(table) == 3
            assert max(map(cell_len, table)) <= columns
            assert "MIN" in table[0]
            assert "MAX" not in table[0]
    assert [shorten("abcdef", cells) for cells in (0, 1, 2)] == ["", "a", "ab"]


def test_one_long_name_does_not_widen_the_lines_of_others(tmp_path: Path, run: Run) -> None:
    write_file(
        tmp_path / "events.out.tfevents.1.a", scalar_record("x" * 5000, 1.0, 0), scalar_record("loss", 0.5, 0)
    )
    for arguments in (("ls", tmp_path, "--tags"), ("show", tmp_path), ("du", tmp_path, "--by", "tag")):
        lines = run(*arguments).lines
        assert sum("x" * 5000 in line for line in lines) == 1  # whole, since a program may read it
        assert all(len(line) < 400 for line in lines if "x" * 5000 not in line)


def test_a_curve_has_all_of_a_series() -> None:
    step = np.arange(10_000)
    value = np.zeros(10_000)
    value[5000:] = 1
    assert draw_sparkline(step, value, 10) == "▁▁▁▁▁█████"
    value[3333] = np.nan
    assert draw_sparkline(step, value, 10) == "▁▁▁×▁█████"
    gap = np.concatenate([np.arange(100), np.arange(900, 1000)])
    assert draw_sparkline(gap, np.zeros(200), 10) == "▁        ▁"


@pytest.mark.filterwarnings("error")
def test_a_curve_of_anything() -> None:
    huge = np.array([1.7e308, -1.7e308, 1.7e308])
    assert draw_sparkline(np.arange(3), huge, 3) == "█▁█"
    assert draw_sparkline(np.array([-(2**63), 0, 2**63 - 1]), huge, 2) in ("▁█", "█▁", "▁▁")
    assert draw_sparkline(np.zeros(5, np.int64), np.arange(5.0), 3) == "▁▅█"
    assert draw_sparkline(np.arange(0), np.zeros(0), 10) == ""
    assert draw_sparkline(np.arange(2), np.array([np.nan, np.inf]), 10) == "××"


def test_ascii_where_there_are_no_blocks(logdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epochal.cli.sparkline.can_show", lambda text: False)
    (odd,) = (line for line in run("show", logdir, "exp1").lines if line.startswith("odd"))
    assert odd.split()[1] == "#!!_"


@pytest.mark.parametrize("arguments", [(), ("exp1",)])
def test_no_such_tag_is_said(logdir: Path, run: Run, arguments: tuple[str, ...]) -> None:
    result = run("show", logdir, *arguments, "--tags", "zzz")
    assert (result.status, result.out, result.err) == (1, "", "epochal: no tag matches --tags 'zzz'.\n")
    assert run("show", logdir, *arguments, "--tags", "weights").status == 0  # no scalar, but a tag
