"""The fields of a form: the body of a POST to those of TensorBoard's routes that do not take JSON."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl


def parse_form(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """(name, value) in order, of either of a form's two encodings. What is no field of text is left out."""
    if not content_type.lower().startswith("multipart/form-data"):
        text = body.decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    fields = []
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            fields.append((name, data.decode(errors="replace")))
    return fields
