"""Arrays by protocol: real torch and NumPy, and stand-ins for frameworks that are not installed here."""

from __future__ import annotations

import array
import warnings

import numpy as np
import pytest
from PIL import Image

from epochal.summaries.arrays import to_numpy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")

NUMBERS = np.arange(6, dtype=np.float32).reshape(2, 3)


class LikeJax:
    """Has __array__, immutable."""

    def __array__(self, dtype=None, copy=None):
        view = NUMBERS.view()
        view.flags.writeable = False
        return view


class LikeCupy:
    """Refuses implicit copies from the device; get() makes one."""

    __cuda_array_interface__ = {}  # noqa: RUF012

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def get(self):
        return NUMBERS.copy()


class LikeMlx:
    """DLPack only."""

    def __dlpack__(self, **options):
        return NUMBERS.__dlpack__(**options)

    def __dlpack_device__(self):
        return NUMBERS.__dlpack_device__()


class ArrayInterface:
    def __init__(self):
        self.__array_interface__ = NUMBERS.__array_interface__


ARRAYS = {
    "numpy": NUMBERS,
    "masked": np.ma.masked_array(NUMBERS),
    "fortran": np.asfortranarray(NUMBERS),
    "big endian": NUMBERS.astype(">f4"),
    "torch": torch.from_numpy(NUMBERS.copy()),
    "torch with gradient": torch.from_numpy(NUMBERS.copy()).requires_grad_(),
    "torch parameter": torch.nn.Parameter(torch.from_numpy(NUMBERS.copy())),
    "torch half": torch.from_numpy(NUMBERS.copy()).half(),
    "torch bfloat16": torch.from_numpy(NUMBERS.copy()).bfloat16(),
    "torch float8": torch.from_numpy(NUMBERS.copy()).to(torch.float8_e4m3fn),
    "torch sparse": torch.from_numpy(NUMBERS.copy()).to_sparse(),
    "torch strided": torch.from_numpy(NUMBERS.T.copy()).T,
    "torch int": torch.from_numpy(NUMBERS.astype(np.int64)),
    "jax": LikeJax(),
    "cupy": LikeCupy(),
    "mlx": LikeMlx(),
    "interface": ArrayInterface(),
    "lists": NUMBERS.tolist(),
    "list of tensors": [torch.from_numpy(row.copy()) for row in NUMBERS],
    "list of lists of numbers": [tuple(np.float32(x) for x in row) for row in NUMBERS],
    "memoryview": memoryview(NUMBERS),
}


@pytest.mark.parametrize("value", ARRAYS.values(), ids=ARRAYS)
def test_every_kind_of_array(value):
    found, _ = to_numpy(value)
    assert type(found) is np.ndarray
    assert found.dtype.kind in "biuf"
    np.testing.assert_array_equal(found, NUMBERS)


@pytest.mark.parametrize("value", [3, 2.5, True, np.float32(7), np.int8(-1)])
def test_numbers_are_one_element(value):
    found, private = to_numpy(value)
    assert found.shape == (1,)
    assert found[0] == value
    assert private


def test_other_sources():
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    np.testing.assert_array_equal(to_numpy(picture)[0], np.asarray(picture))
    assert to_numpy(array.array("d", [1.0, 2.0]))[0].tolist() == [1.0, 2.0]
    assert to_numpy([torch.tensor(1.0), 2.0])[0].tolist() == [1.0, 2.0]
    assert to_numpy([])[0].shape == (0,)


def test_negative_and_conjugate_bits():
    tensor = torch.tensor([1 + 2j, 3 - 4j]).conj().imag
    assert tensor.is_neg()
    assert to_numpy(tensor)[0].tolist() == [-2.0, 4.0]


@pytest.mark.parametrize("kind", ["numpy", "torch", "jax", "mlx"])
def test_shared_memory_is_never_called_private(kind):
    assert not to_numpy(ARRAYS[kind])[1]


@pytest.mark.parametrize("kind", ["torch bfloat16", "cupy", "lists"])
def test_own_copies_are_private(kind):
    assert to_numpy(ARRAYS[kind])[1]


@pytest.mark.parametrize(
    "value",
    [
        *(None, "text", b"bytes", object(), {}, {1}),
        *(np.array(["a"]), np.array([None]), np.zeros(2, complex), np.zeros(1, "datetime64[s]")),
        np.zeros(2, [("x", "f4")]),
        torch.zeros(2, dtype=torch.complex64),
        torch.zeros(2, device="meta"),
        ["a", "b"],
    ],
)
def test_what_is_no_array_of_numbers(value):
    with pytest.raises(TypeError):
        to_numpy(value)
