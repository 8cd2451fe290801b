"""Tables: the same points as arrays have, in three libraries, each imported only when asked for."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from store_logs import LogWriter, image_record

import epochal
from epochal.reading.logdir import Logdir

METHODS = ("to_pandas", "to_arrow", "to_polars")


@pytest.fixture
def logdir(tmp_path: Path) -> Logdir:
    log = LogWriter(tmp_path / "run10")
    log.scalars("loss", [0, 1, 2], [0.5, float("nan"), float("inf")])
    log.scalars("acc10", [7], [2.0**-1074], start=1010.0)
    log.scalars("acc9", [-(1 << 63), (1 << 63) - 1], [1.0, -0.0], start=1020.0)
    log.write(image_record("image", b"x", 0, 1030.0))
    first = LogWriter(tmp_path / "run2")
    first.scalars("loss", [0, 1, 2, 3])
    restart = LogWriter(tmp_path / "run2", "events.out.tfevents.2000.host.1.0", begun=2000.0)
    restart.scalars("loss", [2, 3], [20.0, 30.0], start=2001.0)
    LogWriter(tmp_path / "looped").scalars("loss", [0, 1, 2, 0, 1, 2])
    LogWriter(tmp_path / "empty")
    return epochal.open(tmp_path)


def rows(table: Any) -> list[tuple[object, ...]]:
    """A table of any of the libraries as rows of Python objects."""
    if isinstance(table, pd.DataFrame):
        columns = [table[name].tolist() for name in table.columns]
    elif isinstance(table, pl.DataFrame):
        columns = [table[name].to_list() for name in table.columns]
    else:
        columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_all_points_are_there_in_order(logdir: Logdir, method: str):
    expected = []
    for run in ("looped", "run2", "run10"):
        for tag in ("acc9", "acc10", "loss"):
            if tag not in logdir.runs[run].tags:
                continue
            points = logdir.runs[run].scalars(tag)
            columns = (points.step, points.wall_time, points.value, points.lane)
            expected += [(run, tag, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    assert repr(rows(getattr(logdir, method)())) == repr(expected)  # repr: NaN, -0.0
    assert len(expected) == 16


@pytest.mark.parametrize("method", METHODS)
def test_superseded_points_on_demand(logdir: Logdir, method: str):
    table = getattr(logdir, method)("^run2$", superseded=True)
    assert [(step, value, superseded) for _, _, step, _, value, _, superseded in rows(table)] == [
        (0, 0.0, False),
        (1, 1.0, False),
        (2, 2.0, True),
        (2, 20.0, False),
        (3, 3.0, True),
        (3, 30.0, False),
    ]
    assert len(rows(getattr(logdir, method)("^run2$"))) == 4


@pytest.mark.parametrize("method", METHODS)
def test_runs_and_tags_are_regular_expressions(logdir: Logdir, method: str):
    make = getattr(logdir, method)
    assert {row[:2] for row in rows(make("run", "acc|los"))} == {
        ("run2", "loss"),
        ("run10", "loss"),
        ("run10", "acc9"),
        ("run10", "acc10"),
    }
    assert {row[1] for row in rows(make(tags="c.*0$|ss"))} == {"acc10", "loss"}
    assert {row[0] for row in rows(make(runs=re.compile("RUN.$", re.IGNORECASE)))} == {"run2"}
    with pytest.raises(ValueError, match=r"^tags='\(' is not a regular expression"):
        make(tags="(")


@pytest.mark.parametrize("method", METHODS)
def test_no_match_is_an_empty_table_of_the_same_types(logdir: Logdir, method: str):
    make = getattr(logdir, method)
    empty, full = make("nothing", superseded=True), make(superseded=True)
    assert len(rows(empty)) == 0
    if method == "to_pandas":
        assert empty.dtypes.astype(str).tolist() == full.dtypes.astype(str).tolist()
    else:
        assert empty.schema == full.schema


def test_pandas_types(logdir: Logdir):
    frame = logdir.to_pandas(superseded=True)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "run": "category",
        "tag": "category",
        "step": "int64",
        "wall_time": "float64",
        "value": "float64",
        "lane": "uint16",
        "superseded": "bool",
    }
    assert frame.run.cat.categories.tolist() == ["looped", "run2", "run10"]
    assert frame.tag.cat.categories.tolist() == ["acc9", "acc10", "loss"]
    frame.loc[0, "value"] = 1.0  # a table of one's own, to write to


def test_arrow_and_polars_types(logdir: Logdir):
    table = logdir.to_arrow(superseded=True)
    names = pa.dictionary(pa.int32(), pa.string())
    assert table.schema.types == [names, names, pa.int64(), pa.float64(), pa.float64(), pa.uint16(), pa.bool_()]
    assert sum(column.null_count for column in table.columns) == 0
    assert dict(logdir.to_polars().schema) == {
        "run": pl.Categorical,
        "tag": pl.Categorical,
        "step": pl.Int64,
        "wall_time": pl.Float64,
        "value": pl.Float64,
        "lane": pl.UInt16,
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_library_is_one_sentence(logdir: Logdir, method: str, monkeypatch: pytest.MonkeyPatch):
    name = {"to_pandas": "pandas", "to_arrow": "pyarrow", "to_polars": "polars"}[method]

    def find_spec(fullname: str, path: object = None, target: object = None) -> None:
        if fullname == name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.delitem(sys.modules, name)
    finder = type("Finder", (), {"find_spec": staticmethod(find_spec)})
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    with pytest.raises(ImportError) as caught:
        getattr(logdir, method)()
    assert str(caught.value) == f"{method}() needs {name}, which is not installed: pip install {name}"
    assert caught.value.name == name


def test_a_library_that_is_there_but_broken_says_so_itself(logdir: Logdir, monkeypatch: pytest.MonkeyPatch):
    def import_module(name: str) -> None:
        raise ModuleNotFoundError(f"{name} needs another one", name="another_one")

    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(ModuleNotFoundError, match=r"^pandas needs another one$"):
        logdir.to_pandas()


def test_scalars_one_by_one(logdir: Logdir):
    found = {(run, tag): points for run, tag, points in logdir.iter_scalars(tags="loss")}
    assert list(found) == [("looped", "loss"), ("run2", "loss"), ("run10", "loss")]
    assert found["run2", "loss"] == logdir.runs["run2"].scalars("loss")
    with pytest.raises(ValueError, match="runs="):
        logdir.iter_scalars("[")


def test_scalars_compare_and_say_what_they_are(logdir: Logdir):
    looped = logdir.runs["looped"].scalars("loss")
    assert looped.lane.tolist() == [0, 0, 0, 1, 1, 1]
    assert repr(looped) == "Scalars(6 points in 2 lanes, steps 0 to 2, last value 2.0)"
    nan = logdir.runs["run10"].scalars("loss")
    assert nan == logdir.runs["run10"].scalars("loss")
    assert nan != looped
    assert nan != 3
    with pytest.raises(ValueError, match="read-only"):
        nan.value[0] = 1.0
    superseded = logdir.runs["run2"].scalars("loss", superseded=True)
    assert superseded.superseded.tolist() == [False, False, True, False, True, False]
    assert not logdir.runs["run2"].scalars("loss").superseded.any()


def test_a_large_table_makes_no_object_per_point(tmp_path: Path):
    import tracemalloc

    LogWriter(tmp_path / "run").scalars("loss", list(range(20_000)))
    logdir = epochal.open(tmp_path)
    logdir.runs["run"].scalars("loss")
    logdir.to_pandas()
    tracemalloc.start()
    try:
        before = len(tracemalloc.take_snapshot().traces)
        frame = logdir.to_pandas()
        after = len(tracemalloc.take_snapshot().traces)
    finally:
        tracemalloc.stop()
    assert len(frame) == 20_000
    assert np.array_equal(frame.step, np.arange(20_000))
    assert after - before < 2_000
