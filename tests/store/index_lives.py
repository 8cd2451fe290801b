"""What the tests of the index share: lives of a process, logs, and all that a snapshot says."""

from __future__ import annotations

from pathlib import Path

from store_logs import LogWriter, image_record

from epochal.store.reloader import Reloader
from epochal.store.series_cache import cache as series_cache
from epochal.store.snapshot import Snapshot


def start(logdir: Path) -> Snapshot:
    """One life of a process: load, write the index, end."""
    reloader = Reloader(logdir)
    snapshot = reloader.load()
    reloader.stop()
    series_cache.clear()
    return snapshot


def make_run(logs: Path, count: int = 1000, run: str = "run") -> LogWriter:
    log = LogWriter(logs / run)
    log.scalars("loss", list(range(count)), [0.5 * i for i in range(count)])
    log.write(image_record("image", bytes(range(100)), 7, 5000.0))
    log.settle()
    return log


def show(snapshot: Snapshot) -> object:
    """All that a snapshot says."""
    return {
        name: (
            run.start_time,
            run.last_time,
            run.points,
            run.problems,
            {
                (stem, tag.name, tag.meta): (
                    [column.tolist() for column in (series.step, series.wall_time, series.value)]
                    if stem == "scalars"
                    else [tuple(series.ref(i))[1:] for i in range(len(series))]
                )
                for stem, tags in run.by_stem.items()
                for tag in tags.values()
                for series in [tag.scalars() if stem == "scalars" else tag.blobs()]
            },
        )
        for name, run in snapshot.runs.items()
    }
