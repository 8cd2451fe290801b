"""`epochal export`: every point, bit for bit, in each form; every other item as a file."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_logs import START, Run, scalar_record, write_file

import epochal
from epochal.cli.export_columns import Batch, long_columns
from epochal.cli.export_tables import make_table_writer

VALUES = [0.1, 1 / 3, 1e-45, 3.4e38, -0.0, math.nan, math.inf, -math.inf]


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """Values that are easily spoilt, odd steps, and names that must be quoted."""
    root = tmp_path / "numbers"
    for run in ("a,b", 'say "hi"\n'):
        records = [
            scalar_record(tag, value, step, START + 0.1 * step)
            for step, value in enumerate(VALUES, -3)
            for tag in ("x", 'tag, "quoted"\r\n')
        ]
        write_file(root / run / "events.out.tfevents.1.a", *records, scalar_record("sparse", 7.0, 2**62))
    return root


def bits(values: object) -> list[bytes]:
    return [np.float64(value).tobytes() for value in values]  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_long_holds_every_point_bit_for_bit(numbers: Path, tmp_path: Path, run: Run, form: str) -> None:
    out = tmp_path / f"out.{form}"
    result = run("export", numbers, "-o", out)
    assert (result.status, result.out) == (0, "")
    assert result.err.startswith(f"Exported 2 runs: 34 points in 34 rows to {out} (")
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode(), newline="")))
    elif form == "jsonl":
        rows = [
            json.loads(line, parse_constant=pytest.fail) for line in out.read_text(encoding="utf-8").splitlines()
        ]
    else:
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(out).to_pylist()
    expected = [(name, tag, points) for name, tag, points in epochal.open(numbers).iter_scalars()]
    assert [(row["run"], row["tag"]) for row in rows] == [(n, t) for n, t, points in expected for _ in points.step]
    assert [int(row["step"]) for row in rows] == [step for *_, points in expected for step in points.step]
    assert bits(row["value"] for row in rows) == bits(value for *_, points in expected for value in points.value)
    assert bits(row["wall_time"] for row in rows) == bits(t for *_, points in expected for t in points.wall_time)
    assert {int(row["lane"]) for row in rows} == {0}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_wide_has_a_row_for_each_step(numbers: Path, tmp_path: Path, run: Run, form: str) -> None:
    out = tmp_path / f"out.{form}"
    assert run("export", numbers, "-o", out, "--wide", "--runs", "a,b").status == 0
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode(), newline="")))
    elif form == "jsonl":
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    else:
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(out).to_pylist()
    assert [int(row["step"]) for row in rows] == [*range(-3, 5), 2**62]
    assert bits(row["x"] for row in rows[:8]) == bits(np.array(VALUES, np.float32))
    assert [row.get("sparse") for row in rows[:8]] == [{"csv": "", "jsonl": None, "parquet": None}[form]] * 8
    assert float(rows[8]["sparse"]) == 7.0
    assert rows[8].get("x") in ("", None)
    assert float(rows[0]["wall_time"]) == START - 0.3


def test_wide_keeps_points_that_share_a_step_and_lanes(tmp_path: Path, run: Run) -> None:
    steps = [0, 1, 1, 1, 2, 0, 0, 1]  # a loop run twice, and a step logged three times
    records = [scalar_record("a", float(number), step) for number, step in enumerate(steps)]
    write_file(tmp_path / "logs/events.out.tfevents.1.a", *records, scalar_record("b", 9.0, 1))
    result = run("export", tmp_path / "logs", "-o", "-", "--wide")
    rows = [line.split(",") for line in result.lines[1:]]
    assert [(row[1], row[2], row[4], row[5]) for row in rows] == [
        ("0", "0", "0.0", ""),
        ("1", "0", "1.0", "9.0"),
        ("1", "0", "2.0", ""),
        ("1", "0", "3.0", ""),
        ("2", "0", "4.0", ""),
        ("0", "1", "5.0", ""),
        ("0", "1", "6.0", ""),
        ("1", "1", "7.0", ""),
    ]


def test_wide_in_many_batches(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    logged = []
    for tag in "abc":
        steps = np.sort(random.integers(0, 60, 80)).tolist()
        logged += [(tag, step, float(number)) for number, step in enumerate(steps)]
    records = [scalar_record(tag, value, step) for tag, step, value in logged]
    write_file(tmp_path / "logs/events.out.tfevents.1.a", *records)
    whole = run("export", tmp_path / "logs", "-o", "-", "--wide").out
    monkeypatch.setattr("epochal.cli.export_columns.BATCH_CELLS", 21)
    assert run("export", tmp_path / "logs", "-o", "-", "--wide").out == whole
    rows = [line.split(",") for line in whole.splitlines()[1:]]
    for column, tag in enumerate("abc", 4):
        got = [(tag, int(row[1]), float(row[column])) for row in rows if row[column]]
        assert got == [one for one in logged if one[0] == tag]


def test_parquet_of_many_short_tags_is_joined_before_it_is_arrow(tmp_path: Path) -> None:
    """Else a hundred thousand tags of few points each would take a gigabyte and a minute."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    tags = [f"t{number}" for number in range(2000)]
    one = [np.ones(1, np.int64), np.ones(1), np.full(1, 0.5), np.zeros(1, np.uint16)]
    with (
        (tmp_path / "out.parquet").open("wb") as out,
        make_table_writer("parquet", out, long_columns(False)) as table,
    ):
        before = arrow.total_allocated_bytes()
        for tag in tags:
            table.write(Batch(1, 1, ["run", tag, *one]))
        assert arrow.total_allocated_bytes() - before < 64 * len(tags)
    read = parquet.read_table(tmp_path / "out.parquet")
    assert read["tag"].to_pylist() == tags
    assert read["run"].to_pylist() == ["run"] * len(tags)


def test_wide_wall_times_are_as_logged(tmp_path: Path, run: Run) -> None:
    times = [float("inf"), float("-inf"), float("nan"), START]
    records = [scalar_record("x", 0.5, step, wall_time) for step, wall_time in enumerate(times)]
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    lines = run("export", tmp_path, "-o", "-", "--wide").lines[1:]
    assert [line.split(",")[3] for line in lines] == ["inf", "-inf", "nan", repr(START)]


def test_a_tag_may_be_called_step(tmp_path: Path, run: Run) -> None:
    records = [scalar_record(tag, 1.0, 0) for tag in ("step", "tag:step", "run")]
    write_file(tmp_path / "logs/events.out.tfevents.1.a", *records)
    head = run("export", tmp_path / "logs", "-o", "-", "--wide").lines[0].split(",")
    assert head == ["run", "step", "lane", "wall_time", "tag:run", "tag:tag:step", "tag:step"]


def test_superseded_points_only_on_request(tmp_path: Path, run: Run) -> None:
    for number, first in enumerate((0, 5)):
        records = [scalar_record("x", number, step, START + 100 * number + step) for step in range(first, 10)]
        write_file(tmp_path / f"logs/events.out.tfevents.{number}.a", *records)
    assert len(run("export", tmp_path / "logs", "-o", "-").lines) == 11
    rows = [line.split(",") for line in run("export", tmp_path / "logs", "-o", "-", "--superseded").lines]
    assert rows[0][-1] == "superseded"
    assert (
        sorted((row[4], row[6]) for row in rows[1:] if int(row[2]) >= 5)
        == [("0.0", "true")] * 5 + [("1.0", "false")] * 5
    )
    refused = run("export", tmp_path / "logs", "-o", "-", "--superseded", "--wide")
    assert (refused.status, refused.err.split()[1]) == (2, "--superseded")


def test_a_folder_has_everything(logdir: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    result = run("export", logdir, "-o", out, "--json")
    assert result.status == 0
    done = json.loads(result.out)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert done["files"] + 1 == len(files)  # items.jsonl counts what there is
    assert done["bytes"] == sum((out / file).stat().st_size for file in files if file != "items.jsonl")
    items = [json.loads(line) for line in (out / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {item["file"] for item in items} == files - {"items.jsonl", "hparams.jsonl", "scalars.csv"}
    stored = epochal.open(logdir).runs["sub/exp2"]
    here = {(item["tag"], item["step"]): out / item["file"] for item in items if item["run"] == "sub/exp2"}
    assert here["sample", 10].read_bytes() == stored.images("sample")[1].data
    assert here["sample", 10].name == "00000010.png"
    assert here["note/text_summary", 3].read_text(encoding="utf-8") == "naïve **text** \U0001f600"
    assert here["sound", 1].read_bytes()[:4] == b"RIFF"
    assert np.load(here["grid", 2]).tolist() == [[0, 1, 2], [3, 4, 5]]
    bars = list(csv.DictReader(here["weights", None].read_text().splitlines()))
    assert [float(bar["count"]) for bar in bars] == stored.histograms("weights")[0].buckets[:, 2].tolist()
    curve = list(csv.DictReader(here["pr", None].read_text().splitlines()))
    assert [float(row["recall"]) for row in curve] == stored.pr_curves("pr")[0].recall.tolist()
    sessions = [json.loads(line) for line in (out / "hparams.jsonl").read_text().splitlines()]
    assert [one["hparams"] for one in sessions] == [{"lr": 0.1, "name": "adam"}] * 2
    assert len((out / "scalars.csv").read_text().splitlines()) == 1 + 2 * 104


def test_kinds_and_patterns_choose(logdir: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    assert run("export", logdir, "-o", out, "--kinds", "images", "--runs", "^exp1$").status == 0
    assert sorted(path.name for path in out.iterdir()) == ["images", "items.jsonl"]
    assert [path.name for path in (out / "images").iterdir()] == ["exp1"]
    table = run("export", logdir, "-o", "-", "--tags", "^odd$", "--runs", "exp2")
    assert {tuple(line.split(",")[:2]) for line in table.lines[1:]} == {("sub/exp2", "odd")}
    assert run("export", logdir, "-o", "-", "--kinds", "images").status == 2
    assert run("export", logdir, "-o", "-", "--runs", "none").status == 2


HOSTILE = [
    "../../../escape",
    "/etc/passwd",
    "..",
    ".",
    "CON",
    "con.txt",
    "a/b",
    "a_b",
    "A_b",
    "trailing. ",
    "",
    "x" * 300,
]
HOSTILE += [
    "x" * 300 + "y",
    "nul",
    "\u00fcn",
    "u\u0308n",
    "tab\there",
    'q<>:"|?*',
    ".hidden",
    "~",
    "日本" * 60,
    "\x00",
]


def test_tags_are_distinct_files_inside_the_folder(tmp_path: Path, run: Run) -> None:
    from epochal.events.core import frame_record
    from epochal.events.messages import encode_event, encode_image, encode_summary, encode_value

    tags = [tag.encode() for tag in HOSTILE] + [b"\xff", b"\xfe", b"\\xff"]
    records = []
    for tag in tags:
        value = encode_value("@@@@@@@@", image=encode_image(1, 1, 1, b"\x89PNG\r\n\x1a\n" + tag))
        inner = value.replace(b"\x08@@@@@@@@", bytes([len(tag)]) + tag) if len(tag) < 128 else None
        if inner is None:
            inner = encode_value(tag.decode(), image=encode_image(1, 1, 1, b"\x89PNG\r\n\x1a\n" + tag))
        records.append(frame_record(encode_event(START, 1, summary=encode_summary((inner,)))))
    write_file(tmp_path / "logs/r/events.out.tfevents.1.a", *records)
    out = tmp_path / "deep/down/out"
    out.parent.mkdir(parents=True)
    before = {path for path in tmp_path.rglob("*") if out not in path.parents and path != out}
    assert run("export", tmp_path / "logs", "-o", out).status == 0
    assert {path for path in tmp_path.rglob("*") if out not in path.parents and path != out} == before
    written = list(out.rglob("*.png"))
    assert {path.read_bytes()[8:] for path in written} == set(tags)
    assert len(written) == len(tags)
    folders = [path.parent.name for path in written]
    assert len({name.casefold() for name in folders}) == len(tags)
    for name in folders:
        assert not set(name) & set('<>:"/\\|?*\0\t')
        assert name == name.rstrip(". ")
        assert not name.startswith(".")
        assert len(name.encode()) <= 120
        assert name.partition(".")[0].lower() not in ("con", "nul", "aux", "prn")


def test_nothing_is_overwritten_unasked(logdir: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("precious")
    refused = run("export", logdir, "-o", out)
    assert refused.status == 2
    assert refused.err == f"epochal: -o {out} exists already; --force overwrites it.\n"
    assert out.read_text() == "precious"
    assert run("export", logdir, "-o", out, "--force").status == 0
    assert out.read_text().startswith("run,tag,")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine").write_text("precious")
    assert run("export", logdir, "-o", folder).status == 2
    assert [path.name for path in folder.iterdir()] == ["mine"]
    missing = run("export", logdir, "-o", tmp_path / "no/such/out.csv")
    assert missing.status == 2
    why = f"cannot be written: there is no folder {tmp_path / 'no/such'}."
    assert missing.err == f"epochal: -o {tmp_path / 'no/such/out.csv'} {why}\n"


def test_a_failed_export_leaves_nothing_behind(
    logdir: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "new"
    out.mkdir()
    result = run("export", logdir, "-o", out / "a.parquet")
    assert result.status == 1
    assert result.err == "epochal: Parquet needs pyarrow, which is not installed: pip install 'epochal[parquet]'\n"
    assert os.listdir(out) == []


def test_damaged_items_are_named_and_left_out(tmp_path: Path, run: Run) -> None:
    with epochal.SummaryWriter(str(tmp_path / "logs")) as writer:
        for step in range(3):
            writer.add_image("big", np.random.default_rng(step).integers(0, 255, (3, 200, 200), np.uint8), step)
    (file,) = (tmp_path / "logs").iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1  # in the second image, whose checksum is only looked at when it is used
    file.write_bytes(data)
    result = run("export", tmp_path / "logs", "-o", tmp_path / "out")
    assert result.status == 1
    assert "left out big of .:" in result.err
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.png")) == ["00000000.png", "00000002.png"]


def test_an_empty_logdir_is_an_empty_table(tmp_path: Path, run: Run) -> None:
    for form in ("csv", "jsonl", "parquet"):
        assert run("export", tmp_path, "-o", tmp_path / f"out.{form}").status == 0
    assert run("export", tmp_path, "-o", "-").out == "run,tag,step,wall_time,value,lane\n"
    assert run("export", tmp_path, "-o", "-", "--wide").out == "run,step,lane,wall_time\n"


def test_a_table_without_any_tag_asked_for_is_said(logdir: Path, tmp_path: Path, run: Run) -> None:
    for form in ((), ("--wide",)):
        result = run("export", logdir, "-o", tmp_path / "out.csv", "--tags", "weights", *form)
        assert result.status == 1
        assert result.err == "epochal: no tag of scalars matches --tags 'weights'; nothing is written.\n"
        assert not (tmp_path / "out.csv").exists()
    assert run("export", logdir, "-o", tmp_path / "all", "--tags", "weights").status == 0


def test_a_folder_without_any_tag_asked_for_is_said(logdir: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "all"
    for arguments in (("--tags", "zzz"), ("--tags", "hparams"), ("--tags", "loss", "--kinds", "images")):
        result = run("export", logdir, "-o", out, *arguments)
        assert result.status == 1
        assert result.err == f"epochal: no tag matches --tags {arguments[1]!r}; nothing is written.\n"
        assert not out.exists()


def test_kinds_that_are_none_are_said(logdir: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / "all"
    for kinds, why in (("image", "knows no 'image'"), ("images,texts", "knows no 'texts'"), (" ,", "is empty")):
        result = run("export", logdir, "-o", out, "--kinds", kinds)
        assert result.status == 2
        assert result.err.startswith(f"epochal: --kinds {why}. Here are: audio, histograms, hparams, images, ")
        assert not out.exists()
    result = run("export", logdir, "-o", out, "--kinds", "mesh,graphs")
    assert (result.status, result.err) == (
        1,
        "epochal: no run has data of --kinds mesh,graphs; nothing is written.\n",
    )
    assert not out.exists()
    assert run("export", logdir, "-o", out, "--kinds", "mesh,hparams,tensor").status == 0
    assert sorted(path.name for path in out.iterdir()) == ["hparams.jsonl", "items.jsonl", "tensor"]


def test_hyperparameters_that_are_not_finite_are_named_as_in_json(tmp_path: Path, run: Run) -> None:
    values = {"a": float("nan"), "b": float("inf"), "c": -float("inf"), "d": 0.5}
    with epochal.SummaryWriter(str(tmp_path / "logs"), torch_layout=True) as writer:
        writer.add_hparams(values, {}, run_name=".")
    assert run("export", tmp_path / "logs", "-o", tmp_path / "all").status == 0
    (line,) = (tmp_path / "all/hparams.jsonl").read_text().splitlines()
    shown = json.loads(run("show", tmp_path / "logs", "--json").out)["runs"]
    (hparams,) = (one["hparams"] for one in shown if one["hparams"])
    assert json.loads(line)["hparams"] == hparams == {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 0.5}


@pytest.mark.parametrize("name", ["a.xlsx", "a.tsv", "a.json", "a.txt", "a.csv.gz", "A.XLSX", "a.parqet", "a.h5"])
def test_no_folder_is_made_for_an_unknown_table(logdir: Path, tmp_path: Path, run: Run, name: str) -> None:
    result = run("export", logdir, "-o", tmp_path / name)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"epochal: -o {tmp_path / name} ends in .{name.split('.')[-1]}, and tables are ")
    assert all(f".{form}" in result.err for form in ("csv", "jsonl", "parquet"))
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["lr=0.1", "2026.11.21", "best.v2", "all.xlsx/", "made.data"])
def test_folders_may_have_dots(logdir: Path, tmp_path: Path, run: Run, name: str) -> None:
    (tmp_path / "made.data").mkdir()
    assert run("export", logdir, "-o", f"{tmp_path}/{name}").status == 0
    assert (tmp_path / name / "items.jsonl").is_file()
