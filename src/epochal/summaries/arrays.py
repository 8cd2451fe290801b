"""Anything array-like → NumPy, by protocol, without importing the framework that made it.

Torch (`detach`, `cpu`, `numpy`), TensorFlow (`numpy`), JAX, pandas and PIL (`__array__`,
`__array_interface__`), CuPy (`get`), MLX and others (DLPack or the buffer protocol), Python numbers and
nested lists. Types that NumPy lacks (bfloat16, float8) become float32, which holds each of their values
exactly.
"""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_NUMERIC_KINDS = "biuf"


def to_numpy(value: Any) -> tuple[np.ndarray[Any, Any], bool]:
    """Return (array, private) for any array-like; private says that nobody else can change the array.

    A Python or NumPy number becomes shape [1], as torch's writer has it. The dtype is bool, an integer or a
    float. TypeError for what is no array or holds no real numbers, for example complex ones, or a torch
    tensor on the "meta" device, which has no values at all.
    """
    array, private = find_array(value)
    if array.dtype.kind == "O":
        array, private = _from_objects(array), True
    if array.dtype.kind not in _NUMERIC_KINDS:
        raise TypeError(f"{_type_name(value)} of dtype {array.dtype} does not hold real numbers")
    return array, private


def find_array(value: Any) -> tuple[np.ndarray[Any, Any], bool]:
    """As `to_numpy`, but whatever the dtype, complex for example."""
    import numpy as np

    array, private = _find_array(np, value)
    if array.dtype.kind == "V" and array.dtype.names is None:
        # ml_dtypes' bfloat16 and float8 (JAX, TensorFlow) are NumPy extension types of kind "V" that cast.
        array, private = array.astype(np.float32), True
    return array, private


def _find_array(np: Any, value: Any) -> tuple[Any, bool]:
    if isinstance(value, np.ndarray):
        return value.view(np.ndarray), False
    if isinstance(value, (int, float, complex, np.generic)):
        return np.asarray([value]), True
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(f"{_type_name(value)} is not an array of numbers")
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _from_torch(value)
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        try:
            return np.asarray(value), False
        except (TypeError, ValueError):
            # CuPy defines __array__ only to refuse implicit copies from the device.
            if not (hasattr(value, "get") or hasattr(value, "__dlpack__")):
                raise
    if hasattr(value, "__cuda_array_interface__") and hasattr(value, "get"):
        return np.asarray(value.get()), True
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value), False
    if callable(getattr(value, "numpy", None)):
        return np.asarray(value.numpy()), False
    if isinstance(value, (list, tuple)):
        return _from_sequence(np, value), True
    try:
        return np.asarray(memoryview(value)), False
    except TypeError:
        raise TypeError(f"{_type_name(value)} is not an array of numbers") from None


def _from_torch(tensor: Any) -> tuple[Any, bool]:
    """A torch tensor of any device, layout and dtype."""
    if getattr(getattr(tensor, "device", None), "type", "") == "meta":
        raise TypeError('a tensor on the "meta" device has no values')
    local = tensor.detach()
    if getattr(local, "is_quantized", False):
        local = local.dequantize()
    if "strided" not in str(getattr(local, "layout", "strided")):
        local = local.to_dense()
    if hasattr(local, "resolve_neg"):
        local = local.resolve_conj().resolve_neg()
    on_host = local.cpu()
    private = on_host is not local
    try:
        return on_host.numpy(), private
    except TypeError:
        # bfloat16 and float8 have no NumPy type.
        return on_host.float().numpy(), True


def _from_sequence(np: Any, values: list[Any] | tuple[Any, ...]) -> Any:
    if any(hasattr(item, "__len__") or hasattr(item, "detach") for item in values):
        return np.stack([_squeeze_number(item, _find_array(np, item)[0]) for item in values])
    return np.asarray(values)


def _squeeze_number(item: Any, array: Any) -> Any:
    return array if hasattr(item, "shape") or hasattr(item, "__len__") else array.reshape(())


def _from_objects(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """float64 of an array of number objects, such as a column of a table; others as they are.

    NumPy's own cast would also take strings of digits, and None for NaN.
    """
    import numpy as np

    if array.size and all(isinstance(item, (Real, Decimal, np.bool_)) for item in array.flat):
        return array.astype(np.float64)
    return array


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__name__}"
