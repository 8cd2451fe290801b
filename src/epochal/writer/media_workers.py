"""The threads that encode images and histograms, and the buffers that hold the copies they work on.

One pool for the process. Pillow's PNG encoder and NumPy's sort release the GIL, so this costs a training
loop little more than the copy.
"""

from __future__ import annotations

import math
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from epochal.writer import lifecycle

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_WAITING_BYTES = 256 << 20
"""Copies waiting to be encoded; beyond it the call that logs a value encodes it itself."""

MAX_IDLE_BUFFER_BYTES = 64 << 20
"""Buffers kept for the next copies: the memory of a fresh one costs more than the copy."""

_SMALL_BYTES = 64 << 10
_IDLE_SECS = 10.0


class CopyBuffers:
    """Lends memory for copies of arrays and takes it back. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[int, list[npt.NDArray[np.uint8]]] = {}
        self._idle_bytes = 0

    def copy(self, array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], npt.NDArray[np.uint8] | None]:
        """Return (a C-contiguous copy of `array`, the buffer to give back once the copy is done with)."""
        import numpy as np

        if array.nbytes < _SMALL_BYTES:
            return np.array(array, order="C"), None
        capacity = _capacity(array.nbytes)
        with self._lock:
            idle = self._idle.get(capacity)
            buffer = idle.pop() if idle else None
            if buffer is not None:
                self._idle_bytes -= capacity
        if buffer is None:
            buffer = np.empty(capacity, np.uint8)
        copied = buffer[: array.nbytes].view(array.dtype).reshape(array.shape)
        np.copyto(copied, array)
        return copied, buffer

    def give_back(self, buffer: npt.NDArray[np.uint8] | None) -> None:
        """Keep `buffer` for a later copy, or free it if enough memory is kept already."""
        if buffer is None:
            return
        with self._lock:
            if self._idle_bytes + buffer.nbytes <= MAX_IDLE_BUFFER_BYTES:
                self._idle.setdefault(buffer.nbytes, []).append(buffer)
                self._idle_bytes += buffer.nbytes


def _capacity(nbytes: int) -> int:
    """The next of 2^k and 1.5 * 2^k: few sizes, so that buffers fit again, and at most half wasted."""
    power: int = 1 << math.ceil(math.log2(nbytes))
    return power * 3 // 4 if nbytes <= power * 3 // 4 else power


class MediaWorkers:
    """A few daemon threads, started when there is work and gone after ten idle seconds."""

    def __init__(self, max_threads: int | None = None) -> None:
        self.buffers = CopyBuffers()
        self._max_threads = max_threads or min(4, max(1, (os.cpu_count() or 1) - 1))
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[tuple[Callable[[], None], int]] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._threads = 0
        self._idle_threads = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes reserved for copies that are not encoded yet."""
        return self._waiting_bytes

    def reserve(self, nbytes: int) -> bool:
        """Make room for a copy of `nbytes`; False if it is the caller's turn to encode."""
        with self._lock:
            if self._waiting_bytes + nbytes > MAX_WAITING_BYTES:
                return False
            self._waiting_bytes += nbytes
            return True

    def release(self, nbytes: int) -> None:
        """Undo `reserve`."""
        with self._lock:
            self._waiting_bytes -= nbytes

    def run(self, task: Callable[[], None], nbytes: int) -> None:
        """Run `task` on a worker, and release its reserved `nbytes` afterwards. What it raises is passed over."""
        with self._lock:
            self._tasks.put((task, nbytes))
            start = self._idle_threads < self._tasks.qsize() and self._threads < self._max_threads
            self._threads += start
        if not start:
            return
        try:
            threading.Thread(target=self._work, name="epochal-encode", daemon=True).start()
        except RuntimeError:
            # No more threads, or the interpreter is shutting down.
            with self._lock:
                self._threads -= 1
            self._work_off()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle_threads += 1
            try:
                task, nbytes = self._tasks.get(timeout=_IDLE_SECS)
            except queue.Empty:
                with self._lock:
                    self._idle_threads -= 1
                    if self._tasks.empty():
                        self._threads -= 1
                        return
                continue
            with self._lock:
                self._idle_threads -= 1
            with suppress(Exception):  # a task reports its own failures; the thread has others to do
                self._do(task, nbytes)
            del task

    def _work_off(self) -> None:
        while True:
            try:
                task, nbytes = self._tasks.get_nowait()
            except queue.Empty:
                return
            with suppress(Exception):  # see above
                self._do(task, nbytes)

    def _do(self, task: Callable[[], None], nbytes: int) -> None:
        try:
            task()
        finally:
            self.release(nbytes)


_workers: MediaWorkers | None = None
_workers_lock = threading.Lock()


def media_workers() -> MediaWorkers:
    """The pool of this process, made on first use."""
    global _workers
    with _workers_lock:
        if _workers is None:
            _workers = MediaWorkers()
        return _workers


def _forget_workers() -> None:
    """A forked child has none of its parent's threads, and must not do their work again."""
    global _workers, _workers_lock
    _workers, _workers_lock = None, threading.Lock()


lifecycle.call_after_fork_in_child(_forget_workers)
