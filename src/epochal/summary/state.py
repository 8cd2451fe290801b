"""What `epochal.summary` remembers per thread: the default writer, the default step, conditions, name scopes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epochal.summary.writers import FileSummaryWriter

_NOT_IN_SCOPES = re.compile(r"[^-_/.A-Za-z0-9]")


class _State(threading.local):
    """A new thread starts without any of it, as with tf.summary."""

    def __init__(self) -> None:
        self.writer: FileSummaryWriter | None = None
        self.step: Any = None
        self.condition: Any = None
        self.scope = ""
        """The names of the enclosing summary scopes, each with a "/" behind it."""


state = _State()


@contextmanager
def record_if(condition: bool | Callable[[], Any] | Any) -> Iterator[None]:
    """Record only if `condition`, within the context and on this thread; inner contexts replace outer ones.

    condition: a bool, anything that bool() takes (a tensor of one element), or a callable that returns such.
    A callable is asked at each summary.
    """
    before = state.condition
    state.condition = condition
    try:
        yield
    finally:
        state.condition = before


def should_record_summaries() -> bool:
    """Whether a summary written here and now is recorded: there is a default writer, and `record_if` agrees."""
    if state.writer is None:
        return False
    condition = state.condition
    return condition is None or bool(condition() if callable(condition) else condition)


def set_step(step: Any) -> None:
    """Set this thread's default step: an int, an object that int() takes (read at each summary), or None."""
    state.step = step


def get_step() -> Any:
    """This thread's default step as it was set, or None."""
    return state.step


def make_tag(name: str, default_name: str) -> str:
    """The tag of a summary called `name` within the enclosing scopes."""
    return f"{state.scope}{name or default_name}"


@contextmanager
def summary_scope(name: str, default_name: str = "summary", values: Any = None) -> Iterator[tuple[str, str]]:
    """Give (tag, scope) to a summary function of your own; summaries written inside get `scope` as a prefix.

    The tag is `name` behind the enclosing scopes, byte for byte; the scope, which ends with "/", keeps of the
    name only letters, digits and "-_/.". values: for compatibility, ignored.
    """
    outer = state.scope
    scope = f"{outer}{_NOT_IN_SCOPES.sub('', name or default_name) or default_name}/"
    tag = make_tag(name, default_name)
    state.scope = scope
    try:
        yield tag, scope
    finally:
        state.scope = outer
