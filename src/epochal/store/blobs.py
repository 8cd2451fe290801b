"""Bytes of media, text and histograms: read when asked for, by offset and length, checked by CRC.

A blob's key is opaque to clients and says all that is needed to find and to check the bytes: the file (a hash
of its path in the logdir and of when it was begun), the record, the value in it, the record's data CRC and the
stem that says how to read the value. What a key names can therefore never change; if the bytes did, there is
no such blob any more.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from epochal.errors import BlobNotFoundError, DamagedRecordError
from epochal.events.core import masked_crc32c
from epochal.events.filesystem import open_readonly, pread
from epochal.events.records import FOOTER_BYTES, HEADER_BYTES
from epochal.store.log_file import LogFile
from epochal.store.points import BlobRef
from epochal.store.problems import describe_os_error
from epochal.types import STEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_KEY = struct.Struct("<B8sQQQQI")
_HEADER = struct.Struct("<QI")

BAD_CHECKSUM = "does not match its checksum"


class BlobReader:
    """Reads blobs of one logdir. Thread-safe; holds no descriptor open."""

    def __init__(self, on_damage: Callable[[LogFile, int, int, str], None] | None = None) -> None:
        self._on_damage = on_damage
        self._files: WeakValueDictionary[bytes, LogFile] = WeakValueDictionary()

    def read(self, ref: BlobRef) -> bytes:
        """The value's bytes. DamagedRecordError if they are not what was indexed; a bad checksum is listed."""
        try:
            return _read_value(ref)
        except DamagedRecordError as error:
            if self._on_damage is not None and error.reason == BAD_CHECKSUM:
                self._on_damage(ref.file, ref.record_offset, ref.record_bytes, f"The record {error.reason}.")
            raise

    def make_key(self, ref: BlobRef, stem: str) -> str:
        """The key under which `find` gives this blob again, also after a restart of the server.

        ValueError if `stem` is not one of STEMS.
        """
        file_key = _file_key(ref.file)
        self._files[file_key] = ref.file
        packed = _KEY.pack(STEMS.index(stem), file_key, *ref[1:])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def find(self, key: str, files: Iterable[LogFile]) -> tuple[BlobRef, str]:
        """The blob that a key names, and its stem. BlobNotFoundError if `files` have none such.

        A forged key reaches no byte that is not a whole, checked record of an event file: `read` checks.
        """
        try:
            packed = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
            stem, file_key, *numbers = _KEY.unpack(packed)
        except (binascii.Error, ValueError, struct.error):
            raise BlobNotFoundError(key) from None
        file = self._files.get(file_key)
        if file is None:
            for candidate in files:
                candidate_key = _file_key(candidate)
                self._files[candidate_key] = candidate
                if candidate_key == file_key:
                    file = candidate
        if file is None or _file_key(file) != file_key or stem >= len(STEMS):
            raise BlobNotFoundError(key)
        return BlobRef(file, *numbers), STEMS[stem]


def _file_key(file: LogFile) -> bytes:
    from hashlib import blake2b

    state = file.state
    begun = state.first_wall_time if state is not None else None
    return blake2b(f"{file.relative_path}\0{begun!r}".encode(), digest_size=8).digest()


def _read_value(ref: BlobRef) -> bytes:
    """Read the whole record, check it, cut the value out."""

    def damaged(reason: str) -> DamagedRecordError:
        return DamagedRecordError(ref.file.relative_path, ref.record_offset, reason)

    start = ref.value_offset - ref.record_offset - HEADER_BYTES
    if start < 0 or start + ref.value_bytes > ref.record_bytes:
        raise damaged("does not hold the value")
    try:
        fd = open_readonly(ref.file.path)
    except OSError as error:
        raise damaged(f"cannot be read: {describe_os_error(error)[:-1]}") from error
    try:
        header = pread(fd, HEADER_BYTES, ref.record_offset)
        if len(header) < HEADER_BYTES:
            raise damaged("is gone: the file is shorter now")
        length, length_crc = _HEADER.unpack(header)
        if length != ref.record_bytes or masked_crc32c(header[:8]) != length_crc:
            raise damaged("is not where it was: the file was replaced")
        frame = pread(fd, length + FOOTER_BYTES, ref.record_offset + HEADER_BYTES)
    except OSError as error:
        raise damaged(f"cannot be read: {describe_os_error(error)[:-1]}") from error
    finally:
        os.close(fd)
    data = memoryview(frame)[:length]
    stored = frame[length:]
    if len(stored) < FOOTER_BYTES:
        raise damaged("is gone: the file is shorter now")
    if int.from_bytes(stored, "little") != ref.data_crc:
        raise damaged("is not where it was: the file was replaced")
    if masked_crc32c(data) != ref.data_crc:
        raise damaged(BAD_CHECKSUM)
    return bytes(data[start : start + ref.value_bytes])
