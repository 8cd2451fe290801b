"""A run: its tags and their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from epochal.errors import TagNotFoundError
from epochal.events.messages import decode_value
from epochal.events.wire import WireError
from epochal.query.blobs import decode_strings
from epochal.query.custom_scalars import CustomLayout, decode_layout
from epochal.query.hparams import HparamsOfRun, read_hparams
from epochal.reading.arrays import Histogram, PrCurve, Tensor
from epochal.reading.items import Items, make_items
from epochal.reading.media import Audio, Graph, Image, Text, Video
from epochal.reading.meshes import Mesh, find_meshes, make_meshes
from epochal.reading.projector import Embedding, find_embeddings
from epochal.reading.scalars import Scalars, make_scalars
from epochal.reading.tags import Tag, make_hint, make_tag
from epochal.store.names import natural_key
from epochal.store.tags import RUN_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable

    from epochal.query.hparams_messages import Hparam
    from epochal.reading.items import AnyItem, Blob
    from epochal.reading.logdir import Logdir
    from epochal.store.problems import Problem
    from epochal.store.snapshot import Run as StoredRun
    from epochal.store.tags import Tag as StoredTag


class _Found(NamedTuple):
    """What a run has, by name, in one state of it."""

    run: StoredRun
    tags: dict[str, Tag]
    embeddings: dict[str, Embedding]


class Run:
    """A run of a logdir, by name; made by `Logdir.runs`.

    Its event files are read when something of it is first asked for. What it says is the state as of the
    logdir's last `refresh()`; arrays and items taken before a refresh stay as they are. Equal are runs of one
    name in one logdir. RunNotFoundError if the run is gone after a refresh.

    The methods that take a tag raise TagNotFoundError if the run has no such data under that name, and give
    points that a restart replaced only with `superseded=True`.
    """

    __slots__ = ("_found", "_logdir", "name")

    def __init__(self, logdir: Logdir, name: str) -> None:
        self._logdir = logdir
        self.name = name
        self._found: _Found | None = None

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """The absolute path of the run's folder."""
        return self._stored.path

    @property
    def parent(self) -> str | None:
        """The run under which the app folds this one, as torch's add_scalars makes them, or None."""
        return self._stored.parent

    @property
    def start_time(self) -> float | None:
        """The first event's wall_time, seconds since the epoch; None before any."""
        return self._stored.start_time

    @property
    def last_time(self) -> float | None:
        """The last event's wall_time."""
        return self._stored.last_time

    @property
    def bytes(self) -> int:
        """The size of the run's event files."""
        return self._stored.bytes

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read of it: file, offset, and one sentence."""
        return self._stored.problems

    @property
    def tags(self) -> dict[str, Tag]:
        """All tags by name, in natural order.

        Of a name with data of several kinds, the kind that came first. `__run_graph__` is the run's own graph,
        and embeddings of the projector are listed by their tensors' names.
        """
        return dict(self._find_all().tags)

    # -- data ----------------------------------------------------------------------------------------------------

    def scalars(self, tag: str, *, superseded: bool = False) -> Scalars:
        """Every point of a scalar tag, as arrays."""
        return make_scalars(self._find("scalars", tag).scalars(), superseded)

    def images(self, tag: str, *, superseded: bool = False) -> Items[Image]:
        """Images, one item per step: data, samples, width, height."""
        return self._items("images", tag, superseded, Image)

    def videos(self, tag: str, *, superseded: bool = False) -> Items[Video]:
        """Videos, one item per step: data, samples. Those of torch's `add_video` are stored as images."""
        stem = "images" if tag in self._stored.by_stem.get("images", ()) else "video"
        return self._items(stem, tag, superseded, Video)

    def audio(self, tag: str, *, superseded: bool = False) -> Items[Audio]:
        """Sounds, one item per step: data, samples, sample_rate, num_channels, length_frames, content_type."""
        return self._items("audio", tag, superseded, Audio)

    def texts(self, tag: str, *, superseded: bool = False) -> Items[Text]:
        """Texts, one item per step: text, data, samples, shape. Torch's suffix `/text_summary` may be left out."""
        return self._items("text", tag, superseded, Text)

    def histograms(self, tag: str, *, superseded: bool = False) -> Items[Histogram]:
        """Histograms, one item per step: buckets (left, right, count), num, min, max, sum, sum_squares."""
        return self._items("histograms", tag, superseded, Histogram)

    def pr_curves(self, tag: str, *, superseded: bool = False) -> Items[PrCurve]:
        """Precision-recall curves, one item per step: thresholds, precision, recall and the counts behind them."""
        return self._items("pr_curves", tag, superseded, PrCurve)

    def tensors(self, tag: str, *, superseded: bool = False) -> Items[Tensor]:
        """Tensors of any plugin, one item per step: value, a NumPy array. Legacy forms are not tensors."""
        run = self._stored
        for stem, tags in run.by_stem.items():
            if stem != "scalars" and tag in tags and tags[tag].meta.kind == "tensor":
                return self._items(stem, tag, superseded, Tensor)
        known = [one.name for one in run.iter_tags() if one.stem != "scalars" and one.meta.kind == "tensor"]
        raise TagNotFoundError(self.name, tag, "tensor", known, make_hint(run, tag))

    def graphs(self, tag: str = RUN_GRAPH) -> Items[Graph]:
        """Graphs and what was recorded about them: data (serialised), format. By default the run's own graph.

        All that were logged, the newest last: a restart at step 0 replaces points, but no graph.
        """
        stored = self._find("graphs", tag)
        kinds = {
            (part.file.relative_path, int(offset)): part.meta.kind
            for part in stored.source.parts
            if part.meta.kind != stored.meta.kind
            for offset in part.blobs()[2]
        }

        def make(step: int, wall_time: float, lane: int, superseded: bool, blob: Blob) -> Graph:
            kind = kinds.get((blob.path, blob.offset), stored.meta.kind)
            return Graph(step, wall_time, lane, superseded, blob, kind, stored.plugin_name)

        return make_items(tag, stored.blobs(), self._logdir.read_blob, True, make)

    def meshes(self, tag: str, *, superseded: bool = False) -> Items[Mesh]:
        """Meshes, one item per step: vertices, faces, colors, config. `tag` is the name that was logged.

        Each of a mesh's parts is a tag of its own (`<name>_VERTEX`, …), which `tags` lists.
        """
        run = self._stored
        found = find_meshes(run.by_stem.get("mesh", {}))
        if tag not in found:
            raise TagNotFoundError(self.name, tag, "mesh", found, make_hint(run, tag))
        return make_meshes(tag, found[tag], self._logdir.read_blob, superseded)

    def projector(self, name: str) -> Embedding:
        """An embedding by its tensor's name: tensor, metadata, columns, sprite."""
        found = self._find_all()
        if name not in found.embeddings:
            raise TagNotFoundError(self.name, name, "projector", found.embeddings, make_hint(found.run, name))
        return found.embeddings[name]

    @property
    def hparams(self) -> dict[str, Hparam]:
        """The run's hyperparameters by name, as logged: bool, float, str or None. Empty if there are none."""
        session = self.session
        return {} if session is None else dict(session.hparams)

    @property
    def session(self) -> HparamsOfRun | None:
        """The hyperparameters with the session's status, times and group; None if the run logged no session."""
        return read_hparams(self._stored, self._logdir.read_blob)

    @property
    def custom_scalars(self) -> CustomLayout | None:
        """The layout of charts that was logged last; None if none was, or it cannot be decoded."""
        for stored in self._stored.by_stem.get("custom_scalars", {}).values():
            series = stored.blobs()
            data = self._logdir.read_blob(series.ref(len(series) - 1))
            try:
                return decode_layout(decode_strings(decode_value(data).value).ravel()[0])
            except (WireError, IndexError):
                continue
        return None

    # -- inside --------------------------------------------------------------------------------------------------

    @property
    def _stored(self) -> StoredRun:
        return self._logdir.load_run(self.name)

    def _find_all(self) -> _Found:
        """All tags and embeddings, looked up once for each state of the run."""
        run = self._stored
        found = self._found
        if found is None or found.run is not run:
            embeddings = find_embeddings(run.path)
            tags = {name: make_tag(tag) for name, tag in run.tags.items()}
            for name in embeddings:
                tags.setdefault(name, Tag(name, "projector", 0, name))
            ordered = {name: tags[name] for name in sorted(tags, key=natural_key)}
            found = self._found = _Found(run, ordered, embeddings)
        return found

    def _find(self, stem: str, tag: str) -> StoredTag:
        run = self._stored
        try:
            return run.find_tag(stem, tag)
        except TagNotFoundError:
            raise TagNotFoundError(self.name, tag, stem, run.by_stem.get(stem, ()), make_hint(run, tag)) from None

    def _items(
        self, stem: str, tag: str, superseded: bool, make: Callable[[int, float, int, bool, Blob], AnyItem]
    ) -> Items[AnyItem]:
        return make_items(tag, self._find(stem, tag).blobs(), self._logdir.read_blob, superseded, make)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Run):
            return NotImplemented
        return (self.name, self._logdir) == (other.name, other._logdir)

    def __hash__(self) -> int:
        return hash((self.name, self._logdir))

    def __reduce__(self) -> tuple[object, ...]:
        return Run, (self._logdir, self.name)

    def __repr__(self) -> str:
        return f"Run({self.name!r})"

    def _repr_html_(self) -> str:
        from epochal.reading.html import draw_run

        return draw_run(self)
