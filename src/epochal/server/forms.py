"""The fields of a form: the body of a POST to those of TensorBoard's routes that do not take JSON.

Of multipart/form-data (RFC 7578) it reads what browsers and clients write for fields of text, in linear time.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:[^\r\n]*[;\s]name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)


def parse_form(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """(name, value) in order, of either of a form's two encodings. What has no name is left out."""
    if not content_type.lower().startswith("multipart/form-data"):
        text = body.decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace")
    found = _BOUNDARY.search(content_type)
    if found is None:
        return []
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    fields = []
    for part in (b"\r\n" + body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        head, separator, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if separator and name is not None:
            fields.append((name[1].decode(errors="replace"), value.decode(errors="replace")))
    return fields
