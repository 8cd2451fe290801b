from __future__ import annotations

import numpy as np
import pytest

from epochal.events.messages import decode_value
from epochal.summaries.text import as_cells, encode_text_value


@pytest.mark.parametrize(
    ("text", "cells", "shape"),
    [
        ("Grüße", ["Grüße"], [1]),
        ("", [""], [1]),
        (b"\xff raw", ["� raw"], [1]),
        ("half \ud800", ["half ?"], [1]),
        (["a", "b"], ["a", "b"], [2]),
        ([["a", "b"], ["c", "d"]], ["a", "b", "c", "d"], [2, 2]),
        (np.array([["a"], ["b"]]), ["a", "b"], [2, 1]),
        ([["a"], ["b", "c"]], ["[['a'], ['b', 'c']]"], [1]),
        ([], ["[]"], [1]),
        ({"lr": 0.1}, ["{'lr': 0.1}"], [1]),
        (None, ["None"], [1]),
    ],
)
def test_cells(text, cells, shape):
    assert as_cells(text) == ([cell.encode() for cell in cells], shape)


def test_value():
    value = decode_value(encode_text_value("note", "words"))
    assert value.tag == b"note/text_summary"
    assert value.metadata.plugin_name == "text"
