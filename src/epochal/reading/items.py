"""Items: what was logged at one step and is read from disk when asked for; and sequences of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import numpy as np

from epochal.errors import DamagedRecordError, NotFoundError
from epochal.events.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from epochal.store.points import BlobRef, BlobSeries
    from epochal.types import LaneColumn, MaskColumn, StepColumn, WallTimeColumn

    ReadBlob = Callable[[BlobRef], bytes]

Content = TypeVar("Content")
AnyItem = TypeVar("AnyItem", bound="Item[Any]")


class Blob:
    """A stored value: where it is, and its bytes on demand. Pickles as its bytes."""

    __slots__ = ("_source", "offset", "path")

    def __init__(self, path: str, offset: int, source: bytes | Callable[[], bytes]) -> None:
        self.path = path
        self.offset = offset
        self._source = source

    def read(self) -> bytes:
        """The bytes, from disk and checked by CRC. DamagedRecordError."""
        return self._source if isinstance(self._source, bytes) else self._source()

    def __reduce__(self) -> tuple[object, ...]:
        return Blob, (self.path, self.offset, self.read())


def make_blob(read_blob: ReadBlob, ref: BlobRef) -> Blob:
    """The value at a place in a file."""
    return Blob(ref.file.relative_path, ref.record_offset, lambda: read_blob(ref))


class Item(Generic[Content]):
    """What was logged at one step. Reading its data opens the event file and checks the record's CRC.

    step: as logged. wall_time: seconds since the epoch. lane, superseded: see `Scalars`.
    Everything else raises DamagedRecordError if the bytes are not what they were. What was read stays with the
    item; take it from the sequence again to let go of it.
    """

    __slots__ = ("_blob", "_content", "lane", "step", "superseded", "wall_time")

    #: What damage is said to be: "… is not images".
    _stem: ClassVar[str] = ""

    def __init__(self, step: int, wall_time: float, lane: int, superseded: bool, blob: Blob) -> None:
        self.step = step
        self.wall_time = wall_time
        self.lane = lane
        self.superseded = superseded
        self._blob = blob
        self._content: Content | None = None

    def _decode(self, data: bytes) -> Content:
        """The content of the stored value's bytes; WireError if they are none."""
        raise NotImplementedError

    def _load(self) -> Content:
        if self._content is None:
            data = self._blob.read()
            try:
                self._content = self._decode(data)
            except WireError as error:
                reason = f"is not {self._stem}: {error}"
                raise DamagedRecordError(self._blob.path, self._blob.offset, reason) from error
        return self._content

    def _facts(self) -> tuple[int, float, int, bool]:
        return self.step, self.wall_time, self.lane, self.superseded

    def __eq__(self, other: object) -> bool:
        """Whether the stored bytes, the step and the rest are equal. Reads both."""
        if not isinstance(other, Item) or type(self) is not type(other):
            return NotImplemented
        # repr: a wall_time of NaN is equal to itself.
        return repr(self._facts()) == repr(other._facts()) and self._blob.read() == other._blob.read()

    def __hash__(self) -> int:
        return hash((type(self), self.step, self.lane))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (*self._facts(), self._blob)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(step={self.step})"


class Items(Sequence[AnyItem]):
    """Items by lane, then step: a sequence that reads nothing until an item's data are asked for.

    step int64[n], wall_time float64[n], lane uint16[n] and superseded bool[n] describe all of them at once.
    """

    __slots__ = ("_make", "_name", "lane", "step", "superseded", "wall_time")

    def __init__(
        self,
        name: str,
        step: StepColumn,
        wall_time: WallTimeColumn,
        lane: LaneColumn,
        superseded: MaskColumn,
        make: Callable[[int], AnyItem],
    ) -> None:
        self._name = name
        self.step = step
        self.wall_time = wall_time
        self.lane = lane
        self.superseded = superseded
        self._make = make

    def __len__(self) -> int:
        return len(self.step)

    @overload
    def __getitem__(self, index: int) -> AnyItem: ...

    @overload
    def __getitem__(self, index: slice) -> Items[AnyItem]: ...

    def __getitem__(self, index: int | slice) -> AnyItem | Items[AnyItem]:
        if isinstance(index, slice):
            return self._select(np.arange(len(self))[index])
        try:
            position = range(len(self))[index]  # negative ones from the end
        except IndexError:
            message = f"{self._name!r} has no item {index}: its length is {len(self):,}; at_step finds a step."
            raise IndexError(message) from None
        return self._make(position)

    def _select(self, positions: NDArray[np.int64]) -> Items[AnyItem]:
        make = self._make
        columns = (
            self.step[positions],
            self.wall_time[positions],
            self.lane[positions],
            self.superseded[positions],
        )
        return Items(self._name, *columns, lambda position: make(int(positions[position])))

    def at_step(self, step: int) -> AnyItem:
        """The item of a step, the latest logged if there are several. NotFoundError names the nearest steps."""
        found = np.flatnonzero(self.step == step)
        if not len(found):
            raise NotFoundError(f"{self._name!r} has nothing at step {step}.{self._nearest(step)}")
        times = self.wall_time[found]
        return self[int(found[-1 if np.isnan(times).all() else int(np.nanargmax(times))])]

    def _nearest(self, step: int) -> str:
        steps = np.unique(self.step)
        at = int(np.searchsorted(steps, step))
        near = [str(one) for one in steps[max(0, at - 1) : at + 1].tolist()]
        return f" The nearest: {' and '.join(near)}." if near else ""

    def __eq__(self, other: object) -> bool:
        """Whether all items are equal. Reads them."""
        if not isinstance(other, Items):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        columns = (self.step, self.wall_time, self.lane, self.superseded)
        return _restore_items, (self._name, *columns, list(self))

    def __repr__(self) -> str:
        if not len(self):
            return f"Items({self._name!r}, empty)"
        first, last = int(self.step.min()), int(self.step.max())
        count = "1 item" if len(self) == 1 else f"{len(self):,} items"
        return f"Items({self._name!r}, {count}, steps {first} to {last})"


def _restore_items(
    name: str,
    step: StepColumn,
    wall_time: WallTimeColumn,
    lane: LaneColumn,
    superseded: MaskColumn,
    items: list[AnyItem],
) -> Items[AnyItem]:
    return Items(name, step, wall_time, lane, superseded, items.__getitem__)


def make_items(
    name: str,
    series: BlobSeries,
    read_blob: ReadBlob,
    superseded: bool,
    make: Callable[[int, float, int, bool, Blob], AnyItem],
) -> Items[AnyItem]:
    """The items of a stored series, made one by one by `make` (a class of items, mostly).

    Those that a restart replaced are among them only if asked for.
    """
    lane, replaced = series.lane, series.superseded
    kept: NDArray[np.int64] = np.arange(len(series)) if superseded else np.flatnonzero(~replaced)

    def make_one(index: int) -> AnyItem:
        at = int(kept[index])
        facts = int(series.step[at]), float(series.wall_time[at]), int(lane[at]), bool(replaced[at])
        return make(*facts, make_blob(read_blob, series.ref(at)))

    return Items(name, series.step[kept], series.wall_time[kept], lane[kept], replaced[kept], make_one)
