"""Benchmarks of writer and page run, at tiny sizes: what they print then means nothing, but they must not rot."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(BENCHMARKS)):
            del sys.modules[name]


def _rows(printed: str) -> list[dict[str, object]]:
    prefix = importlib.import_module("harness").ROW_PREFIX
    return [json.loads(line[len(prefix) :]) for line in printed.splitlines() if line.startswith(prefix)]


@pytest.mark.filterwarnings("ignore")  # of the peers
@pytest.mark.parametrize("name", ["bench_writer", "bench_writer_throughput", "bench_training_loop"])
def test_writer_benchmark_measures_every_row(name, capsys):
    importlib.import_module(name).main(shrink=20)
    rows = _rows(capsys.readouterr().out)
    assert rows
    assert all(isinstance(row["ours"], float) and row["bar"] for row in rows)
    if name != "bench_training_loop":
        assert all(row["ours"] > 0 for row in rows)


@pytest.mark.filterwarnings("ignore")
def test_writer_cases_cover_every_method_and_log_with_every_library(tmp_path):
    from epochal import SummaryWriter

    cases = importlib.import_module("writer_cases")
    methods = {name for name in dir(SummaryWriter) if name.startswith("add_")}
    measured = {case.what.split()[0].rstrip(",") for case in cases.make_cases(20)}
    assert methods - measured == {"add_onnx_graph"}  # it needs the package onnx, for the peers too
    for case in cases.make_cases(20):
        sizes = {}
        for library in ("ours", *case.peers):
            writer = cases.make_writer(library, str(tmp_path))
            writer.close() if library == "ours" else writer.flush()
            empty = cases.sync_files(writer)
            case.call(writer, 3)
            writer.close()
            sizes[library] = cases.sync_files(writer) - empty
        assert min(sizes.values()) > 0, (case.what, sizes)


@pytest.mark.filterwarnings("ignore")
def test_page_benchmark_measures_every_row(capsys, monkeypatch):
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium on this machine")
    monkeypatch.chdir(BENCHMARKS)
    bench = importlib.import_module("bench_ui")
    bench.main(shrink=200)
    rows = _rows(capsys.readouterr().out)
    assert len(rows) == 11
    assert all(isinstance(row["ours"], int | float) and row["bar"] for row in rows)
    # A figure that nothing was done for would be zero; memory may well shrink.
    assert all(
        row["ours"] > 0 for row in rows if "memory" not in str(row["what"]) and "heap" not in str(row["what"])
    )
