"""The summary functions: name and value → one event of this thread's default writer, or False."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from epochal.events.message_encoders import encode_event, encode_value
from epochal.events.wire import iter_fields
from epochal.summaries.arrays import to_numpy
from epochal.summaries.scalars import as_float
from epochal.summary import tensors
from epochal.summary.state import get_step, make_tag, should_record_summaries, state
from epochal.writer.arguments import as_step, as_tag

if TYPE_CHECKING:
    import numpy as np

    from epochal.summary.writers import FileSummaryWriter

_DEFAULT_BUCKETS = 30


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Record one real number, as float32.

    For this and all functions below: step is what int() takes, by default `experimental.get_step()`;
    description is Markdown. Returns whether anything was recorded: not without a default writer, nor if
    `record_if` forbids it, nor for data that do not fit, which warn once per tag (or raise if the writer is
    strict). ValueError if there is a default writer but no step.
    """
    ready = _get_ready("scalar", name, "scalar_summary", step)
    if ready is None:
        return False
    writer, tag, number = ready
    try:
        metadata = tensors.make_metadata("scalars", description)
        value = encode_value(tag, tensor=tensors.encode_scalar(as_float(data)), metadata=metadata)
    except Exception as error:  # noqa: BLE001 - whatever a foreign object raises
        return writer.reject("scalar", tag, error)
    writer.append_value(value, number)
    return True


def image(name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None) -> bool:
    """Record the first max_outputs of the images [k, height, width, channels] as PNG files in one event.

    channels: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA. Floats are 0…1, uint8 is taken as it is, other integers are
    scaled from their own range. See `scalar` for the rest.
    """
    from epochal.summaries.images import load_encoder

    def check(array: np.ndarray[Any, Any]) -> None:
        tensors.check_images(array.shape)
        load_encoder()

    return _submit(
        "image", name, data, step, max_outputs, check, tensors.encode_images, "images", description=description
    )


def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: int = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> bool:
    """Record the first max_outputs of the clips [k, frames, channels] as WAV files in one event.

    Samples are floats in -1…1 (or int16); sample_rate in Hz; encoding None or "wav", ValueError else. See
    `scalar` for the rest.
    """
    if encoding not in (None, "wav"):
        raise ValueError(f"Unknown encoding: {encoding!r}")

    def check(array: np.ndarray[Any, Any]) -> None:
        tensors.check_audio(array)
        if int(sample_rate) <= 0:
            raise ValueError(f"sample_rate={sample_rate!r} is not positive")

    return _submit(
        "audio",
        name,
        data,
        step,
        max_outputs,
        check,
        lambda array: tensors.encode_audio(array, int(sample_rate)),
        "audio",
        tensors.audio_content(),
        description,
    )


def histogram(
    name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None
) -> bool:
    """Record the distribution of numbers of any shape in `buckets` equal buckets, 30 by default.

    NaN and infinite values stand in no bucket, which is said once per tag. See `scalar` for the rest.
    """
    bucket_count = _DEFAULT_BUCKETS if buckets is None else int(buckets)
    writer = state.writer

    def encode(array: np.ndarray[Any, Any]) -> bytes:
        tensor, left_out = tensors.encode_histogram(array, bucket_count)
        if left_out and writer is not None:
            writer.warn_once.warn(
                f"not finite {name}",
                f"summary.histogram({name!r}): {left_out} of {array.size} values are NaN or infinite; "
                "they stand in no bucket",
            )
        return tensor

    return _submit("histogram", name, data, step, None, None, encode, "histograms", description=description)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Record Markdown: a string, or an array or nested lists of strings, shown as a table.

    See `scalar` for the rest.
    """
    ready = _get_ready("text", name, "text_summary", step)
    if ready is None:
        return False
    writer, tag, number = ready
    try:
        metadata = tensors.make_metadata("text", description)
        value = encode_value(tag, tensor=tensors.encode_text_tensor(data), metadata=metadata)
    except Exception as error:  # noqa: BLE001 - see scalar
        return writer.reject("text", tag, error)
    writer.append_value(value, number)
    return True


def write(tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None) -> bool:
    """Record any tensor under `tag`, which gets no prefix: for summary functions of your own.

    tensor: an array, a number, strings, or a callable that returns one, called only if it is recorded.
    metadata: a SummaryMetadata message of any library, or its bytes. name: for compatibility, ignored. See
    `scalar` for the rest.
    """
    ready = _get_ready("write", None, tag, step)
    if ready is None:
        return False
    writer, _, number = ready
    found = tensor() if callable(tensor) else tensor
    try:
        encoded = tensors.encode_any_tensor(found)
        value = encode_value(as_tag(tag), tensor=encoded, metadata=_to_bytes(metadata))
    except Exception as error:  # noqa: BLE001 - see scalar
        return writer.reject("write", tag, error)
    writer.append_value(value, number)
    return True


def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> bool:
    """Record a serialised Summary message, or a list of them. name: for compatibility, ignored.

    See `scalar` for the rest.
    """
    ready = _get_ready("write_raw_pb", None, "", step)
    if ready is None:
        return False
    writer, _, number = ready
    messages = tensor.numpy() if hasattr(tensor, "numpy") else tensor
    messages = messages.ravel().tolist() if hasattr(messages, "ravel") else messages
    try:
        for message in messages if isinstance(messages, (list, tuple)) else [messages]:
            encoded = _to_bytes(message)
            if encoded is None:
                raise TypeError("no Summary message was given")
            for _ in iter_fields(encoded):
                pass  # bytes that are no message would damage the record for every reader
            writer.append_summary(encoded, number)
    except (TypeError, ValueError) as error:
        return writer.reject("write_raw_pb", "", error)
    return True


def graph(graph_data: Any) -> bool:
    """Record a graph, at step 0: a GraphDef message, its bytes, or an object with `as_graph_def()`.

    Returns whether it was recorded. ValueError for anything else.
    """
    writer = state.writer
    if writer is None or not should_record_summaries():
        return False
    if hasattr(graph_data, "as_graph_def"):
        graph_data = graph_data.as_graph_def()
    try:
        encoded = _to_bytes(graph_data)
    except TypeError:
        encoded = None
    if encoded is None:
        raise ValueError(f"graph_data is no graph but {type(graph_data).__name__}")
    import time

    writer.event_writer.append_event(encode_event(time.time(), 0, graph_def=encoded))
    return True


# -- shared by the functions above ----------------------------------------------------------------------------


def _get_ready(
    function: str, name: str | None, default_name: str, step: Any
) -> tuple[FileSummaryWriter, str, int] | None:
    """(writer, tag, step) if a summary is to be recorded. name None: the default name is the whole tag."""
    writer = state.writer
    if writer is None:
        return None
    if step is None:
        step = get_step()
        if step is None:
            raise ValueError("No step set via 'step' argument or summary.experimental.set_step()")
    if not should_record_summaries():
        return None
    tag: Any = name or default_name
    try:
        tag = as_tag(tag)
        if name is not None:
            tag = make_tag(name, default_name)
        return writer, tag, step if type(step) is int and -1 < step < 1 << 63 else _to_step(step)
    except Exception as error:  # noqa: BLE001 - see scalar
        writer.reject(function, tag, error)
        return None


def _to_step(step: Any) -> int:
    try:
        return as_step(step)
    except TypeError:
        return as_step(to_numpy(step)[0].item())


def _submit(
    function: str,
    name: str,
    data: Any,
    step: Any,
    max_outputs: Any,
    check: Callable[[np.ndarray[Any, Any]], None] | None,
    encode: Callable[[np.ndarray[Any, Any]], bytes],
    plugin_name: str,
    content: bytes = b"",
    description: str | None = None,
) -> bool:
    """Have an array encoded in the background, cut to its first max_outputs items."""
    ready = _get_ready(function, name, f"{function}_summary", step)
    if ready is None:
        return False
    writer, tag, number = ready
    try:
        metadata = tensors.make_metadata(plugin_name, description, content)
        array, private = to_numpy(data)
        if check is not None:
            check(array)
        if max_outputs is not None:
            if int(max_outputs) < 0:
                raise ValueError(f"max_outputs={max_outputs!r} is negative")
            array = array[: int(max_outputs)]
        writer.submit(
            tag,
            array,
            private,
            number,
            lambda copied: encode_value(tag, tensor=encode(copied), metadata=metadata),
        )
    except Exception as error:  # noqa: BLE001 - see scalar
        return writer.reject(function, tag, error)
    return True


def _to_bytes(message: Any) -> bytes | None:
    """The bytes of a message of any library. TypeError for what is none."""
    if message is None:
        return None
    if hasattr(message, "SerializeToString"):
        message = message.SerializeToString()
    if not isinstance(message, (bytes, bytearray, memoryview)):
        raise TypeError(f"{type(message).__name__} is no message and no bytes")
    return bytes(message)
