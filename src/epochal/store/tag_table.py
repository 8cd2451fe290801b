"""The tags of event files, shared: ten thousand runs of a sweep log the same few hundred tags.

A `TagTable` says what the tags of a file are, by index; the file itself keeps only how many points each has. A
`Layout` says where the points of each of a run's tags are: in which of its files, and under which index there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from epochal.events.gaps import GAP_PLUGIN
from epochal.store.tags import make_tag_meta, make_tag_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from epochal.events.core import EventDecoder, IndexFile
    from epochal.store.tags import TagMeta

    Places = tuple[tuple[int, int], ...]
    """Where a tag's points are: (number of the file in its run, index of the tag in the file), in that order."""

MAX_JOINED = 1_000


class Layout(NamedTuple):
    """The tags of a run by stem and name, in order of first appearance, each with where its points are.

    `is_shared`: a tag has points in more than one place.
    """

    by_stem: Mapping[str, Mapping[str, Places]]
    is_shared: bool


class TagTable:
    """The names of a file's tags and what is said of them, by index; immutable. `marks` are those of gap marks.

    `digest` is that of an index with these tags, None before any was seen.
    """

    __slots__ = ("__weakref__", "digest", "layout", "marks", "metas", "names")

    def __init__(self, names: tuple[str, ...], metas: tuple[TagMeta, ...]) -> None:
        self.names = names
        self.metas = metas
        self.digest: bytes | None = None
        self.marks = tuple(index for index, meta in enumerate(metas) if meta.stem == GAP_PLUGIN)
        self.layout = _make_layout((self,), frozenset())


_tables: WeakValueDictionary[tuple[tuple[str, ...], tuple[TagMeta, ...]], TagTable] = WeakValueDictionary()
_by_digest: WeakValueDictionary[bytes, TagTable] = WeakValueDictionary()


def read_tag_table(source: EventDecoder | IndexFile) -> TagTable:
    """The tags that a decoder or an index knows now; one object for all files that have the same."""
    digest: bytes | None = getattr(source, "tags_digest", None)
    table = _by_digest.get(digest) if digest is not None else None
    if table is None:
        table = _intern(source)
        if digest is not None:
            _by_digest[digest] = table
            table.digest = digest
    return table


def find_tag_table(digest: bytes) -> TagTable | None:
    """The table with that digest, if some file has it."""
    return _by_digest.get(digest)


def _intern(source: EventDecoder | IndexFile) -> TagTable:
    names, metas = [], []
    for info in source.tags():
        names.append(make_tag_name(info.tag, info.kind))
        metas.append(
            make_tag_meta(
                info.kind,
                info.plugin_name,
                info.plugin_content,
                info.display_name,
                info.description,
                info.data_class,
                info.is_scalar,
            )
        )
    key = (tuple(names), tuple(metas))
    table = _tables.get(key)
    if table is None:
        table = _tables[key] = TagTable(*key)
    return table


_joined: dict[tuple[tuple[TagTable, ...], frozenset[tuple[int, int]]], Layout] = {}


def join_tables(tables: Sequence[TagTable], empty: frozenset[tuple[int, int]]) -> Layout:
    """The layout of a run from its files' tables; `empty` are the places where no point is left.

    Runs whose files have the same tags share one layout.
    """
    if len(tables) == 1 and not empty:
        return tables[0].layout
    key = (tuple(tables), empty)
    layout = _joined.get(key)
    if layout is None:
        if len(_joined) >= MAX_JOINED:
            _joined.clear()
        layout = _joined[key] = _make_layout(tables, empty)
    return layout


def _make_layout(tables: Sequence[TagTable], empty: frozenset[tuple[int, int]]) -> Layout:
    by_stem: dict[str, dict[str, Places]] = {}
    is_shared = False
    for number, table in enumerate(tables):
        for index, (name, meta) in enumerate(zip(table.names, table.metas, strict=True)):
            if meta.stem == GAP_PLUGIN or (number, index) in empty:
                continue
            of_stem = by_stem.setdefault(meta.stem, {})
            known = of_stem.get(name, ())
            is_shared = is_shared or bool(known)
            of_stem[name] = (*known, (number, index))
    return Layout(by_stem, is_shared)


NO_TAGS = TagTable((), ())
