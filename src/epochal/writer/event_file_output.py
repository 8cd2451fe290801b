"""One event file as a descriptor: whole records or nothing, only ever appended, never shared.

A write that fails half way is cut back to the last whole record, so that nothing is ever appended behind a
torn one: TensorBoard stops reading there.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable

from epochal.events.event_file import is_event_file, make_event_file_name
from epochal.events.message_encoders import FILE_VERSION, encode_event
from epochal.events.records import FRAME_BYTES, frame_record
from epochal.writer.directory_sync import make_directories

_LENGTH = struct.Struct("<Q")

MAX_WRITE_BYTES = 1 << 20
"""One system call's worth: small enough that progress shows while a slow disk takes a large image."""


class EventFileOutput:
    """An open event file. Not thread-safe: one background thread owns it. All methods may raise OSError."""

    on_progress: Callable[[], None] = staticmethod(lambda: None)
    """Called after each system call that moved bytes."""

    unsynced_directories: tuple[str, ...] = ()
    """Directories whose entries must be synced too before the file is sure to be found after a power loss."""

    def __init__(self, directory: str, filename_suffix: str) -> None:
        """Create `directory` if needed and in it a new file, and write its header."""
        self.unsynced_directories = make_directories(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        while True:
            self.path = os.path.join(directory, make_event_file_name(filename_suffix))
            try:
                self._fd = os.open(self.path, flags, 0o666)
                break
            except FileExistsError:
                continue  # somebody drew the same 64 bits, or a test says so
        try:
            self._adopt(offset=0)
            self._write_header()
        except Exception:
            # A file without a header would be one more thing to explain; no reader has seen it yet.
            self.forget()
            os.unlink(self.path)
            raise

    @classmethod
    def reopen(cls, path: str, identity: tuple[int, int], offset: int) -> EventFileOutput | None:
        """Open an own file again after `close`, or return None if the run went on without it.

        It is still ours if it is the same inode and ends where we left it, and it is still the place to write
        if it is the directory's newest event file: readers take the files of a run in the order of their names.
        """
        name = os.path.basename(path)
        with os.scandir(os.path.dirname(path)) as entries:
            if any(entry.name > name for entry in entries if is_event_file(entry.name)):
                return None
        output = cls.__new__(cls)
        output.path = path
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        output._fd = os.open(path, flags)
        try:
            output._adopt(offset)
            is_ours = output.identity == identity and os.fstat(output._fd).st_size == offset
        except OSError:
            output.forget()
            raise
        if not is_ours:
            output.close()
            return None
        return output

    def _adopt(self, offset: int) -> None:
        stat = os.fstat(self._fd)
        self.identity = (stat.st_dev, stat.st_ino)
        self.offset = offset
        self._torn = False
        # A FUSE file system may count no links at all.
        self._counts_links = stat.st_nlink > 0

    def _write_header(self) -> None:
        event = encode_event(time.time(), file_version=FILE_VERSION, source_writer="epochal")
        rest = self.write(frame_record(event))
        if rest:
            raise OSError(rest[1].errno, os.strerror(rest[1].errno or 0), self.path)

    def write(self, frames: bytes) -> tuple[bytes, OSError] | None:
        """Append whole frames. None on success, else (the frames that are not in the file, the error).

        After an error the file ends with a whole frame; if even that could not be arranged, `torn` is set
        and the file must not be written again.
        """
        view = memoryview(frames)
        done = 0
        try:
            while done < len(view):
                written = os.write(self._fd, view[done : done + MAX_WRITE_BYTES])
                if written <= 0:
                    raise OSError(5, "the disk took no bytes")
                done += written
                self.on_progress()
        except Exception as error:  # noqa: BLE001 - a bug must leave whole frames too, and none of them twice
            whole = _whole_frames(frames, done)
            if whole < done:
                self._cut_back(self.offset + whole)
            self.offset += whole
            if whole == len(frames):
                return None
            return frames[whole:], error if isinstance(error, OSError) else OSError(repr(error))
        self.offset += done
        return None

    def _cut_back(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            self._torn = True

    @property
    def torn(self) -> bool:
        """Whether the file ends inside a record."""
        return self._torn

    def is_unlinked(self) -> bool:
        """Whether the file has been deleted: one cheap system call, asked before each write."""
        return self._counts_links and os.fstat(self._fd).st_nlink == 0

    def is_elsewhere(self) -> bool:
        """Whether the path no longer leads to this file: deleted, renamed, or its directory was."""
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            return True
        return (stat.st_dev, stat.st_ino) != self.identity

    def duplicate_descriptor(self) -> int:
        """A second descriptor of the file, for a sync that may outlast this one; the caller closes it."""
        return os.dup(self._fd)

    def take_descriptor(self) -> int:
        """The descriptor itself, which the caller closes; nothing can be written here any more."""
        fd, self._fd = self._fd, -1
        return fd

    def close(self) -> None:
        """Close the descriptor; some network file systems report write errors only here."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def forget(self) -> None:
        """Close the descriptor in a forked child, where the file belongs to the parent."""
        try:
            self.close()
        except OSError:
            pass


def sync_descriptor(fd: int) -> None:
    """Wait until the disk has the file's contents and size; its times may come later. OSError."""
    getattr(os, "fdatasync", os.fsync)(fd)


def _whole_frames(frames: bytes, written: int) -> int:
    """The length of the whole frames within the first `written` bytes."""
    position = 0
    while position + FRAME_BYTES <= written:
        end = position + FRAME_BYTES + _LENGTH.unpack_from(frames, position)[0]
        if end > written:
            break
        position = end
    return position


def count_frames(frames: bytes) -> int:
    """The number of records in whole frames."""
    position = count = 0
    while position < len(frames):
        position += FRAME_BYTES + int(_LENGTH.unpack_from(frames, position)[0])
        count += 1
    return count
