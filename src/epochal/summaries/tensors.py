"""Whole tensors under the plugin name `tensor`, which no dashboard of TensorBoard shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_metadata, encode_tensor, encode_tensor_content, encode_value

if TYPE_CHECKING:
    import numpy as np

PLUGIN_NAME = "tensor"

_METADATA = encode_metadata(PLUGIN_NAME)
_DT_BFLOAT16 = 14
_MAX_BYTES = (1 << 31) - 1
_KINDS = "biufc"


def check_tensor(array: np.ndarray[Any, Any]) -> None:
    """Raise TypeError for what holds no numbers, ValueError for more than protobuf's 2 GiB."""
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of dtype {array.dtype} does not hold numbers")
    if array.nbytes > _MAX_BYTES:
        raise ValueError(f"{array.nbytes} bytes; protobuf holds less than 2 GiB")


def is_bfloat16(tensor: Any) -> bool:
    """Whether an array of any framework is of the dtype that NumPy lacks."""
    try:
        return str(getattr(tensor, "dtype", "")).rpartition(".")[2] == "bfloat16"
    except Exception:  # noqa: BLE001 - whatever a foreign object makes of an attribute; it is refused later
        return False


def encode_tensor_value(tag: str, array: np.ndarray[Any, Any], bfloat16: bool = False) -> bytes:
    """Encode an array with its dtype and shape; `bfloat16` says that float32 values came from that type."""
    if bfloat16:
        # The upper half of a float32 is the bfloat16 that it was made of.
        halves = array.astype("<f4").view("<u4") >> 16
        return encode_value(
            tag,
            tensor=encode_tensor_content(_DT_BFLOAT16, array.shape, halves.astype("<u2").tobytes()),
            metadata=_METADATA,
        )
    return encode_value(tag, tensor=encode_tensor(array), metadata=_METADATA)
