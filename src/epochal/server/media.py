"""Bytes out of log files, served so that no browser ever runs them.

What a blob is, is read from its first bytes, never from what the log says about it. Types on the list are shown;
anything else is a download. Every one of them carries `Content-Security-Policy: sandbox` (headers.py).
"""

from __future__ import annotations

from starlette.responses import Response

from epochal.query.media_types import UNKNOWN_TYPE, sniff_type


def blob_response(data: bytes) -> Response:
    """A blob's response. What a key names never changes, so browsers may keep it for ever."""
    media_type = sniff_type(data)
    headers = {"cache-control": "private, max-age=31536000, immutable"}
    if media_type == UNKNOWN_TYPE:
        headers["content-disposition"] = 'attachment; filename="blob.bin"'
    return Response(data, media_type=media_type, headers=headers)
