"""A thousand generated runs, from bytes on disk to answers: order, lanes and superseding as the plain model says.

No point is missing without being counted somewhere: what is not shown is counted as superseded.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from history_model import EventFile, Logged, Shown, expect, kind_of, make_history
from store_logs import (
    histogram_record,
    image_record,
    scalar_record,
    start_record,
    text_record,
    version_record,
)

from epochal.events.messages import Histogram, Image, Tensor, decode_value
from epochal.events.tensors import decode_tensor
from epochal.query.compat_scalars import read_scalar_points
from epochal.query.histograms import read_histograms
from epochal.query.images import list_images
from epochal.query.scalars import ScalarsRequest, read_scalars
from epochal.query.scalars_series import SeriesKey
from epochal.query.text import read_text
from epochal.store import log_file
from epochal.store.reloader import Reloader
from epochal.store.series_cache import cache as series_cache
from epochal.store.snapshot import Snapshot

HISTORIES = 1000
CHUNK = 250


def encode(event: Logged) -> bytes:
    if not event.tag:
        return start_record(event.step, event.wall_time)
    kind = kind_of(event.tag)
    if kind == "scalars":
        return scalar_record(event.tag, event.mark, event.step, event.wall_time)
    if kind == "text":
        return text_record(event.tag, [str(event.mark).encode()], event.step, event.wall_time)
    if kind == "images":
        return image_record(event.tag, str(event.mark).encode(), event.step, event.wall_time)
    low = float(event.mark)
    return histogram_record(event.tag, [low, low + 1], [0.0, 1.0], event.step, event.wall_time, low, low + 1)


def write_history(folder: Path, history: list[EventFile], share: float = 1.0) -> None:
    """The files with the first `share` of each one's events."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(history):
        name = f"events.out.tfevents.1000.host.{file.pid}.{file.counter}.file{number}"
        events = file.events[: round(len(file.events) * share)]
        with (folder / name).open("r+b" if (folder / name).exists() else "wb") as log:
            log.write(version_record(file.begun) + b"".join(map(encode, events)))


def read_marks(snapshot: Snapshot, run: str, tag: str) -> list[int]:
    series = snapshot.find_tag(run, tag, kind_of(tag)).blobs()
    marks = []
    for position in range(len(series)):
        value = decode_value(snapshot.read_blob(series.ref(position))).value
        if isinstance(value, Tensor):
            marks.append(int(decode_tensor(value.data).ravel()[0]))
        elif isinstance(value, Image):
            marks.append(int(value.data))
        else:
            assert isinstance(value, Histogram)
            marks.append(int(value.minimum))
    return marks


def read_tag(snapshot: Snapshot, run: str, tag: str) -> list[Shown]:
    found = snapshot.find_tag(run, tag, kind_of(tag))
    if kind_of(tag) == "scalars":
        series = found.scalars()
        marks = series.value.astype(int).tolist()
        columns = (series.lane, series.step, series.superseded)
    else:
        blobs = found.blobs()
        marks = read_marks(snapshot, run, tag)
        columns = (blobs.lane, blobs.step, blobs.superseded)
    rows = zip(*(column.tolist() for column in columns), marks, strict=True)
    return [Shown(lane, step, superseded, mark) for lane, step, superseded, mark in rows]


def check_answers(snapshot: Snapshot, run: str, tag: str, shown: list[Shown]) -> None:
    """What queries answer adds up: shown and superseded points are all points."""
    visible = [point for point in shown if not point.superseded]
    hidden = len(shown) - len(visible)
    kind = kind_of(tag)
    if kind == "scalars":
        key = SeriesKey(run, tag)
        answer = read_scalars(snapshot, ScalarsRequest([key])).result
        assert sum(line.points for line in answer.series) == len(visible)
        assert sum(line.superseded for line in answer.series) == hidden
        everything = read_scalars(snapshot, ScalarsRequest([key], superseded=True)).result
        assert sum(line.points for line in everything.series if line.is_superseded) == hidden
        assert sum(line.points for line in everything.series) == len(shown)
        by_step = sorted(visible, key=lambda point: point.step)
        assert read_scalar_points(snapshot, run, tag).value.tolist() == [point.mark for point in by_step]
        assert len(read_scalar_points(snapshot, run, tag, superseded=True).value) == len(shown)
    elif kind == "text":
        result = read_text(snapshot, run, tag, count=10_000)
        found = [Shown(item.lane, item.step, item.superseded, int(item.cells[0])) for item in result.items]
        assert found == shown
        assert result.total == len(shown)
    elif kind == "images":
        items = list_images(snapshot, run, tag).items
        assert [(i.lane, i.step, i.superseded) for i in items] == [(p.lane, p.step, p.superseded) for p in shown]
    else:
        columns = read_histograms(snapshot, run, tag, max_steps=10_000)
        assert columns.result.total == columns.result.shown == len(visible)
        assert sorted(columns.columns["left"].tolist()) == sorted(float(point.mark) for point in visible)
        assert read_histograms(snapshot, run, tag, max_steps=10_000, superseded=True).result.shown == len(shown)


@pytest.mark.parametrize("chunk", range(HISTORIES // CHUNK))
def test_generated_histories(chunk: int, tmp_path: Path) -> None:
    rng = random.Random(chunk)
    histories = {f"run{number}": make_history(rng) for number in range(CHUNK)}
    for run, history in histories.items():
        write_history(tmp_path / run, history)
    snapshot = Reloader(tmp_path, cache=False).load()
    assert snapshot.problems == ()
    seen = np.zeros(4, dtype=int)
    for run, history in histories.items():
        expected = expect(history)
        written = [event.mark for file in history for event in file.events if event.tag]
        assert sorted(point.mark for shown in expected.values() for point in shown) == sorted(written)
        assert snapshot.runs[run].points == len(written)
        assert {tag.name for tag in snapshot.runs[run].iter_tags()} == set(expected)
        for tag, shown in expected.items():
            assert read_tag(snapshot, run, tag) == shown, (run, tag)
            check_answers(snapshot, run, tag, shown)
            hidden = sum(point.superseded for point in shown)
            lanes = {point.lane for point in shown}
            seen += [hidden > 0, len(lanes) > 1, 0 < hidden < len(shown), hidden == 0]
    assert (seen > CHUNK // 10).all(), f"too few of something: {seen}"


def test_generated_histories_that_grow_between_two_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first life writes indexes, the second takes them and goes on behind them."""
    monkeypatch.setenv("EPOCHAL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(log_file, "MIN_INDEXED_BYTES", 0)
    rng = random.Random("lives")
    histories = {f"run{number}": make_history(rng) for number in range(100)}
    for share in (0.5, 1.0, 1.0):
        for run, history in histories.items():
            write_history(tmp_path / "logs" / run, history, share)
        reloader = Reloader(tmp_path / "logs")
        snapshot = reloader.load()
        for run, history in histories.items():
            cut = [replace(file, events=file.events[: round(len(file.events) * share)]) for file in history]
            for tag, shown in expect(cut).items():
                assert read_tag(snapshot, run, tag) == shown, (run, tag, share)
                check_answers(snapshot, run, tag, shown)
        reloader.stop()
        series_cache.clear()
    assert len(list((tmp_path / "cache").rglob("*"))) > 100
