"""Images, sounds, texts and everything else that is no scalar, as files in folders `<kind>/<run>/<tag>/`.

Names are made safe for every system; `items.jsonl` says which file is which.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np

from epochal.cli.safe_names import SafeNames
from epochal.cli.selection import plain_value
from epochal.errors import DamagedRecordError, EpochalError
from epochal.events.wire import WireError
from epochal.query.media_types import sniff_type
from epochal.reading.arrays import Histogram, PrCurve, Tensor
from epochal.reading.items import Item, make_items
from epochal.reading.media import Audio, Image, Text, Video
from epochal.reading.run import Run
from epochal.store.names import natural_key

if TYPE_CHECKING:
    import re

    from epochal.reading.logdir import Logdir
    from epochal.store.points import BlobSeries
    from epochal.store.snapshot import Run as StoredRun
    from epochal.store.tags import Tag

#: The suffix of a file, by its media type.
_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
}
#: What lies beside the kinds' folders.
RESERVED_FILES = ("items.jsonl", "hparams.jsonl", "scalars.csv", "scalars.jsonl", "scalars.parquet")

_GRAPH_SUFFIXES = {"keras_json": ".json"}
_ITEMS: dict[str, type[Item[Any]]] = {"images": Image, "video": Video, "audio": Audio, "text": Text}
_TABLES: dict[str, type[Item[Any]]] = {"histograms": Histogram, "pr_curves": PrCurve}
_CURVE_COLUMNS = (
    "thresholds",
    "precision",
    "recall",
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
)


class ExportedItem(msgspec.Struct, frozen=True):
    """A line of items.jsonl: one file of one item. `file` is relative to the export.

    A table holds all steps of a tag, so it has no step of its own.
    """

    run: str
    tag: str
    kind: str
    step: int | None
    wall_time: float | None
    lane: int | None
    superseded: bool
    sample: int
    file: str


class ExportedSession(msgspec.Struct, frozen=True):
    """A line of hparams.jsonl: the hyperparameters of a run."""

    run: str
    status: str
    hparams: dict[str, bool | float | str | None]


class UnreadableItem(msgspec.Struct, frozen=True):
    """An item that was left out, and why."""

    run: str
    tag: str
    kind: str
    step: int
    reason: str


class ItemExporter:
    """Writes the items of runs into a folder, one after another, and a line about each to `manifest`."""

    def __init__(self, logdir: Logdir, folder: str, manifest: BinaryIO, superseded: bool) -> None:
        self._logdir = logdir
        self._folder = folder
        self._manifest = manifest
        self._superseded = superseded
        self._run_names = SafeNames()
        # Plugins name themselves, so a kind is as little to be trusted as a tag.
        self._kind_names = SafeNames(reserved=RESERVED_FILES)
        self._encode = msgspec.json.Encoder().encode
        self._has_hparams = False
        self.items = self.files = self.bytes = 0
        self.unreadable: list[UnreadableItem] = []

    def export_run(self, run: StoredRun, wants_tag: re.Pattern[str], kinds: set[str] | None) -> None:
        """All items of a run whose tag matches, of some kinds; None: all but scalars."""
        run_name = self._run_names.name_for(run.name)
        for stem in run.by_stem:
            if stem == "scalars" or (kinds is not None and stem not in kinds):
                continue
            if stem == "hparams":
                self._export_hparams(run)
                continue
            names = SafeNames()
            kind_name = self._kind_names.name_for(stem)
            for name in sorted(run.by_stem[stem], key=natural_key):
                if wants_tag.search(name):
                    place = (kind_name, run_name, names.name_for(name))
                    self._export_tag(run, run.by_stem[stem][name], place)

    def _export_tag(self, run: StoredRun, tag: Tag, place: tuple[str, ...]) -> None:
        if tag.stem in _TABLES:
            self._export_table(run, tag, place)
            return
        series = tag.blobs()
        chosen = np.arange(len(series)) if self._superseded else np.flatnonzero(~series.superseded)
        before: tuple[int, int] | None = None
        repeated = 0
        for position in chosen.tolist():
            step, lane = int(series.step[position]), int(series.lane[position])
            # Items are by lane, then step: those that would have one name follow each other.
            repeated = repeated + 1 if before == (lane, step) else 0
            before = lane, step
            stem = f"{step:08d}" + (f"_lane{lane}" if lane else "") + (f"_again{repeated}" if repeated else "")
            try:
                files = list(self._make_files(tag, series, position))
            except (EpochalError, WireError, ValueError) as error:
                self._leave_out(run, tag, step, error)
                continue
            self.items += 1
            for sample, (data, suffix) in enumerate(files):
                name = f"{stem}_{sample}{suffix}" if len(files) > 1 else stem + suffix
                file = self._write((*place, name), data)
                facts = (step, _finite(series.wall_time[position]), lane, bool(series.superseded[position]))
                self._note(ExportedItem(run.name, tag.name, tag.stem, *facts, sample, file))

    def _make_files(self, tag: Tag, series: BlobSeries, position: int) -> Iterator[tuple[bytes, str]]:
        """The files of one item: bytes and suffix. DamagedRecordError, WireError, ValueError."""
        make = _ITEMS.get(tag.stem)
        if make is not None:
            item: Any = self._take(tag, series, position, make)
            for sample in item.samples:
                yield sample, ".txt" if make is Text else _SUFFIXES.get(sniff_type(sample), ".bin")
        elif tag.stem == "graphs":
            yield from self._make_graph(tag, series, position)
        elif tag.meta.kind == "tensor":
            value = self._take(tag, series, position, Tensor).value
            if value.dtype == object:
                for cell in value.ravel().tolist():
                    yield cell, ".bin"
            else:
                out = io.BytesIO()
                np.save(out, value, allow_pickle=False)
                yield out.getvalue(), ".npy"
        else:
            yield self._logdir.read_blob(series.ref(position)), ".bin"

    def _take(self, tag: Tag, series: BlobSeries, position: int, make: type[Item[Any]]) -> Any:
        return make_items(tag.name, series, self._logdir.read_blob, True, make)[position]

    def _make_graph(self, tag: Tag, series: BlobSeries, position: int) -> Iterator[tuple[bytes, str]]:
        graph = Run(self._logdir, series.ref(position).file.run).graphs(tag.name)[position]
        yield graph.data, _GRAPH_SUFFIXES.get(graph.format, ".pb")

    def _export_table(self, run: StoredRun, tag: Tag, place: tuple[str, ...]) -> None:
        """Histograms and curves are numbers: one CSV file for all steps of a tag."""
        items = make_items(tag.name, tag.blobs(), self._logdir.read_blob, self._superseded, _TABLES[tag.stem])
        columns = ("left", "right", "count") if tag.stem == "histograms" else _CURVE_COLUMNS
        file = "/".join((*place[:-1], place[-1] + ".csv"))
        path = self._make_path(file)
        written = 0
        with open(path, "wb") as out:
            out.write((",".join(("step", "wall_time", "lane", "superseded", *columns)) + "\n").encode())
            for number in range(len(items)):
                item: Any = items[number]
                try:
                    rows = item.buckets if tag.stem == "histograms" else [getattr(item, name) for name in columns]
                except (EpochalError, WireError, ValueError) as error:
                    self._leave_out(run, tag, item.step, error)
                    continue
                head = f"{item.step},{item.wall_time!r},{item.lane},{'true' if item.superseded else 'false'},"
                table: Iterable[list[float]] = np.asarray(
                    rows if tag.stem == "histograms" else np.transpose(rows)
                ).tolist()
                out.write("".join(head + ",".join(map(repr, row)) + "\n" for row in table).encode())
                written += 1
            self.bytes += out.tell()
        self.files += 1
        self.items += written
        self._note(ExportedItem(run.name, tag.name, tag.stem, None, None, None, False, 0, file))

    def _export_hparams(self, run: StoredRun) -> None:
        session = Run(self._logdir, run.name).session
        if session is None:
            return
        values = {name: plain_value(value) for name, value in session.hparams.items()}
        line = self._encode(ExportedSession(run.name, session.status, values)) + b"\n"
        with open(os.path.join(self._folder, "hparams.jsonl"), "ab" if self._has_hparams else "wb") as out:
            out.write(line)
        self.files += not self._has_hparams
        self._has_hparams = True
        self.items += 1
        self.bytes += len(line)

    def _write(self, place: tuple[str, ...], data: bytes) -> str:
        file = "/".join(place)
        with open(self._make_path(file), "wb") as out:
            out.write(data)
        self.files += 1
        self.bytes += len(data)
        return file

    def _make_path(self, file: str) -> str:
        path = os.path.join(self._folder, *file.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def _note(self, item: ExportedItem) -> None:
        self._manifest.write(self._encode(item) + b"\n")

    def _leave_out(self, run: StoredRun, tag: Tag, step: int, error: Exception) -> None:
        reason = str(error) if isinstance(error, DamagedRecordError) else f"it cannot be decoded ({error})"
        self.unreadable.append(UnreadableItem(run.name, tag.name, tag.stem, step, reason))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
