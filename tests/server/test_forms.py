"""Forms in both of their encodings, as clients write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochal.server.forms import parse_form

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def make_multipart(fields: list[tuple[str, str]], boundary: str = "b") -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode()


def test_both_encodings() -> None:
    fields = [("tag", "a b/ü&="), ("runs", ""), ("runs", "two\r\nlines -- b"), ("", "nameless")]
    assert parse_form(make_multipart(fields), MULTIPART) == fields
    assert (
        parse_form(make_multipart(fields, "x y"), 'Multipart/Form-Data; charset=utf-8; BOUNDARY="x y"') == fields
    )
    assert parse_form(b"tag=a+b%2F%C3%BC%26%3D&runs=&runs=x", URL_ENCODED) == [
        ("tag", "a b/ü&="),
        ("runs", ""),
        ("runs", "x"),
    ]
    assert parse_form(b"tag=%FF", "") == [("tag", "\N{REPLACEMENT CHARACTER}")]


def test_other_headers_of_a_part() -> None:
    body = (
        b'before\r\n--b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; filename=f; name="n"'
        b'\r\n\r\nvalue\r\n--b\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--b\r\nX: name="no"\r\n\r\n'
        b'v\r\n--b--\r\n--b\r\nContent-Disposition: form-data; name="late"\r\n\r\nv'
    )
    assert parse_form(body, MULTIPART) == [("n", "value")]


@given(body=st.binary() | st.lists(st.sampled_from([b"--b", b"\r\n", b"\r\n\r\n", b'name="', b"x"])).map(b"".join))
@pytest.mark.parametrize(
    "content_type", [MULTIPART, URL_ENCODED, "multipart/form-data", "multipart/form-data; boundary="]
)
def test_no_body_is_too_much(content_type: str, body: bytes) -> None:
    assert all(isinstance(one, str) for field in parse_form(body, content_type) for one in field)
