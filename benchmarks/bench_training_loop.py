"""By how much logging slows a program: a pure-Python loop at 1 kHz with media, and a tutorial's training loop.

Stretches with and without logging alternate in one process, in an order that turns round each time; a stretch ends
outside of its clock with `flush`, so that none pays for another. Wall-clock time says what a user feels, other
programs on the machine included; so the figure is the median over the pairs, with the interval that holds it with
95 % probability (bootstrap). Processor time says the same without waiting.

0.1 % of a training step is less than the noise of any machine that does something else too. There the bar is held
by what can be attributed: the time inside the calls plus all processor time of the writer's own threads, as if
that were wholly at the loop's expense. The stretches must not contradict: a row fails too if the interval of the
wall-clock time lies above the bar as a whole.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from harness import Row, print_row
from writer_cases import IMPORTS, make_writer

Step = Callable[[int], float]
"""One step of the loop: takes its number, returns the loss."""
Log = Callable[[int, float], None]


class Stretch(NamedTuple):
    """What a number of steps took, in seconds."""

    wall: float
    cpu: float
    """Processor time of all threads."""
    in_calls: float
    """Wall-clock time inside the calls that log."""
    in_threads: float
    """Processor time of the library's own Python threads."""


def thread_secs() -> float:
    """Processor seconds so far of every living Python thread but this one; 0 where the system does not tell."""
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    if clock_of is None:
        return 0.0
    others = (thread for thread in threading.enumerate() if thread is not threading.current_thread())
    return sum(time.clock_gettime(clock_of(thread.ident)) for thread in others)


def run_stretch(step: Step, log: Log | None, first: int, count: int) -> Stretch:
    """Run `count` steps, logging each if there is a `log`."""
    in_calls = 0.0
    clock = time.perf_counter
    threads, cpu, start = thread_secs(), time.process_time(), clock()
    for number in range(first, first + count):
        loss = step(number)
        if log is not None:
            before = clock()
            log(number, loss)
            in_calls += clock() - before
    wall = clock() - start
    return Stretch(wall, time.process_time() - cpu, in_calls, thread_secs() - threads)


def alternate(
    step: Step, logs: dict[str, tuple[Log, Callable[[], None]]], count: int, rounds: int
) -> list[dict[str, Stretch]]:
    """`rounds` times a stretch without logging ("none") and one by each of `logs`: name → (log, flush)."""
    order = ["none", *logs]
    found = []
    for number in range(rounds + 1):
        stretches = {}
        for name in order if number % 2 else reversed(order):
            log, flush = logs.get(name, (None, None))
            stretches[name] = run_stretch(step, log, number * count, count)
            if flush is not None:
                flush()
        found.append(stretches)
    return found[1:]  # the first round warms up


def slowdown(found: list[dict[str, Stretch]], name: str, field: str) -> tuple[float, float, float]:
    """(median, low, high) in % by which `name` is slower than no logging; low and high by bootstrap, 95 %."""
    ratios = [getattr(pair[name], field) / getattr(pair["none"], field) for pair in found]
    percent = [(ratio - 1) * 100 for ratio in ratios]
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(percent, k=len(percent))) for _ in range(1000))
    return statistics.median(percent), medians[25], medians[974]


def attributed(found: list[dict[str, Stretch]], name: str) -> tuple[float, float]:
    """(in the calls, in the library's threads) in % of the time of the steps without logging; medians."""
    calls = [pair[name].in_calls / pair["none"].wall * 100 for pair in found]
    threads = [pair[name].in_threads / pair["none"].wall * 100 for pair in found]
    return statistics.median(calls), statistics.median(threads)


def make_python_step(secs: float) -> Step:
    """A step of pure Python that takes about `secs` and needs the GIL all the time."""

    def burn(count: int) -> float:
        total = 0.0
        for number in range(count):
            total += number * 0.5
        return total

    start = time.perf_counter()
    burn(200_000)
    count = round(secs / (time.perf_counter() - start) * 200_000)
    return lambda number: burn(count) / count


def make_training_step(side: int, batch_size: int = 64) -> Step:
    """A step of the model of PyTorch's MNIST example, on scikit-learn's 1,797 digits enlarged to `side` pixels.

    At 28 pixels it is that example's work; at the 8 of the data themselves it is as short as training gets.
    """
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    torch.manual_seed(0)
    pixels, labels = load_digits(return_X_y=True)
    images = nn.functional.interpolate(torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), side)
    targets = torch.tensor(labels)
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * ((side - 4) // 2) ** 2, 128), nn.ReLU()),
        *(nn.Dropout(0.5), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adadelta(model.parameters())
    batches = len(images) // batch_size

    def step(number: int) -> float:
        first = number % batches * batch_size
        optimizer.zero_grad()
        logits = model(images[first : first + batch_size])
        loss = nn.functional.cross_entropy(logits, targets[first : first + batch_size])
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def make_media_log(writer: Any, every: int = 100, size: int = 224) -> Log:
    """Log a scalar each step, and each `every` steps an image, a histogram or a text in turn."""
    generator = np.random.default_rng(0)
    image = generator.random((3, size, size), dtype=np.float32)
    weights = generator.normal(size=size * size * 2).astype(np.float32)
    media = [
        lambda number: writer.add_image("image", image, number),
        lambda number: writer.add_histogram("weights", weights, number),
        lambda number: writer.add_text("note", "A **step** of training", number),
    ]

    def log(number: int, loss: float) -> None:
        writer.add_scalar("train/loss", loss, number)
        if number % every == 0:
            media[number // every % len(media)](number)

    return log


def measure_python_loop(folder: str, count: int = 1000, rounds: int = 20, size: int = 224) -> None:
    """Print the rows of the loop at 1 kHz: `count` steps of a millisecond are a stretch."""
    writers = {name: make_writer(name, folder) for name in IMPORTS}
    logs = {name: (make_media_log(writer, size=size), writer.flush) for name, writer in writers.items()}
    found = alternate(make_python_step(0.001), logs, count, rounds)
    what = "pure-Python loop at 1 kHz, 10 images, histograms and texts a second"
    for field, label in (("wall", "slower"), ("cpu", "more processor time")):
        ours, low, high = slowdown(found, "ours", field)
        note = f"95 %: {low:.2g}…{high:.2g} %"
        peers = {name: slowdown(found, name, field)[0] for name in writers if name != "ours"}
        for name, peer in peers.items():
            if field == "wall":
                print_row(Row(f"{what}: {label}", ours, "%", "≤ 3 %", ours <= 3, peer, name, note))
            else:  # the encoding itself, on another core: for information
                print_row(Row(f"{what}: {label}", ours, "%", "≤ the peer", ours <= peer, peer, name, note))
    for writer in writers.values():
        writer.close()


def measure_training(folder: str, side: int, count: int, rounds: int) -> None:
    """Print the rows of the training loop; a stretch is `count` steps that log their loss.

    DESIGN.md's bar is for a tutorial's loop, which is the one at 28 pixels; steps a sixth as long are held to the
    peer alone.
    """
    writers = {name: make_writer(name, folder) for name in IMPORTS}

    def make_log(writer: Any) -> Log:
        def log(number: int, loss: float) -> None:
            writer.add_scalar("train/loss", loss, number)

        return log

    logs = {name: (make_log(writer), writer.flush) for name, writer in writers.items()}
    found = alternate(make_training_step(side), logs, count, rounds)
    step_ms = statistics.median(pair["none"].wall for pair in found) / count * 1e3
    shares = {name: attributed(found, name) for name in writers}
    ours, (wall, low, high) = sum(shares["ours"]), slowdown(found, "ours", "wall")
    note = (
        f"{shares['ours'][0]:.2g} % in the calls, {shares['ours'][1]:.2g} % in threads; wall clock {wall:+.2g} % "
        f"(95 %: {low:+.2g}…{high:+.2g} %); a step is {step_ms:.3g} ms"
    )
    for name in writers:
        if name != "ours":
            what = f"training loop on {side} × {side} digits, loss logged each step: slower"
            peer = sum(shares[name])
            if side >= 28:
                print_row(Row(what, ours, "%", "≤ 0.1 %", ours <= 0.1 and low <= 0.1, peer, name, note))
            else:
                print_row(Row(what, ours, "%", "≤ the peer", ours <= peer, peer, name, note))
    for writer in writers.values():
        writer.close()


def main(shrink: int = 1) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        if shrink > 1:
            measure_python_loop(folder, 20, 2, 16)
            measure_training(folder, 28, 2, 2)
            measure_training(folder, 8, 2, 2)
        else:
            measure_python_loop(folder)
            measure_training(folder, 28, 25, 20)
            measure_training(folder, 8, 50, 30)


if __name__ == "__main__":
    main()
