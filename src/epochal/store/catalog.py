"""A list of a large logdir's files as they were, so that ten thousand of them need not be looked up one by one.

It says of each file that lies wholly in the index what its state would be. It is believed under the same condition
as an index whose file is not even opened: the file system says that nothing was touched. Everything that is not
plain (purge markers, problems, files that grew) is left to the index itself. One file for each logdir, in the
index's folder; it may vanish at any time.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from epochal.events.filesystem import open_readonly, pread
from epochal.store.index import RACY_SECS, TEMPORARY, VERSION, Identity
from epochal.store.logdir import FileStat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from epochal.store.index import IndexCache
    from epochal.store.log_file import LogFile

#: A list that does not know this share of the files is written anew.
MAX_UNKNOWN = 0.01

#: A list of this age is not used: looking each index up tells the cache that it is still wanted.
MAX_AGE_SECS = 30 * 24 * 3600.0

SUFFIX = ".catalog"
_DIGEST_BYTES = 16
_MAX_BYTES = 1 << 30


class Entry(NamedTuple):
    """One event file: what it was, where its index is, and what is in it.

    `stat`, `read_at`, `key` and `identity` as in `IndexMeta` and `FileColumns`; `tags` is the digest of its table,
    `counts` uint64[tags] as bytes, the wall times those of its first and last event.
    """

    stat: FileStat
    read_at: float
    key: bytes
    identity: Identity
    tags: bytes
    counts: bytes
    first_wall_time: float | None
    last_wall_time: float | None

    def says_unchanged(self, stat: FileStat) -> bool:
        """Whether the file system vouches for every byte; see `IndexMeta.says_unchanged`."""
        return self.stat == stat and self.read_at - max(stat.mtime_ns, stat.ctime_ns) / 1e9 > RACY_SECS


def read_catalog(cache: IndexCache, root: str) -> Mapping[str, Entry]:
    """What is known of the files under a logdir, by path; empty if nothing is or it is damaged."""
    try:
        fd = open_readonly(_name_of(cache, root))
        try:
            info = os.fstat(fd)
            if time.time() - info.st_mtime > MAX_AGE_SECS:
                return {}
            data = pread(fd, min(info.st_size, _MAX_BYTES), 0)
        finally:
            os.close(fd)
        body = memoryview(data)[_DIGEST_BYTES:]
        if blake2b(body, digest_size=_DIGEST_BYTES).digest() != data[:_DIGEST_BYTES]:
            return {}
        version, of_root, files = msgspec.msgpack.decode(body, type=tuple[int, str, dict[str, Entry]])
    except (OSError, msgspec.MsgspecError):
        return {}
    return files if version == VERSION and of_root == os.fsencode(root).hex() else {}


def write_catalog(cache: IndexCache, root: str, files: Iterable[LogFile]) -> None:
    """Note what is known of these files. A disk that has no room for it, has none."""
    entries = {}
    for file in files:
        entry = _describe(file)
        if entry is not None:
            with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8
                file.path.encode()
                entries[file.path] = entry
    body = msgspec.msgpack.encode((VERSION, os.fsencode(root).hex(), entries))
    name = _name_of(cache, root)
    temporary = f"{name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}"
    try:
        with open(temporary, "xb") as out:
            out.write(blake2b(body, digest_size=_DIGEST_BYTES).digest() + body)
        os.replace(temporary, name)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _describe(file: LogFile) -> Entry | None:
    """None for what is not plain."""
    state, loaded, columns = file.state, file.loaded, file.columns
    key = columns.parked_key
    if state is None or loaded is None or key is None or state.columns is not columns or state.stat is not loaded:
        return None
    if state.problems or state.markers or state.removed:
        return None
    if state.table.digest is None:
        opened = columns.open_parked()
        if opened is None:
            return None
        state.table.digest = opened.file.tags_digest
    identity = columns.identity
    if columns.parked_key != key or columns.indexed_bytes != identity.offset:  # it has just grown
        return None
    return Entry(
        loaded,
        file.read_at,
        key,
        identity,
        state.table.digest,
        state.counts.tobytes(),
        state.first_wall_time,
        state.last_wall_time,
    )


def _name_of(cache: IndexCache, root: str) -> str:
    return os.path.join(cache.folder, blake2b(os.fsencode(root), digest_size=16).hexdigest() + SUFFIX)
