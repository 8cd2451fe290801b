"""POST /api/export: all points of any number of series as text, a piece at a time.

One series is as in TensorBoard's downloads: CSV with `Wall time,Step,Value`, or [[wall_time, step, value], …].
Several have columns for the run and the tag before that, or {run: {tag: [[wall_time, step, value], …]}}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from epochal.errors import NotFoundError
from epochal.query.compat_scalars import CSV_NAMES, ScalarPoints, make_csv, make_rows, read_scalar_points
from epochal.query.scalars_series import SeriesKey
from epochal.store.names import natural_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from epochal.store.snapshot import Snapshot

ExportFormat = Literal["csv", "json", "jsonl"]

#: So many points become text at a time.
_BATCH_POINTS = 4096

#: Pieces are at least so long, but for the last one.
_PIECE_BYTES = 64 << 10

_encoder = msgspec.json.Encoder()


class ExportRequest(msgspec.Struct, frozen=True):
    """Series by their keys; those of `runs` and `tags` besides, as many as there are (null: of all, [] of none).

    `layout` "long": a row for each point. `superseded`: also what a restart replaced. What does not exist is left
    out; if nothing is left, that is an error.
    """

    format: ExportFormat
    series: Annotated[list[SeriesKey], msgspec.Meta(max_length=100_000)] = []
    runs: list[str] | None = []
    tags: list[str] | None = []
    layout: Literal["long"] = "long"
    superseded: bool = False


def open_export(snapshot: Snapshot, request: ExportRequest) -> Iterator[bytes]:
    """The pieces of the export. NotFoundError, at once, if none of the series exists."""
    keys = list(dict.fromkeys((key.run, key.tag) for key in [*request.series, *_find_all(snapshot, request)]))
    present = [key for key in keys if _exists(snapshot, *key)]
    if not present:
        if len(keys) == 1:
            snapshot.find_tag(*keys[0], "scalars")  # says what there is instead
        raise NotFoundError("None of these series exists.")
    of_one = len(keys) == 1
    write = {"csv": _write_csv, "json": _write_json, "jsonl": _write_json_lines}[request.format]
    return _join_pieces(write(snapshot, present, of_one, request.superseded))


def _find_all(snapshot: Snapshot, request: ExportRequest) -> list[SeriesKey]:
    """The series of `runs` and `tags`, in the order of the runs."""
    if request.runs == [] or request.tags == []:
        return []
    wanted = None if request.tags is None else frozenset(request.tags)
    runs = snapshot.runs if request.runs is None else dict.fromkeys(request.runs)
    found = []
    for name in runs:
        run = snapshot.runs.get(name)
        tags = run.by_stem.get("scalars", {}) if run is not None else {}
        found += [SeriesKey(name, tag) for tag in sorted(tags, key=natural_key) if wanted is None or tag in wanted]
    return found


def _exists(snapshot: Snapshot, run: str, tag: str) -> bool:
    return run in snapshot.runs and tag in snapshot.runs[run].layout.by_stem.get("scalars", {})


_Keys = list[tuple[str, str]]


def _write_csv(snapshot: Snapshot, keys: _Keys, of_one: bool, superseded: bool) -> Iterator[bytes]:
    yield make_csv([CSV_NAMES if of_one else ("Run", "Tag", *CSV_NAMES)])
    for run, tag in keys:
        for columns in _read_batches(snapshot, run, tag, superseded):
            rows: Iterable[Any] = zip(*(column.tolist() for column in columns), strict=True)
            yield make_csv(rows if of_one else ((run, tag, *row) for row in rows))


def _write_json(snapshot: Snapshot, keys: _Keys, of_one: bool, superseded: bool) -> Iterator[bytes]:
    if of_one:
        yield from _write_json_series(snapshot, *keys[0], superseded)
        return
    of_runs: dict[str, list[str]] = {}
    for run, tag in keys:
        of_runs.setdefault(run, []).append(tag)
    before_run = b"{"
    for run, tags in of_runs.items():
        yield before_run + _encoder.encode(run) + b":"
        before_tag = b"{"
        for tag in tags:
            yield before_tag + _encoder.encode(tag) + b":"
            yield from _write_json_series(snapshot, run, tag, superseded)
            before_tag = b","
        yield b"}"
        before_run = b",\n"
    yield b"}"


def _write_json_series(snapshot: Snapshot, run: str, tag: str, superseded: bool) -> Iterator[bytes]:
    before = b"["
    for columns in _read_batches(snapshot, run, tag, superseded):
        yield before + _encoder.encode(make_rows(columns))[1:-1]
        before = b","
    yield b"]" if before == b"," else b"[]"


def _write_json_lines(snapshot: Snapshot, keys: _Keys, of_one: bool, superseded: bool) -> Iterator[bytes]:
    for run, tag in keys:
        for columns in _read_batches(snapshot, run, tag, superseded):
            yield _encoder.encode_lines(
                [
                    {"run": run, "tag": tag, "wall_time": wall_time, "step": step, "value": value}
                    for wall_time, step, value in make_rows(columns)
                ]
            )


def _read_batches(snapshot: Snapshot, run: str, tag: str, superseded: bool) -> Iterator[ScalarPoints]:
    """A series' points by step, lanes merged, some at a time. Of a series in one lane nothing is copied."""
    points = read_scalar_points(snapshot, run, tag, superseded=superseded)
    for start in range(0, len(points.step), _BATCH_POINTS):
        part = slice(start, start + _BATCH_POINTS)
        yield ScalarPoints(points.wall_time[part], points.step[part], points.value[part])


def _join_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Longer pieces: each is a turn of a thread."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
