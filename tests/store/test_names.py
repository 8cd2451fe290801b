from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochal.store.names import natural_key, text_of


@given(
    st.lists(
        st.binary(max_size=12) | st.sampled_from([b"\xff", rb"\xff", rb"\\xff", b"\\", b"\\\xff"]), unique=True
    )
)
def test_different_bytes_have_different_names(names: list[bytes]):
    texts = [text_of(name) for name in names]
    assert len(set(texts)) == len(names)
    assert all(json.loads(json.dumps(text)) == text for text in texts)
    "".join(texts).encode()  # raises for surrogates


@pytest.mark.parametrize(
    ("raw", "text"), [("é/loss".encode(), "é/loss"), (b"a\xffb", r"a\xffb"), (b"C:\\x", "C:\\x")]
)
def test_names_are_shown_as_people_expect(raw: bytes, text: str):
    assert text_of(raw) == text


def test_natural_order():
    names = ["run10", "b", "run2", ".", "run02", "9", "10", "a/10", "a/9", "run2/x"]
    assert sorted(names, key=natural_key) == [
        ".",
        "9",
        "10",
        "a/9",
        "a/10",
        "b",
        "run02",
        "run2",
        "run2/x",
        "run10",
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["lr0", "lr0.0003", "lr0.001", "lr0.003", "lr0.5", "lr1", "lr2", "lr10"],
        ["lr=1e-5", "lr=1e-4", "lr=3e-4", "lr=2.5e-3", "lr=0.01", "lr=1", "lr=5e+2"],
        ["a 3e-4/seed2", "a 3e-4/seed10", "a 1e-3/seed1"],
        ["v0.9.1", "v0.10.0", "v1.9", "v1.10"],
        ["0.25", "0.3", "0.30", "1e-0"],
    ],
)
def test_numbers_with_a_point_or_an_exponent_stand_in_their_order(names: list[str]):
    backwards = names[::-1]
    assert sorted(backwards, key=natural_key) == names


@given(st.lists(st.text(alphabet="01.5e-+a/", max_size=9) | st.text(max_size=8), unique=True))
def test_natural_order_puts_no_two_names_at_one_place(names: list[str]):
    assert len({natural_key(name) for name in names}) == len(names)
