"""`epochal du`: sizes add up to those of the files, and are what the records take."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_logs import START, Run, scalar_record, write_file

from epochal.events.core import frame_record
from epochal.events.messages import encode_event, encode_summary, encode_value

DATA = Path(__file__).resolve().parents[1] / "data"


def measure(run: Run, root: Path) -> dict[str, Any]:
    result = run("du", root, "--json")
    assert result.status == 0
    sizes: dict[str, Any] = json.loads(result.out)
    return sizes


@pytest.mark.parametrize(
    "writer", ["clu", "keras", "lightning", "tensorboardx", "tf1", "tf2", "torch", "transformers"]
)
def test_sizes_add_up_for_every_writer(run: Run, writer: str) -> None:
    sizes = measure(run, DATA / writer)
    assert sizes["bytes"] == sum(
        path.stat().st_size for path in (DATA / writer).rglob("*tfevents*") if path.is_file()
    )
    for one in sizes["runs"]:
        assert one["bytes"] == one["other_bytes"] + sum(tag["bytes"] for tag in one["tags"]), one["run"]
        assert one["other_bytes"] >= 0
        assert all(tag["bytes"] > 0 for tag in one["tags"])
    if writer == "tensorboardx":
        assert all(tag["exact"] for one in sizes["runs"] for tag in one["tags"])


def test_exact_for_one_value_a_record(tmp_path: Path, run: Run) -> None:
    steps = [-5, 0, 1, 127, 128, 16383, 16384, 2**31, 2**40, 2**62, 2**63 - 1]
    taken = {}
    records = []
    for tag in ("x", "t" * 130, "ünï", "a/b"):
        mine = [scalar_record(tag, 1.0, step, START + place) for place, step in enumerate(steps)]
        taken[tag] = sum(map(len, mine))
        records += mine
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    (one,) = measure(run, tmp_path)["runs"]
    assert {tag["tag"]: tag["bytes"] for tag in one["tags"]} == taken
    assert all(tag["exact"] for tag in one["tags"])
    assert one["other_bytes"] == len(frame_record(encode_event(START, file_version="brain.Event:2")))


def test_shared_out_where_records_hold_more(tmp_path: Path, run: Run) -> None:
    both = [encode_value("a", simple_value=1.0), encode_value("b", simple_value=2.0)]
    records = [frame_record(encode_event(START, step, summary=encode_summary(both))) for step in range(100)]
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    (one,) = measure(run, tmp_path)["runs"]
    sizes = {tag["tag"]: tag["bytes"] for tag in one["tags"]}
    assert not any(tag["exact"] for tag in one["tags"])
    assert abs(sizes["a"] - sizes["b"]) <= 1
    assert sum(sizes.values()) == pytest.approx(sum(map(len, records)), abs=100)
    text = run("du", tmp_path, "--by", "tag").out
    assert "≈" in text


def test_media_by_their_records(logdir: Path, run: Run) -> None:
    sizes = measure(run, logdir)
    (first, _) = sizes["runs"]
    tags = {tag["tag"]: tag for tag in first["tags"]}
    assert tags["sample"]["points"] == 2
    assert 150 < tags["sample"]["bytes"] < 400
    assert first["other_bytes"] < 100


def test_what_could_go(tmp_path: Path, run: Run) -> None:
    first = [scalar_record("x", 0, step, START + step) for step in range(1, 101)]
    second = [scalar_record("x", 1, step, START + 1000 + step) for step in range(51, 101)]
    file = write_file(tmp_path / "r/events.out.tfevents.1.a", *first)
    write_file(tmp_path / "r/events.out.tfevents.2.a", *second)
    sizes = measure(run, tmp_path)
    assert sizes["superseded_bytes"] == sizes["prunable_bytes"] == len(first[0]) * 50
    shutil.copy(file, tmp_path / "r/events.out.tfevents.3.a")
    sizes = measure(run, tmp_path)
    (same,) = sizes["same_files"]
    assert same["files"] == ["r/events.out.tfevents.1.a", "r/events.out.tfevents.3.a"]
    assert sizes["prunable_bytes"] == sizes["superseded_bytes"] + file.stat().st_size
    assert "the same as r/events.out.tfevents.1.a: r/events.out.tfevents.3.a" in run("du", tmp_path).out


def test_lines_and_their_order(logdir: Path, run: Run) -> None:
    by_size = [line.split()[0] for line in run("du", logdir, "--by", "tag").lines[2:-1]]
    assert by_size[0] == "weights"
    by_name = [line.split()[0] for line in run("du", logdir, "--by", "tag", "--sort", "name").lines[2:-1]]
    assert sorted(by_name) == sorted(by_size)
    assert by_name != by_size
    top = run("du", logdir, "--by", "run-tag", "--top", "1").lines
    assert top[2].split()[1] == "weights"
    assert top[3].startswith("… and ")
    kinds = run("du", logdir, "--by", "kind").out
    assert {"scalars", "images", "audio", "text", "histograms"} <= {line.split()[0] for line in kinds.splitlines()}
    total = sum(path.stat().st_size for path in logdir.rglob("*tfevents*"))
    assert f"({total:,} bytes)" in kinds


def test_damage_belongs_to_no_tag(tmp_path: Path, run: Run) -> None:
    records = [scalar_record("x", 1.0, step) for step in range(1, 51)]
    file = write_file(tmp_path / "events.out.tfevents.1.a", *records)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    (one,) = measure(run, tmp_path)["runs"]
    (tag,) = one["tags"]
    assert (tag["points"], tag["bytes"]) == (49, 49 * len(records[0]))
    assert one["bytes"] == len(data)


def test_no_files(tmp_path: Path, run: Run) -> None:
    assert run("du", tmp_path).lines[1] == "No event files here yet."
    assert measure(run, tmp_path)["bytes"] == 0


def test_runs_takes_a_pattern(logdir: Path, run: Run) -> None:
    size = sum(path.stat().st_size for path in (logdir / "exp1").iterdir())
    chosen = run("du", logdir, "--runs", "^exp1$")
    assert [line.split()[0] for line in chosen.lines[2:-1]] == ["exp1"]
    assert chosen.lines[-1].endswith(f"of 1 run ({size:,} bytes)")
    none = run("du", logdir, "--runs", "zzz")
    assert none.status == 1
    assert none.out == ""
    assert none.err.startswith("epochal: none of the ")
