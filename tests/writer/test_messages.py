"""What a wrong argument is told: which one is wrong, and how, in words of this library."""

from __future__ import annotations

import re

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning


@pytest.mark.parametrize(
    ("method", "arguments", "sentence"),
    [
        ("add_hparams", (None, {}), "add_hparams is not logged: hparam_dict must be a dict, got NoneType"),
        ("add_hparams", ({}, [1]), "add_hparams is not logged: metric_dict must be a dict, got list"),
        ("add_scalar", ("loss", 1.0, [1]), "the step of type list is not an integer"),
        ("add_scalar", ("loss", 1.0, float("nan")), "the step nan is not an integer"),
        (
            "add_image",
            ("picture", np.zeros((8, 9, 3)), 1),
            "8 channels (shape (8, 9, 3), dataformats='CHW'); allowed: (1, 2, 3, 4); dataformats='HWC' would fit",
        ),
        ("add_images", ("batch", np.zeros((2, 8, 9, 3)), 1), "allowed: (1, 3); dataformats='NHWC' would fit"),
    ],
)
def test_a_warning_names_the_argument(tmp_path, method, arguments, sentence):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=re.escape(sentence) + "$"):
        getattr(writer, method)(*arguments)


@pytest.mark.parametrize(
    ("shape", "dataformats", "sentence"),
    [
        ((2, 3, 4), "NTCHW", "an array of shape (2, 3, 4) does not fit dataformats='NTCHW': 5 axes needed"),
        ((1, 1, 3, 4, 4), "CHW", "dataformats='CHW' is not an order of NTCHW"),
        ((1, 1, 3, 4, 4), 5, "dataformats must be a string such as 'NTCHW', got int"),
    ],
)
def test_a_warning_says_what_is_wrong_with_a_video(tmp_path, shape, dataformats, sentence):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=re.escape(sentence) + "$"):
        writer.add_video("clip", np.zeros(shape), 1, dataformats=dataformats)


def test_no_other_order_is_proposed_where_none_fits(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=r"allowed: \(1, 2, 3, 4\)$"):
        writer.add_image("picture", np.zeros((8, 9, 10)), 1)


@pytest.mark.parametrize("name", ["max_queue", "purge_step"])
@pytest.mark.parametrize(("value", "given"), [("x", "'x'"), ([1], "of type list"), (float("inf"), "inf")])
def test_the_constructor_names_the_argument(tmp_path, name, value, given):
    with pytest.raises((ValueError, TypeError, OverflowError), match=f"^{name} {given} is not an integer$"):
        SummaryWriter(tmp_path, **{name: value})
