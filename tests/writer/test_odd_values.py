"""What torch's writer takes without a word though it is hardly meant: recorded so, with one warning a tag."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning

LABELS = np.array([1, 0, 1, 0])
ODD = [
    ("add_scalar", ("", 1.0, 1), "empty tag"),
    ("add_scalar", ("", 1, 1), "empty tag"),
    ("add_histogram", ("", np.ones(3), 1), "empty tag"),
    ("add_text", ("", "words", 1), "empty tag"),
    ("add_scalar", ("loss", 1.0, 1.7), "'loss': steps are integers, so the step 1.7 counts as 1"),
    (
        "add_scalars",
        ("loss", {"a": 1.0}, np.float32(1.5)),
        "'loss': steps are integers, so the step 1.5 counts as 1",
    ),
    ("add_image", ("loss", np.zeros((1, 2, 2)), 1.7), "'loss': steps are integers, so the step 1.7 counts as 1"),
    (
        "add_pr_curve",
        ("curve", LABELS, np.array([0.5, -2.0, 3.0, 1.0]), 1),
        "'curve': 50.0% of the predictions, which go from -2 to 3, are outside of 0…1",
    ),
    ("add_pr_curve", ("curve", LABELS, np.array([0.5, 0.1, np.nan, 1.0]), 1), "'curve': 25.0% of the predictions"),
]
PLAIN = [
    ("add_scalar", ("loss", 1.0, 2.0)),
    ("add_scalar", ("loss", 1.0, np.int64(2**60 + 1))),
    ("add_scalar", ("loss", 1.0, "3")),
    ("add_pr_curve", ("curve", LABELS, np.array([0.0, 0.5, 1.0, 1.0]), 1)),
    ("add_pr_curve", ("curve", LABELS, LABELS.astype(bool), 1)),
]


def warnings_of(writer, method, arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(writer, method)(*arguments)
        getattr(writer, method)(*arguments)
        writer.flush()
    assert all(warning.category is WriterWarning for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("method", "arguments", "sentence"), ODD)
def test_odd_values_are_recorded_with_one_warning(tmp_path, reader, method, arguments, sentence, strict):
    with SummaryWriter(tmp_path, strict=strict, provenance=False) as writer:
        messages = warnings_of(writer, method, arguments)
        assert writer.status().rejected == 0
    assert len(messages) == 1
    assert sentence in messages[0]
    assert [event.step for event in reader.read_run(tmp_path)] == [1, 1]


@pytest.mark.parametrize(("method", "arguments"), PLAIN)
def test_plain_values_are_recorded_without_a_word(tmp_path, method, arguments):
    with SummaryWriter(tmp_path) as writer:
        assert warnings_of(writer, method, arguments) == []
