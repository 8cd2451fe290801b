"""Breadth: every dtype and every protocol that a training script may log, through to the writer's methods."""

from __future__ import annotations

import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.events.messages import decode_value
from epochal.summaries.arrays import to_numpy
from epochal.summaries.histograms import encode_histogram_value
from epochal.summaries.images import encode_image_value
from epochal.summaries.scalars import as_float
from epochal.writer.warnings import WriterWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")

NUMBERS = np.arange(6, dtype=np.float32).reshape(2, 3)

NUMPY_DTYPES = sorted(set(np.typecodes["AllInteger"] + np.typecodes["Float"] + "?"))

TORCH_DTYPES = [
    *(torch.bfloat16, torch.float16, torch.float32, torch.float64),
    *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz),
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.uint16, torch.uint32, torch.uint64),
]


class OnlyArray:
    """Speaks __array__, by the signature that NumPy 1 asked for."""

    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None):
        return self._array


class OnlyDlpack:
    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class OnlyNumpy:
    """As TensorFlow's eager tensors, without their __array__."""

    def __init__(self, array):
        self._array = array

    def numpy(self):
        return self._array


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("code", NUMPY_DTYPES)
def test_every_numpy_dtype(code, order):
    array = NUMBERS.astype(np.dtype(code).newbyteorder(order))
    found, private = to_numpy(array)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert not private
    histogram = decode_value(encode_histogram_value("tag", found)).value
    assert histogram.total == array.astype(float).sum()
    assert decode_value(encode_image_value("tag", found, "HW")).value.width == 3
    assert as_float(array[1, 1]) == as_float(array[1:, 1:2]) == float(array[1, 1])


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=str)
def test_every_torch_dtype(dtype):
    tensor = torch.from_numpy(NUMBERS.copy()).to(dtype)
    np.testing.assert_array_equal(to_numpy(tensor)[0], NUMBERS)
    assert as_float(tensor[1, 1]) == 4.0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2], ids=str)
def test_small_floats_are_exact(dtype):
    """Every bit pattern, NaN included, comes out as torch itself makes a float64 of it."""
    bits = torch.arange(256, dtype=torch.int32)
    patterns = (bits << 8).to(torch.int16).view(dtype) if dtype.itemsize == 2 else bits.to(torch.uint8).view(dtype)
    np.testing.assert_array_equal(to_numpy(patterns)[0], patterns.double().numpy())


TORCH_KINDS = {
    "gradient": torch.tensor([1.0, 2.0], requires_grad=True),
    "result of a graph": torch.tensor([0.5, 1.0], requires_grad=True) * 2,
    "bfloat16 with gradient": torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True),
    "sparse": torch.tensor([1.0, 2.0]).to_sparse(),
    "bfloat16 sparse": torch.tensor([1.0, 2.0]).bfloat16().to_sparse(),
    "not contiguous": torch.tensor([1.0, 9.0, 2.0])[::2],
    "negated view": torch.tensor([1j * -1, 1j * -2]).conj().imag,
    "inference": torch.tensor([1.0, 2.0]).requires_grad_(False),
}


@pytest.mark.parametrize("tensor", TORCH_KINDS.values(), ids=TORCH_KINDS)
def test_every_kind_of_tensor(tensor):
    assert to_numpy(tensor)[0].tolist() == [1.0, 2.0]


def test_rows_and_bools():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR")
        rows = torch.eye(2).to_sparse_csr()
    assert to_numpy(rows)[0].tolist() == [[1, 0], [0, 1]]
    assert to_numpy(torch.tensor([True, False]))[0].dtype == np.bool_
    assert as_float(torch.tensor(True)) == 1.0


@pytest.mark.parametrize(
    "number",
    [
        torch.tensor(2.5),
        torch.tensor(2.5).bfloat16(),
        np.array(2.5),
        OnlyArray(np.array(2.5)),
        OnlyNumpy(np.array(2.5)),
    ],
    ids=["torch", "bfloat16", "numpy", "__array__", "numpy()"],
)
def test_arrays_without_axes(number):
    found, _ = to_numpy(number)
    assert found.shape == ()
    assert found == 2.5
    assert decode_value(encode_histogram_value("tag", found)).value.num == 1


@pytest.mark.parametrize("protocol", [OnlyArray, OnlyDlpack, OnlyNumpy])
@pytest.mark.parametrize("array", [NUMBERS, NUMBERS.T, NUMBERS[:, ::2], NUMBERS.astype(np.int16)])
def test_objects_with_one_protocol(protocol, array):
    found, private = to_numpy(protocol(array))
    np.testing.assert_array_equal(found, array)
    assert not private
    assert as_float(protocol(array[:1, 1:2])) == array[0, 1]


@pytest.mark.parametrize(
    "items", [[1.5, 2], [np.float32(1.5), np.int8(2)], [Decimal("1.5"), Fraction(2)], [1.5, 2 * np.True_]]
)
def test_arrays_of_number_objects(items):
    found, private = to_numpy(np.array([[item] for item in items], dtype=object))
    assert found.dtype == np.float64
    assert found[0] == 1.5
    assert found.shape == (2, 1)
    assert private


@pytest.mark.parametrize("item", ["1.5", None, 1j, np.complex64(1), b"2", [1.0], object()])
def test_arrays_of_other_objects(item):
    array = np.empty(2, object)
    array[0], array[1] = 1.0, item
    with pytest.raises(TypeError):
        to_numpy(array)


def test_integers_beyond_64_bits():
    assert to_numpy([2**70, 1])[0].tolist() == [2.0**70, 1.0]
    with pytest.raises(OverflowError):
        to_numpy([10**400])


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"])
def test_extension_types(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = NUMBERS.astype(getattr(ml_dtypes, name))
    np.testing.assert_array_equal(to_numpy(array)[0], NUMBERS)
    assert as_float(array[1, 1]) == as_float(array[1:, 1:2]) == 4.0


NUMBERS_OF_SCALARS = [
    *(np.dtype(code).type(1) for code in NUMPY_DTYPES),
    *(np.ones(shape, ">f4") for shape in [(), (1,), (1, 1, 1)]),
    *(np.array([1.0], object), [1.0], (1,), [[1]], [np.float16(1)], [torch.tensor(1.0)]),
    *(torch.ones(1, 1), torch.ones(()).bfloat16(), torch.ones(1, requires_grad=True), torch.ones(1).to_sparse()),
    *(Decimal(1), Fraction(1), OnlyArray(np.ones(1)), OnlyDlpack(np.ones(1)), OnlyNumpy(np.ones(1))),
]


def test_scalars(tmp_path):
    with warnings.catch_warnings(), SummaryWriter(tmp_path, strict=True) as writer:
        warnings.simplefilter("error")
        for step, number in enumerate(NUMBERS_OF_SCALARS):
            assert as_float(number) == 1.0, repr(number)
            writer.add_scalar("tag", number, step)


@pytest.mark.parametrize(
    "bad",
    [
        torch.ones(1, device="meta"),
        torch.ones(1, dtype=torch.complex64),
        np.ones(1, complex),
        np.ones(1, "datetime64[s]"),
        OnlyArray(np.ones(1, complex)),
        OnlyNumpy(np.array(["a"])),
    ],
    ids=["meta", "complex torch", "complex", "dates", "complex by __array__", "strings by numpy()"],
)
@pytest.mark.parametrize("method", ["add_scalar", "add_histogram", "add_image", "add_audio"])
def test_what_cannot_be_logged_is_one_warning(tmp_path, method, bad):
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(WriterWarning, match="'the tag'"):
            getattr(writer, method)("the tag", bad, 0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            getattr(writer, method)("the tag", bad, 1)
        assert writer.status().rejected == 2
    with SummaryWriter(tmp_path, strict=True) as writer, pytest.raises((TypeError, ValueError, RuntimeError)):
        getattr(writer, method)("the tag", bad, 0)


class OneElementTensor:
    """As TensorFlow's eager tensor of shape [1]: an array whose float() refuses."""

    shape = (1,)

    def __array__(self, dtype=None):
        return np.array([0.5], np.float32)

    def __float__(self):
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")


def test_one_element_of_a_tensor_that_refuses_float():
    assert as_float(OneElementTensor()) == 0.5


class StringTensor:
    """As TensorFlow's: a dtype that has a name and no kind, bytes objects within."""

    class dtype:  # noqa: N801
        name = "string"

    shape = (2,)

    def numpy(self):
        return np.array([b"a", b"b"], object)


def test_a_string_tensor_of_tensorflow():
    from epochal.summary.tensors import encode_any_tensor

    assert encode_any_tensor(StringTensor()) == encode_any_tensor(["a", "b"])
