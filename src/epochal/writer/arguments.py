"""Arguments as people pass them → what events hold. All raise TypeError, ValueError or OverflowError."""

from __future__ import annotations

import time
from typing import Any

_INT64_MAX = (1 << 63) - 1


def as_tag(tag: Any) -> str:
    """A tag must be a string that UTF-8 can hold."""
    if not isinstance(tag, str):
        raise TypeError(f"a tag must be a string, got {type(tag).__name__}")
    try:
        tag.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the tag {tag!r} is not valid Unicode: {error.reason}") from None
    return tag


def as_step(global_step: Any, name: str = "the step") -> int:
    """None is step 0; anything that int() takes, within int64, else. Errors speak of `name`."""
    if global_step is None:
        return 0
    step = global_step if type(global_step) is int else as_int(global_step, name)
    if not -_INT64_MAX - 1 <= step <= _INT64_MAX:
        raise OverflowError(f"{name} {step} does not fit into 64 bits")
    return step


def as_int(number: Any, name: str) -> int:
    """What int() makes of `number`; its errors say that `name` is wrong, which int()'s own words do not."""
    try:
        return int(_real(number))
    except (TypeError, ValueError, OverflowError) as error:
        given = repr(number) if isinstance(number, str | bytes | float) else f"of type {type(number).__name__}"
        raise type(error)(f"{name} {given} is not an integer") from None


def is_fractional(number: Any) -> bool:
    """Whether int() cuts something off a number that it takes."""
    if number is None or isinstance(number, int | str | bytes):
        return False
    try:
        return float(number) % 1 != 0
    except Exception:  # noqa: BLE001 - an object that is an int and no float
        return False


def as_wall_time(walltime: Any) -> float:
    """Seconds since the epoch; None is now."""
    return time.time() if walltime is None else float(_real(walltime))


def _real(number: Any) -> Any:
    """The same; TypeError for NumPy's complex numbers, which int() and float() cut with a warning."""
    if getattr(getattr(number, "dtype", None), "kind", "") == "c":
        raise TypeError(f"{type(number).__name__} is not a real number")
    return number


def describe(tag: Any) -> str:
    """What stands for a tag in a warning: its repr, or its type where an object refuses to describe itself."""
    try:
        return repr(tag)
    except Exception:  # noqa: BLE001 - whatever a user's __repr__ raises
        return f"<{type(tag).__name__}>"


def describe_error(error: Exception) -> str:
    """An error's message, or its type where the message cannot be made."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - see describe
        return type(error).__name__
