"""What the cache of series lets go of: what grew, and what is gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_follow import until
from store_logs import LogWriter

from epochal.store.points import ScalarSeries, gather_scalars
from epochal.store.reloader import Reloader
from epochal.store.series_cache import SeriesCache, cache
from epochal.store.snapshot import Snapshot
from epochal.store.tags import TagFiles


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def ask(snapshot: Snapshot) -> int:
    """Ask for every series; return how many there are."""
    series = [tag.scalars() for run in snapshot.runs.values() for tag in run.iter_tags()]
    return len(series)


def counted(kept: SeriesCache) -> tuple[int, int]:
    return len(kept._entries), len(kept._latest)


def points(count: int) -> Callable[[Snapshot], bool]:
    return lambda snapshot: snapshot.points == count


def test_a_series_takes_the_place_of_what_it_was(tmp_path: Path, follow: Callable[..., Reloader]) -> None:
    log = LogWriter(tmp_path / "run")
    log.scalars("loss", list(range(10)))
    log.scalars("accuracy", list(range(10)))
    reloader = follow(tmp_path)
    for begin in range(10, 100, 10):
        assert ask(until(reloader, points(10 + begin))) == 2
        assert counted(cache) == (2, 2)
        log.scalars("loss", list(range(begin, begin + 10)))
    snapshot = until(reloader, points(110))
    assert ask(snapshot) == 2
    loss, accuracy = (snapshot.find_tag("run", name, "scalars") for name in ("loss", "accuracy"))
    assert len(loss.scalars().step) == 100
    assert loss.scalars() is loss.scalars()
    assert accuracy.scalars() is accuracy.scalars()


def test_what_is_gone_is_let_go_of(tmp_path: Path, follow: Callable[..., Reloader]) -> None:
    for name in ("a", "b", "c"):
        LogWriter(tmp_path / name).scalars("loss", list(range(10)))
    later = LogWriter(tmp_path / "c", "events.out.tfevents.1001.host.1.1")
    later.scalars("other", list(range(5)))
    reloader = follow(tmp_path)
    snapshot = until(reloader, points(35))
    assert ask(snapshot) == 4
    before = cache._bytes
    shutil.rmtree(tmp_path / "b")
    until(reloader, lambda s: "b" not in s.runs)
    assert counted(cache) == (3, 3)
    later.path.unlink()
    until(reloader, points(20))
    assert counted(cache) == (2, 2)
    assert 0 < cache._bytes < before
    # An old snapshot still reads what it shows, but nothing of that is kept.
    for run in ("a", "b"):
        assert len(snapshot.find_tag(run, "loss", "scalars").scalars().step) == 10
    assert counted(cache) == (2, 2)


def test_what_is_forgotten_while_it_is_gathered_is_not_kept(tmp_path: Path) -> None:
    LogWriter(tmp_path / "run").scalars("loss", list(range(10)))
    source = Reloader(tmp_path).load().find_tag("run", "loss", "scalars").source

    def gather(source: TagFiles) -> ScalarSeries:
        series = gather_scalars(source)
        cache.forget([source.parts[0].columns])  # as the thread that parks them
        return series

    assert len(cache.get(source, gather)) == 10
    assert counted(cache) == (0, 0)
    assert cache.get(source, gather_scalars) is cache.get(source, gather)


def test_a_full_cache_forgets_the_oldest(tmp_path: Path, follow: Callable[..., Reloader], monkeypatch) -> None:
    for number in range(10):
        LogWriter(tmp_path / f"run{number}").scalars("loss", [1, 2, 3])
    snapshot = until(follow(tmp_path), points(30))
    monkeypatch.setattr(cache, "max_bytes", 5 * 4096)
    assert ask(snapshot) == 10
    assert counted(cache) == (5, 5)
    kept = {source.parts[0].file.run for source, _, _ in cache._entries.values()}
    assert kept == {f"run{number}" for number in range(5, 10)}
