"""All points as text: as TensorBoard's own downloads for one series, in one file for many, a piece at a time."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from store_logs import LogWriter, start_record

from epochal.errors import NotFoundError, TagNotFoundError
from epochal.query import export
from epochal.query.export import ExportRequest, open_export
from epochal.query.scalars_series import SeriesKey
from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

ODD = 'a "b", c\n<d> ü'


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    log = LogWriter(tmp_path / "run2")
    log.scalars("loss", [0, 1, 2], [0.1, math.nan, -math.inf])
    log.scalars(ODD, [5], [1e-7])
    LogWriter(tmp_path / "run10").scalars("loss", [3], [0.25], start=1234.5)
    LogWriter(tmp_path / "none")
    return Reloader(tmp_path, cache=False).load()


def write(snapshot: Snapshot, format: Any, *series: tuple[str, str], **more: Any) -> str:
    request = ExportRequest(format, [SeriesKey(*key) for key in series], **more)
    return b"".join(open_export(snapshot, request)).decode()


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_one_series_as_csv(snapshot: Snapshot) -> None:
    assert write(snapshot, "csv", ("run2", "loss")) == (
        "Wall time,Step,Value\r\n1001.0,0,0.10000000149011612\r\n1002.0,1,nan\r\n1003.0,2,-inf\r\n"
    )


def test_one_series_as_json(snapshot: Snapshot) -> None:
    assert write(snapshot, "json", ("run2", "loss")) == (
        '[[1001.0,0,0.10000000149011612],[1002.0,1,"NaN"],[1003.0,2,"-Infinity"]]'
    )


def test_several_series_as_csv(snapshot: Snapshot) -> None:
    rows = read_csv(write(snapshot, "csv", ("run10", "loss"), ("run2", ODD), ("run10", "loss")))
    assert rows == [
        ["Run", "Tag", "Wall time", "Step", "Value"],
        ["run10", "loss", "1234.5", "3", "0.25"],
        ["run2", ODD, "1001.0", "5", rows[2][4]],
    ]
    assert float(rows[2][4]) == pytest.approx(1e-7)


def test_several_series_as_json(snapshot: Snapshot) -> None:
    found = json.loads(write(snapshot, "json", ("run2", ODD), ("run10", "loss"), ("run2", "loss")))
    assert found == {
        "run2": {
            ODD: [[1001.0, 5, pytest.approx(1e-7)]],
            "loss": [[1001.0, 0, pytest.approx(0.1)], [1002.0, 1, "NaN"], [1003.0, 2, "-Infinity"]],
        },
        "run10": {"loss": [[1234.5, 3, 0.25]]},
    }


def test_json_lines(snapshot: Snapshot) -> None:
    lines = write(snapshot, "jsonl", ("run10", "loss"), ("run2", "loss")).splitlines()
    assert [json.loads(line) for line in lines][:3] == [
        {"run": "run10", "tag": "loss", "wall_time": 1234.5, "step": 3, "value": 0.25},
        {"run": "run2", "tag": "loss", "wall_time": 1001.0, "step": 0, "value": pytest.approx(0.1)},
        {"run": "run2", "tag": "loss", "wall_time": 1002.0, "step": 1, "value": "NaN"},
    ]
    assert len(lines) == 4


def test_everything_of_some_runs_or_tags(snapshot: Snapshot) -> None:
    def keys(**more: Any) -> list[tuple[str, str]]:
        rows = read_csv(write(snapshot, "csv", **more))[1:]
        return list(dict.fromkeys((row[0], row[1]) for row in rows))

    everything = [("run2", ODD), ("run2", "loss"), ("run10", "loss")]
    assert keys(runs=None, tags=None) == everything
    assert keys(runs=None, tags=["loss"]) == everything[1:]
    assert keys(runs=["run10", "gone", "run2"], tags=None) == [everything[2], *everything[:2]]
    assert keys(runs=["run2"], tags=["loss", ODD, "x"]) == everything[:2]


def test_what_is_missing_is_left_out(snapshot: Snapshot) -> None:
    assert json.loads(write(snapshot, "json", ("run10", "loss"), ("run10", "x"), ("y", "loss"))) == {
        "run10": {"loss": [[1234.5, 3, 0.25]]}
    }


def test_nothing_at_all_is_an_error_at_once(snapshot: Snapshot) -> None:
    with pytest.raises(TagNotFoundError, match="Did you mean 'loss'"):
        open_export(snapshot, ExportRequest("csv", [SeriesKey("run2", "los")]))
    for request in (
        ExportRequest("csv"),
        ExportRequest("csv", [SeriesKey("x", "y"), SeriesKey("z", "y")]),
        ExportRequest("json", runs=["none"], tags=None),
    ):
        with pytest.raises(NotFoundError):
            open_export(snapshot, request)


def test_superseded_points_come_if_asked_for(tmp_path: Path) -> None:
    LogWriter(tmp_path, "events.out.tfevents.1000.h.1.0").scalars("loss", [0, 1, 2])
    LogWriter(tmp_path, "events.out.tfevents.3000.h.1.0", begun=3000.0).scalars("loss", [1, 2], start=3001.0)
    snapshot = Reloader(tmp_path, cache=False).load()
    assert len(json.loads(write(snapshot, "json", (".", "loss")))) == 3
    assert len(json.loads(write(snapshot, "json", (".", "loss"), superseded=True))) == 5


def test_a_series_whose_points_are_all_superseded_is_empty(tmp_path: Path) -> None:
    LogWriter(tmp_path, "events.out.tfevents.1000.h.1.0").scalars("loss", [5, 6])
    log = LogWriter(tmp_path, "events.out.tfevents.3000.h.1.0", begun=3000.0)
    log.write(start_record(0, 3000.5))
    log.scalars("other", [0], start=3001.0)
    snapshot = Reloader(tmp_path, cache=False).load()
    assert write(snapshot, "json", (".", "loss")) == "[]"
    assert write(snapshot, "csv", (".", "loss")) == "Wall time,Step,Value\r\n"
    assert json.loads(write(snapshot, "json", (".", "loss"), (".", "other")))["."]["loss"] == []


@pytest.mark.parametrize("format", ["csv", "json", "jsonl"])
def test_pieces_are_short_and_say_the_same(format: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LogWriter(tmp_path / "a").scalars("loss", list(range(1000)), [math.sqrt(i) for i in range(1000)])
    LogWriter(tmp_path / "b").scalars("loss", list(range(7)))
    snapshot = Reloader(tmp_path, cache=False).load()
    for request in (ExportRequest(format, [SeriesKey("a", "loss")]), ExportRequest(format, runs=None, tags=None)):
        whole = b"".join(open_export(snapshot, request))
        with monkeypatch.context() as patch:
            patch.setattr(export, "_BATCH_POINTS", 3)
            patch.setattr(export, "_PIECE_BYTES", 1000)
            pieces = list(open_export(snapshot, request))
        assert b"".join(pieces) == whole
        assert max(map(len, pieces)) < 1500
        assert all(len(piece) >= 1000 for piece in pieces[:-1])
