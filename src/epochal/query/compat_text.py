"""TensorBoard's text routes: tensors of strings at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.errors import DamagedRecordError, NotFoundError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.blobs import decode_strings
from epochal.query.compat_tags import iter_runs
from epochal.query.selection import select_positions, spread_positions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from epochal.store.snapshot import Snapshot


class TextPoint(NamedTuple):
    """`cells`: an object array of bytes, of any number of dimensions."""

    wall_time: float
    step: int
    cells: NDArray[np.object_]


def list_text_tags(snapshot: Snapshot) -> dict[str, list[str]]:
    """All tags of texts by run, as stored (torch's suffix too)."""
    return {run: [tag.name for tag in tags] for run, tags in iter_runs(snapshot, "text")}


def list_texts(
    snapshot: Snapshot, run: str, tag: str, *, sample: int | None = None, superseded: bool = False
) -> list[TextPoint]:
    """A tag's texts by step; none of what there is not, as TensorBoard answers. Damaged ones are left out."""
    try:
        series = snapshot.find_tag(run, tag, "text").blobs()
    except NotFoundError:
        return []
    points = []
    for position in spread_positions(select_positions(series, superseded=superseded), sample).tolist():
        try:
            cells = decode_strings(decode_value(snapshot.read_blob(series.ref(position))).value)
        except (DamagedRecordError, WireError):
            continue
        points.append(TextPoint(float(series.wall_time[position]), int(series.step[position]), cells))
    return points
