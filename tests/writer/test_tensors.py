"""add_tensor keeps dtype, shape and every value, as TensorBoard's own classes read them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.events.tensors import decode_tensor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from tensorboard.util.tensor_util import make_ndarray

DTYPES = [
    *(torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128, torch.bool),
    *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bfloat16),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("torch_layout", [False, True])
def test_every_dtype(tmp_path, reader, dtype, torch_layout):
    tensor = (torch.randn(2, 3, dtype=torch.float64) * 50).to(dtype)
    with SummaryWriter(tmp_path, strict=True, torch_layout=torch_layout) as writer:
        writer.add_tensor("t", tensor, 1)
    value = reader.read_run(tmp_path)[0].summary.value[0]
    assert value.metadata.plugin_data.plugin_name == "tensor"
    if dtype == torch.bfloat16:  # NumPy has no such type, nor have TensorBoard's classes without TensorFlow
        assert value.tensor.dtype == 14
        stored, tensor = decode_tensor(value.tensor.SerializeToString()), tensor.float()
    else:
        stored = make_ndarray(value.tensor)
    np.testing.assert_array_equal(stored, tensor.numpy())
    assert stored.dtype == tensor.numpy().dtype


@pytest.mark.parametrize("value", [2.5, 7, True, 1j, np.zeros((0, 3)), [[1, 2], [3, 4]]])
def test_plain_values(tmp_path, reader, value):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_tensor("t", value, 1)
    stored = make_ndarray(reader.read_run(tmp_path)[0].summary.value[0].tensor)
    np.testing.assert_array_equal(stored.ravel(), np.ravel(value))


def test_the_array_may_change_after_the_call(tmp_path, reader):
    array = np.zeros(100_000)
    with SummaryWriter(tmp_path, strict=True) as writer:
        for step in range(5):
            array[:] = step
            writer.add_tensor("t", array, step)
    for event in reader.read_run(tmp_path):
        assert (make_ndarray(event.summary.value[0].tensor) == event.step).all()
