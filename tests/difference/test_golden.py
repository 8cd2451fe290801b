"""Logs by real writers, kept in tests/data: every value that TensorBoard's own reader found, unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import plain
import pytest
from epochal_values import read_epochal

from epochal.store.reloader import Reloader
from epochal.store.snapshot import Snapshot

DATA = Path(__file__).parent.parent / "data"
WRITERS = sorted(path.stem for path in DATA.glob("*.json"))


@pytest.fixture(scope="module", params=WRITERS)
def golden(request: pytest.FixtureRequest) -> Iterator[tuple[str, Snapshot]]:
    reloader = Reloader(DATA / request.param, reload_interval_secs=0)
    reloader.start()
    reloader.wait_until_loaded(30)
    yield request.param, reloader.snapshot
    reloader.stop()


def test_all_writers_are_there() -> None:
    assert WRITERS == ["clu", "keras", "lightning", "tensorboardx", "tf1", "tf2", "torch", "transformers"]


def test_nothing_is_missing_or_changed(golden: tuple[str, Snapshot]) -> None:
    writer, snapshot = golden
    assert snapshot.problems == ()
    assert snapshot.progress.done
    plain.assert_same(json.loads((DATA / f"{writer}.json").read_text(encoding="utf-8")), read_epochal(snapshot))


def test_dtypes_that_numpy_lacks_are_read_too() -> None:
    """TensorBoard's reader has no type for them."""
    reloader = Reloader(DATA / "tf1", reload_interval_secs=0)
    reloader.start()
    reloader.wait_until_loaded(30)
    run = reloader.snapshot.find_run("dtypes")
    for name in ("bfloat16", "uint32", "uint64"):
        for form in ("typed", "raw"):
            assert run.find_tag("scalars", f"{form}/{name}").scalars().value.tolist() == [0, 1, 100]
    reloader.stop()


def test_unknown_plugins_are_listed_under_their_own_name(golden: tuple[str, Snapshot]) -> None:
    writer, snapshot = golden
    stems = {stem for run in snapshot.runs.values() for stem in run.by_stem}
    known = {"scalars", "images", "audio", "text", "histograms", "graphs", "pr_curves", "hparams", "mesh"}
    others = {"custom_scalars", "projector", "tensor"}
    assert stems - known - others == {"tf1": {"my_plugin"}, "tf2": {"greeting"}}.get(writer, set())
