"""What a blob is, read from its first bytes, never from what the log says about it."""

from __future__ import annotations

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
UNKNOWN_TYPE = "application/octet-stream"
_BMP_HEADER_BYTES = 26


def sniff_type(data: bytes) -> str:
    """The media type of a blob by its magic number; application/octet-stream for what is not on the list."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], UNKNOWN_TYPE)
    for offset, magic, media_type in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            if media_type == "image/bmp" and not _is_bmp(data):
                continue
            return media_type
    return UNKNOWN_TYPE


def _is_bmp(data: bytes) -> bool:
    """Two letters are a weak sign; the reserved zeros and the header size of a bitmap make it a strong one."""
    return len(data) >= _BMP_HEADER_BYTES and data[6:10] == bytes(4) and data[15:18] == bytes(3)
