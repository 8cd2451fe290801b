"""Opening, refreshing, comparing, and errors that help."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from store_logs import LogWriter, image_record

import epochal
from epochal.errors import (
    DamagedRecordError,
    EpochalError,
    LogdirError,
    LogdirNotFoundError,
    NotFoundError,
    RunNotFoundError,
    TagNotFoundError,
)
from epochal.store.log_file import LogFile


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name in ("run10", "run2"):
        log = LogWriter(tmp_path / name)
        log.write(image_record("image", b"\x89PNG", 5, 1000.5))
        log.scalars("train/loss", [0, 1, 2])
    return tmp_path


def test_runs_are_in_natural_order_and_found_without_reading(logs: Path):
    LogWriter(logs).scalars("x", [1])
    for path in logs.glob("*/*tfevents*"):
        path.chmod(0)  # whoever reads gets nothing
    logdir = epochal.open(logs)
    assert list(logdir.runs) == [".", "run2", "run10"]
    assert logdir.path == str(logs)
    assert len(logdir.runs) == 3
    assert "run2" in logdir.runs
    assert "run3" not in logdir.runs
    assert logdir.runs.get("run3") is None
    assert logdir.runs["."].scalars("x").step.tolist() == [1]


def test_an_unknown_run_names_the_close_ones(logs: Path):
    with pytest.raises(RunNotFoundError, match=r"There is no run 'run1'\. Did you mean 'run10'") as caught:
        epochal.open(logs).runs["run1"]
    assert isinstance(caught.value, KeyError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.run) == (str(caught.value), "run1")


def test_an_unknown_tag_names_the_close_ones(logs: Path):
    run = epochal.open(logs).runs["run2"]
    with pytest.raises(TagNotFoundError, match=r"'run2' has no scalars data with the tag 'loss'.*'train/loss'\?"):
        run.scalars("loss")
    with pytest.raises(TagNotFoundError, match=r"It has scalars data: scalars\('train/loss'\) gives them"):
        run.images("train/loss")
    for method in (run.texts, run.audio, run.histograms, run.pr_curves, run.tensors, run.videos, run.graphs):
        with pytest.raises(TagNotFoundError, match="'nothing'"):
            method("nothing")
    with pytest.raises(TagNotFoundError, match="mesh"):
        run.meshes("nothing")
    with pytest.raises(TagNotFoundError, match="projector"):
        run.projector("nothing")
    assert run.custom_scalars is None


def test_a_missing_folder_is_one_sentence(logs: Path):
    with pytest.raises(
        FileNotFoundError, match=r"^There is no folder .*run3\. Did you mean .*run\d+\?$"
    ) as caught:
        epochal.open(logs / "run3")
    assert isinstance(caught.value, LogdirNotFoundError)
    assert isinstance(caught.value, LogdirError)
    assert isinstance(caught.value, EpochalError)
    file = next((logs / "run2").iterdir())
    with pytest.raises(LogdirNotFoundError, match="is a file; open the folder that it is in"):
        epochal.open(file)


def test_a_url_that_nothing_opens_is_one_sentence():
    with pytest.raises(LogdirError, match=r"^gopher://host/runs cannot be opened: .*\.$"):
        epochal.open("gopher://host/runs")


def test_an_empty_folder_has_no_runs(tmp_path: Path):
    logdir = epochal.open(tmp_path)
    assert dict(logdir.runs) == {}
    assert repr(logdir) == f"Logdir({str(tmp_path)!r}, 0 runs)"
    assert "no event files" in logdir._repr_html_()


def test_nothing_changes_until_refresh(logs: Path):
    log = LogWriter(logs / "live")
    log.scalars("loss", [0, 1])
    logdir = epochal.open(logs)
    run = logdir.runs["live"]
    before = run.scalars("loss")
    log.scalars("loss", [2, 3], start=1003.0)
    LogWriter(logs / "new").scalars("loss", [0])
    assert run.scalars("loss") == before
    assert "new" not in logdir.runs
    runs = logdir.runs
    logdir.refresh()
    assert "new" not in runs
    assert "new" in logdir.runs
    assert before.step.tolist() == [0, 1]
    assert run.scalars("loss").step.tolist() == [0, 1, 2, 3]


def test_tags_are_those_of_the_last_refresh(logs: Path):
    log = LogWriter(logs / "live")
    log.scalars("loss", [0, 1])
    logdir = epochal.open(logs)
    run = logdir.runs["live"]
    assert {name: tag.points for name, tag in run.tags.items()} == {"loss": 2}
    run.tags.clear()  # a copy
    log.scalars("loss", [2], start=1003.0)
    log.scalars("acc", [0], start=1004.0)
    assert {name: tag.points for name, tag in run.tags.items()} == {"loss": 2}
    logdir.refresh()
    assert {name: tag.points for name, tag in run.tags.items()} == {"acc": 1, "loss": 3}


@pytest.mark.parametrize("cache", [True, False])
def test_the_index_is_used_if_it_may_be(logs: Path, tmp_path_factory: pytest.TempPathFactory, cache: bool):
    folder = tmp_path_factory.mktemp("cache")
    LogWriter(logs / "long").scalars("loss", list(range(2000)))  # small files are not worth an index
    code = (
        f"import epochal; l = epochal.open({str(logs)!r}, cache={cache}); "
        "print([len(points) for _, _, points in l.iter_scalars()])"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "EPOCHAL_CACHE_DIR": str(folder)},
        )
        assert done.stdout == "[2000, 3, 3]\n"
        assert any(path.is_file() for path in folder.rglob("*")) == cache


def test_a_run_that_is_gone_after_a_refresh(logs: Path):
    logdir = epochal.open(logs)
    run = logdir.runs["run2"]
    points = run.scalars("train/loss")
    for path in (logs / "run2").iterdir():
        path.unlink()
    (logs / "run2").rmdir()
    assert run.scalars("train/loss") == points
    logdir.refresh()
    with pytest.raises(RunNotFoundError):
        run.scalars("train/loss")


def test_damage_is_an_error_for_an_item_and_a_problem_of_the_run(logs: Path):
    path = next((logs / "run2").iterdir())
    data = path.read_bytes()
    path.write_bytes(data.replace(b"train/loss", b"trainXloss", 1).replace(b"\x89PNG", b"\x89XNG"))
    logdir = epochal.open(logs)
    run = logdir.runs["run2"]
    assert run.scalars("train/loss").step.tolist() == [1, 2]
    assert list(run.tags) == ["train/loss"]
    assert [(problem.offset, problem.bytes_lost) for problem in run.problems] == [(40, 98)]  # side by side
    assert {problem.run for problem in logdir.problems} == {"run2"}
    assert logdir.runs["run10"].problems == ()


def test_an_image_that_is_damaged_after_loading(logs: Path):
    logdir = epochal.open(logs)
    run = logdir.runs["run2"]
    images = run.images("image")
    path = next((logs / "run2").iterdir())
    path.write_bytes(path.read_bytes().replace(b"\x89PNG", b"\x89XNG"))
    with pytest.raises(DamagedRecordError, match="does not match its checksum"):
        _ = images[0].data
    assert run.problems == ()
    logdir.refresh()
    assert [problem.offset for problem in run.problems] == [40]
    with pytest.raises(TagNotFoundError):
        run.images("image")


def test_items_by_step(logs: Path):
    LogWriter(logs / "many").write(b"".join(image_record("i", bytes([s]), s, 1001.0 + s) for s in (10, 20, 40)))
    images = epochal.open(logs).runs["many"].images("i")
    assert images.at_step(20).data == b"\x14"
    with pytest.raises(NotFoundError, match=r"'i' has nothing at step 25\. The nearest: 20 and 40"):
        images.at_step(25)
    with pytest.raises(IndexError, match=rf"has no item 99: its length is {len(images)}; at_step finds a step"):
        images[99]
    assert images.step.tolist() == [10, 20, 40]
    assert [image.step for image in images[1:]] == [20, 40]
    assert images[::-1][0].data == images[-1].data == b"\x28"
    assert repr(images) == "Items('i', 3 items, steps 10 to 40)"
    with pytest.raises(IndexError):
        images[3]


def test_threads_share_a_logdir_that_is_refreshed(tmp_path: Path):
    for number in range(20):
        LogWriter(tmp_path / f"run{number}").scalars("loss", [0, 1, number + 2])
    logdir = epochal.open(tmp_path)

    def read(offset: int) -> list[int]:
        names = [f"run{(number + offset) % 20}" for number in range(20)]
        found = {name: int(logdir.runs[name].scalars("loss").step[-1]) for name in names}
        if offset % 4 == 0:
            logdir.refresh()
        return [found[f"run{number}"] for number in range(20)]

    with ThreadPoolExecutor(8) as pool:
        for steps in pool.map(read, range(24), timeout=60):
            assert steps == [number + 2 for number in range(20)]


def test_equality_and_pickles(logs: Path):
    one, two = epochal.open(logs), epochal.open(str(logs))
    assert one == two
    assert hash(one) == hash(two)
    assert one != epochal.open(logs / "run2")
    assert one.runs["run2"] == two.runs["run2"] != two.runs["run10"]
    copy = pickle.loads(pickle.dumps(one.runs["run2"]))
    assert copy == one.runs["run2"]
    assert copy.scalars("train/loss") == one.runs["run2"].scalars("train/loss")


def test_how_it_looks(logs: Path):
    LogWriter(logs / "<b>").scalars("<i>", [0])
    with epochal.open(logs) as logdir:
        assert repr(logdir) == f"Logdir({str(logs)!r}, 3 runs)"
        assert repr(logdir.runs["run2"]) == "Run('run2')"
        assert repr(logdir.runs) == "{'<b>': Run('<b>'), 'run2': Run('run2'), 'run10': Run('run10')}"
        assert logdir.runs._ipython_key_completions_() == ["<b>", "run2", "run10"]  # type: ignore[attr-defined]
        assert "&lt;b&gt;" in logdir._repr_html_()
        drawn = logdir.runs["<b>"]._repr_html_()
        assert "&lt;i&gt;" in drawn
        assert "<i>" not in drawn
        points = logdir.runs["run2"].scalars("train/loss")
        assert repr(points) == "Scalars(3 points, steps 0 to 2, last value 2.0)"
        tag = logdir.runs["run2"].tags["train/loss"]
        assert repr(tag) == "Tag('train/loss', plugin_name='scalars', points=3)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_reads_on_its_own(logs: Path):
    logdir = epochal.open(logs)
    run = logdir.runs["run2"]
    expected = run.scalars("train/loss")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with logdir._own_reader._condition:  # as a reading thread may at any moment
            held.set()
            done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the point
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(20)
            status = 0 if run.scalars("train/loss") == expected and len(logdir.runs) == 2 else 2
        finally:
            os._exit(status)
    done.set()
    thread.join(60)
    assert os.waitpid(child, 0)[1] == 0


def test_a_selection_reads_no_other_runs(logs: Path, monkeypatch: pytest.MonkeyPatch):
    for number in range(3, 6):
        LogWriter(logs / f"run{number}").scalars("train/loss", [0])
    read: list[str] = []
    load = LogFile.load

    def load_and_note(file: LogFile, *arguments: Any) -> None:
        read.append(file.run)
        load(file, *arguments)

    monkeypatch.setattr(LogFile, "load", load_and_note)
    with epochal.open(logs) as logdir:
        assert set(logdir.to_pandas(runs="run[24]$").run) == {"run2", "run4"}
    assert sorted(read) == ["run2", "run4"]


def test_the_file_descriptors_are_closed(logs: Path):
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    before = len(os.listdir("/proc/self/fd"))
    with epochal.open(logs) as logdir:
        for run in logdir.runs.values():
            assert run.images("image")[0].data
    assert len(os.listdir("/proc/self/fd")) <= before


def test_opening_loads_no_table_library_and_no_server(logs: Path):
    code = (
        f"import sys, epochal; r = epochal.open({str(logs)!r}).runs['run2']; r.scalars('train/loss').value.sum(); "
        "print([m for m in ('pandas', 'polars', 'pyarrow', 'starlette', 'torch', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
