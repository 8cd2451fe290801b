"""Files that are equal byte for byte, found without reading more than needed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from epochal.events.filesystem import open_readonly, pread

_HEAD_BYTES = 4096
_CHUNK_BYTES = 1 << 20


class SameFileGroup(NamedTuple):
    """Two or more paths with the same content of `size` bytes, at least one."""

    paths: tuple[str, ...]
    size: int


def find_same_files(paths: Iterable[str]) -> list[SameFileGroup]:
    """Groups of files with the same content. Links to one file and what cannot be read are left out."""
    by_size: defaultdict[int, dict[tuple[int, int], str]] = defaultdict(dict)
    for path in paths:
        try:
            info = os.stat(path)
        except OSError:
            continue
        if info.st_size:
            by_size[info.st_size].setdefault((info.st_dev, info.st_ino), path)
    groups = []
    for size, files in by_size.items():
        for heads in _split(files.values(), _HEAD_BYTES):
            groups += [SameFileGroup(tuple(sorted(same)), size) for same in _split(heads, size)]
    return groups


def _split(paths: Iterable[str], size: int) -> Iterator[list[str]]:
    """The paths by their first `size` bytes; groups of two or more."""
    paths = list(paths)
    if len(paths) < 2:
        return
    by_digest: defaultdict[bytes, list[str]] = defaultdict(list)
    for path in paths:
        try:
            by_digest[_digest(path, size)].append(path)
        except OSError:
            continue
    yield from (group for group in by_digest.values() if len(group) > 1)


def _digest(path: str, size: int) -> bytes:
    digest = blake2b(digest_size=32)
    fd = open_readonly(path)
    try:
        for offset in range(0, size, _CHUNK_BYTES):
            digest.update(pread(fd, min(_CHUNK_BYTES, size - offset), offset))
    finally:
        os.close(fd)
    return digest.digest()
