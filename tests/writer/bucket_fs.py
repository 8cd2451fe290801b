"""A real FUSE file system that behaves like a mounted bucket: python bucket_fs.py MOUNTPOINT PUBLIC.

Speaks the kernel's protocol over /dev/fuse (include/uapi/linux/fuse.h), as much of it as a writer of new files
needs, and mounts as type fuse.gcsfuse. Files live in memory. A file is put into PUBLIC when it is released, that
is when its last descriptor is closed, and can never be written again; fsync succeeds and publishes nothing.
Prints "mounted" when it is. Kill it to end it; whoever started it unmounts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys

LOOKUP, FORGET, GETATTR, SETATTR, MKDIR, OPEN, WRITE, STATFS, RELEASE = 1, 2, 3, 4, 9, 14, 16, 17, 18
FSYNC, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, FSYNCDIR = 20, 25, 26, 27, 28, 29, 30
CREATE, INTERRUPT, BATCH_FORGET = 35, 36, 42
WITHOUT_REPLY = (FORGET, INTERRUPT, BATCH_FORGET)
SETS_SIZE = 8

IN_HEADER = struct.Struct("<IIQQIIII")
OUT_HEADER = struct.Struct("<IiQ")
ATTRIBUTES = struct.Struct("<6Q10I")
ROOT = 1


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """The errno to answer with."""


class Node:
    def __init__(self, path: str, mode: int) -> None:
        self.path = path
        self.mode = mode
        self.data = bytearray()
        self.is_public = False


class Bucket:
    """The directory tree, by node number."""

    def __init__(self, public: str) -> None:
        self.public = public
        self.nodes = {ROOT: Node("", stat.S_IFDIR | 0o777)}
        self.by_path = {"": ROOT}

    def answer(self, opcode: int, number: int, body: bytes) -> bytes:
        if opcode == INIT:
            major, minor = struct.unpack_from("<II", body)
            return struct.pack("<4I2H2I2H8I", major, min(minor, 31), 0, 0, 8, 6, 1 << 17, 1, 0, 0, *[0] * 8)
        node = self.nodes[number]
        if opcode == LOOKUP:
            return self._entry(self._child(node, body))
        if opcode in (GETATTR, SETATTR):
            if opcode == SETATTR and struct.unpack_from("<I", body)[0] & SETS_SIZE:
                del node.data[struct.unpack_from("<Q", body, 16)[0] :]
            return struct.pack("<QII", 0, 0, 0) + self._attributes(number)
        if opcode == MKDIR:
            return self._entry(self._add(node, body[8:], stat.S_IFDIR | 0o777))
        if opcode == CREATE:
            return self._entry(self._add(node, body[16:], stat.S_IFREG | 0o666)) + bytes(16)
        if opcode == OPEN:
            if node.is_public and struct.unpack_from("<I", body)[0] & os.O_ACCMODE != os.O_RDONLY:
                raise Refused(errno.ENOTSUP)
            return bytes(16)
        if opcode == WRITE:
            _, offset, size = struct.unpack_from("<QQI", body)
            node.data[offset : offset + size] = body[40 : 40 + size]
            return struct.pack("<II", size, 0)
        if opcode == RELEASE:
            self._publish(node)
        elif opcode == OPENDIR:
            return bytes(16)
        elif opcode == READDIR:
            return self._list(node, struct.unpack_from("<QQ", body)[1])
        elif opcode == STATFS:
            return struct.pack("<5Q10I", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, *[0] * 8)
        elif opcode not in (FSYNC, FLUSH, RELEASEDIR, FSYNCDIR):
            raise Refused(errno.ENOSYS)
        return b""

    def _path(self, node: Node, name: bytes) -> str:
        return f"{node.path}/{os.fsdecode(name.split(bytes(1))[0])}"

    def _child(self, node: Node, name: bytes) -> int:
        number = self.by_path.get(self._path(node, name))
        if number is None:
            raise Refused(errno.ENOENT)
        return number

    def _add(self, node: Node, name: bytes, mode: int) -> int:
        path = self._path(node, name)
        if path in self.by_path:
            raise Refused(errno.EEXIST)
        number = len(self.nodes) + 1
        self.nodes[number], self.by_path[path] = Node(path, mode), number
        return number

    def _attributes(self, number: int) -> bytes:
        node = self.nodes[number]
        size = len(node.data)
        return ATTRIBUTES.pack(
            number, size, 0, 0, 0, 0, 0, 0, 0, node.mode, 1, os.getuid(), os.getgid(), 0, 4096, 0
        )

    def _entry(self, number: int) -> bytes:
        return struct.pack("<4Q2I", number, 0, 0, 0, 0, 0) + self._attributes(number)

    def _list(self, node: Node, start: int) -> bytes:
        names = sorted(path for path in self.by_path if path and os.path.dirname(path) == node.path)
        listing = b""
        for place, path in list(enumerate(names))[start:]:
            name = os.fsencode(os.path.basename(path))
            kind = stat.S_IFMT(self.nodes[self.by_path[path]].mode) >> 12
            entry = struct.pack("<QQII", self.by_path[path], place + 1, len(name), kind) + name
            entry += bytes(-len(entry) % 8)
            if len(listing) + len(entry) > 4096:
                break
            listing += entry
        return listing

    def _publish(self, node: Node) -> None:
        node.is_public = True
        target = self.public + node.path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(f"{target}.part", "wb") as file:
            file.write(node.data)
        os.rename(f"{target}.part", target)


def mount(mountpoint: str) -> int:
    """Mount at a directory and return the descriptor that requests come by. OSError if that is not allowed."""
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"bucket", os.fsencode(mountpoint), b"fuse.gcsfuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "mount")
    return fd


def serve(fd: int, bucket: Bucket) -> None:
    while True:
        request = os.read(fd, 1 << 18)
        length, opcode, unique, number, *_ = IN_HEADER.unpack_from(request)
        if opcode in WITHOUT_REPLY:
            continue
        try:
            answer, code = bucket.answer(opcode, number, request[IN_HEADER.size : length]), 0
        except Refused as refused:
            answer, code = b"", refused.args[0]
        os.write(fd, OUT_HEADER.pack(OUT_HEADER.size + len(answer), -code, unique) + answer)


if __name__ == "__main__":
    descriptor = mount(sys.argv[1])
    print("mounted", flush=True)
    serve(descriptor, Bucket(sys.argv[2]))
