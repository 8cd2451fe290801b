"""File names for any text: safe everywhere, and no two alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochal.cli.safe_names import MAX_BYTES, SafeNames, make_safe_name


@given(st.text())
def test_safe_everywhere(name: str) -> None:
    safe = make_safe_name(name)
    assert 0 < len(safe.encode()) <= MAX_BYTES + 1
    assert not set(safe) & set('<>:"/\\|?*~')
    assert safe.isprintable()
    assert safe == safe.strip(" ").rstrip(".")
    assert not safe.startswith(".")
    assert safe.partition(".")[0].lower() not in {"con", "nul", "com1", "lpt9"}


@given(st.lists(st.text(alphabet="aA./~\\: _é\u0301e", max_size=6) | st.text(), max_size=30))
def test_no_two_alike(names: list[str]) -> None:
    folder = SafeNames(reserved=["items.jsonl"])
    given_names = {name: folder.name_for(name) for name in names}
    assert len({safe.casefold() for safe in given_names.values()}) == len(given_names)
    assert {name: folder.name_for(name) for name in names} == given_names
    assert "items.jsonl" not in given_names.values()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("train/loss", "train_loss"),
        ("lr=0.1", "lr=0.1"),
        ("損失", "損失"),
        ("..", "_"),
        ("con.x", "_con.x"),
        ("", "_"),
    ],
)
def test_readable(name: str, safe: str) -> None:
    assert SafeNames().name_for(name) == safe


def test_a_reserved_name_is_taken() -> None:
    assert SafeNames(reserved=["items.jsonl"]).name_for("Items.jsonl").startswith("Items.jsonl~")
