"""Folders behind URLs (`s3://bucket/logs`, `gs://…`, whatever fsspec opens): listed in one go, read by range.

The packages come with `pip install "epochal[remote]"`; credentials and endpoints are those that the packages find
by themselves (AWS_*, FSSPEC_S3_ENDPOINT_URL, GOOGLE_APPLICATION_CREDENTIALS, …). Nothing here ever writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from epochal.errors import LogdirError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Two letters at least: C:\logs and d:/logs are paths.
_URL = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]+::)*[A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)

_LOCAL = frozenset(("file", "local"))

# What changes whenever the content may have, by whatever name an object store has for it; the first that is there.
_VERSIONS = ("ETag", "etag", "generation", "md5Hash", "content_md5")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_CHANGES = (*_VERSIONS, *_TIMES)


class RemoteError(OSError):
    """The store did not answer as it should; `str` is one sentence. What was asked for may be had later."""


class RemoteDeniedError(RemoteError):
    """The store answers, and says that this file may not be read."""


class RemoteGoneError(RemoteError):
    """There is no such file any more."""


class RemoteFile(NamedTuple):
    """A file as the listing has it: `path` relative to the folder, with slashes; `size` in bytes."""

    path: str
    size: int
    version: str
    """Another text whenever the content may be another."""
    modified: float | None
    """Seconds since the epoch, where the store says."""


def is_remote_url(address: str) -> bool:
    """Whether an address leads elsewhere than to a local path; `file://` does not."""
    match = _URL.match(address)
    return match is not None and match[1].lower() not in _LOCAL


def normalize_url(url: str) -> str:
    """The same address always in the same words. LogdirError for one that cannot be a folder."""
    match = _URL.match(url)
    if match is None:
        raise LogdirError(f"{url!r} is not a URL.")
    if "::" in match[1]:
        raise LogdirError(f"{url} is a chain of addresses; Epochal opens single ones.")
    rest = match[2].rstrip("/")
    if not rest:
        raise LogdirError(f"{url} names no folder; give the bucket or folder that holds your runs.")
    return f"{match[1].lower()}://{rest}"


class RemoteFolder:
    """A folder behind a normalised URL. LogdirError if nothing installed can open such addresses. Thread-safe."""

    def __init__(self, url: str) -> None:
        scheme = url.partition("://")[0]
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise LogdirError(f'To open {scheme}:// addresses: pip install "epochal[remote]".') from None
        try:
            # Listings are asked for to learn what is new: none must come from memory.
            self._fs, root = url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise LogdirError(f"{scheme}:// addresses need one more package: {error}.") from None
        except Exception as error:  # noqa: BLE001 - some connect at once, with exceptions of their own
            raise LogdirError(f"{url} cannot be opened: {describe(error)}") from None
        self._root = root.rstrip("/")

    def list_files(self) -> dict[str, RemoteFile]:
        """Every file below the folder, by path; none where there is no such folder. RemoteError."""
        try:
            self._fs.invalidate_cache()
            found: Mapping[str, Mapping[str, Any]] = self._fs.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:
            raise RemoteError(describe(error)) from error
        if list(found) == [self._root] and found[self._root].get("size"):
            raise RemoteError("It is a file; open the folder that it is in.")
        files = {}
        for name, info in found.items():
            path = name[len(self._root) + 1 :]
            if name.startswith(f"{self._root}/") and info.get("size") is not None and _is_relative(path):
                files[path] = RemoteFile(path, int(info["size"]), _version_of(info), _time_of(info))
        return files

    def exists(self) -> bool:
        """Whether there is a folder, perhaps an empty one, as far as the store knows folders. RemoteError."""
        try:
            return bool(self._fs.exists(self._root))
        except Exception as error:
            raise RemoteError(describe(error)) from error

    def read(self, path: str, start: int, end: int) -> bytes:
        """Bytes [start, end) of a file, of which there are so many. RemoteError."""
        try:
            data: bytes = self._fs.cat_file(f"{self._root}/{path}", start=start, end=end)
        except FileNotFoundError as error:
            raise RemoteGoneError("The file is gone.") from error
        except PermissionError as error:
            raise RemoteDeniedError(describe(error)) from error
        except Exception as error:
            raise RemoteError(describe(error)) from error
        if len(data) != end - start:
            raise RemoteError(f"{end - start:,} bytes were asked for and {len(data):,} came.")
        return data


def describe(error: Exception) -> str:
    """What went wrong, as one sentence."""
    text = (isinstance(error, OSError) and error.strerror) or str(error).strip() or type(error).__name__
    first = text.splitlines()[0].rstrip(".")
    return f"{first[:300]}."


def _is_relative(path: str) -> bool:
    """Whether a path stays below the folder that it is copied to, whatever names somebody gave to objects."""
    parts = path.split("/")
    return all(part not in ("", ".", "..") and "\0" not in part and "\\" not in part for part in parts)


def _version_of(info: Mapping[str, Any]) -> str:
    return next((f"{name}={info[name]}" for name in _CHANGES if info.get(name) is not None), "")


def _time_of(info: Mapping[str, Any]) -> float | None:
    import datetime  # a local logdir needs none of it

    for name in _TIMES:
        value = info.get(name)
        if isinstance(value, datetime.datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str):
            try:
                return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
            except ValueError:
                continue
    return None
