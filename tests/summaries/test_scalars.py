from __future__ import annotations

import math
import subprocess
import sys
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from epochal.summaries.scalars import as_float

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    "value",
    [
        *(2, 2.0, Decimal(2), Fraction(4, 2)),
        *(np.float16(2), np.float64(2), np.longdouble(2), np.uint8(2), np.array(2), np.array([[2.0]])),
        *(torch.tensor(2), torch.tensor([[2.0]], requires_grad=True), torch.tensor(2.0, dtype=torch.bfloat16)),
        *([2.0], (2,), memoryview(np.array([2.0]))),
    ],
)
def test_one_number_of_any_kind(value):
    found = as_float(value)
    assert type(found) is float
    assert found == 2.0


def test_non_finite_and_bool():
    assert math.isnan(as_float(torch.tensor(float("nan"))))
    assert as_float(np.float32("-inf")) == -math.inf
    assert as_float(np.bool_(True)) == as_float(True) == 1.0


@pytest.mark.parametrize(
    "value",
    [
        *(None, "2", b"2", 2j, object(), {}, np.array("2"), np.array(None)),
        *(np.complex64(2), np.array(2j), torch.tensor(2j)),
    ],
)
def test_what_is_no_number(value):
    with pytest.raises(TypeError):
        as_float(value)


@pytest.mark.parametrize("value", [np.zeros(2), np.zeros(0), torch.zeros(2), torch.zeros(0), [1.0, 2.0], []])
def test_more_or_less_than_one_number(value):
    with pytest.raises(ValueError, match="exactly one element"):
        as_float(value)


def test_an_int_beyond_float64():
    with pytest.raises(OverflowError):
        as_float(10**400)


def test_plain_numbers_need_no_numpy():
    code = "import sys; from epochal.summaries.scalars import as_float; as_float(1); print('numpy' in sys.modules)"
    import epochal

    source = str(__import__("pathlib").Path(epochal.__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
