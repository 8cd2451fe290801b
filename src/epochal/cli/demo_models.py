"""Small real models for `epochal demo`: NumPy networks trained in seconds on handwritten digits.

Nothing here is simulated: every curve, histogram and picture comes from a network that learns while it logs.
The digits are scikit-learn's. One learning rate is too high on purpose: a run that fails, with Inf and NaN among
its values, is worth seeing too.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from epochal.writer.summary_writer import SummaryWriter

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

IMAGE_SIDE_PX = 8
CLASSES = 10
BATCH = 64


@dataclass(frozen=True)
class Settings:
    """One run of the demo: its name below the logdir and its hyper-parameters."""

    run: str
    hidden: tuple[int, ...]
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 1e-4
    epochs: int = 100
    seed: int = 0


RUNS: tuple[Settings, ...] = (
    Settings("mlp-64/lr=0.05 seed 0", (64,), 0.05, seed=0),
    Settings("mlp-64/lr=0.05 seed 1", (64,), 0.05, seed=1),
    Settings("mlp-64/lr=0.01 seed 0", (64,), 0.01, seed=0),
    Settings("mlp-64/lr=0.01 seed 1", (64,), 0.01, seed=1),
    Settings("mlp-128x64/lr=0.05", (128, 64), 0.05, seed=0),
    Settings("mlp-128x64/lr=0.01", (128, 64), 0.01, seed=0),
    Settings("baselines/softmax", (), 0.05, momentum=0.0, seed=0),
    Settings("baselines/too hot", (64,), 5.0, momentum=0.95, epochs=25, seed=0),
)
# Trained slowly while the app is open, so that there is something live to watch.
LIVE_RUN = Settings("live/lr=0.03", (64,), 0.03, epochs=400, seed=3)
LIVE_PAUSE_SECS = 0.03


@dataclass(frozen=True)
class Digits:
    """Train and evaluation halves: images float32[n, 64] in [0, 1], labels int64[n]."""

    train_images: Floats
    train_labels: Ints
    eval_images: Floats
    eval_labels: Ints


def load_digits() -> Digits:
    """Read scikit-learn's 1,797 digits. Raises ModuleNotFoundError where scikit-learn is not installed."""
    from sklearn import datasets

    bunch = datasets.load_digits()
    images = (bunch.data / 16).astype(np.float32)
    labels = bunch.target.astype(np.int64)
    order = np.random.default_rng(7).permutation(len(labels))
    held_out = len(labels) // 5
    train, evaluation = order[held_out:], order[:held_out]
    return Digits(images[train], labels[train], images[evaluation], labels[evaluation])


class Network:
    """A multi-layer perceptron with ReLU and a softmax on top, trained by SGD with momentum."""

    def __init__(self, settings: Settings) -> None:
        rng = np.random.default_rng(settings.seed)
        widths = [IMAGE_SIDE_PX**2, *settings.hidden, CLASSES]
        self.settings = settings
        self.weights = [
            (rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)).astype(np.float32)
            for fan_in, fan_out in itertools.pairwise(widths)
        ]
        self.biases = [np.zeros(width, np.float32) for width in widths[1:]]
        self.weight_gradients = [np.zeros_like(weight) for weight in self.weights]
        self._velocity = [np.zeros_like(weight) for weight in self.weights]

    def _activations(self, images: Floats) -> list[Floats]:
        layers = [images]
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = layers[-1] @ weight + bias
            layers.append(values if index == len(self.weights) - 1 else np.maximum(values, 0))
        return layers

    def evaluate(self, images: Floats, labels: Ints) -> tuple[float, float, Floats]:
        """Return mean cross-entropy, accuracy, and the class probabilities float32[n, 10]."""
        probabilities = _softmax(self._activations(images)[-1])
        accuracy = float((probabilities.argmax(1) == labels).mean())
        return _cross_entropy(probabilities, labels), accuracy, probabilities

    def train_step(self, images: Floats, labels: Ints, learning_rate: float) -> tuple[float, float, float]:
        """Take one SGD step on a batch; return its loss, accuracy and the gradient's norm before the step."""
        layers = self._activations(images)
        probabilities = _softmax(layers[-1])
        rows = np.arange(len(labels))
        loss = _cross_entropy(probabilities, labels)
        accuracy = float((probabilities.argmax(1) == labels).mean())
        upstream = probabilities.copy()
        upstream[rows, labels] -= 1
        upstream /= np.float32(len(labels))
        squared_norm = 0.0
        # NumPy scalars of the weights' own type keep the whole step in float32.
        decay, momentum = np.float32(self.settings.weight_decay), np.float32(self.settings.momentum)
        rate = np.float32(learning_rate)
        for index in reversed(range(len(self.weights))):
            gradient = layers[index].T @ upstream + decay * self.weights[index]
            bias_gradient = upstream.sum(0)
            if index > 0:
                upstream = (upstream @ self.weights[index].T) * (layers[index] > 0)
            squared_norm += float((gradient**2).sum())
            self.weight_gradients[index] = gradient
            self._velocity[index] = momentum * self._velocity[index] - rate * gradient
            self.weights[index] = self.weights[index] + self._velocity[index]
            self.biases[index] = self.biases[index] - rate * bias_gradient
        return loss, accuracy, float(np.sqrt(squared_norm))


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True), np.float32)


def _cross_entropy(probabilities: Floats, labels: Ints) -> float:
    """Mean of −log p(true class). Written plainly: where float32 rounds a probability to zero it is infinite."""
    return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


def _precision(guesses: Ints, labels: Ints, digit: int) -> float:
    """The share of right guesses among the guesses of one digit; 0/0, NaN, while it is never guessed."""
    guessed = guesses == digit
    return float(np.float64((guessed & (labels == digit)).sum()) / guessed.sum())


def _cosine_rate(settings: Settings, step: int, steps: int) -> float:
    """Warm up over the first twentieth of the run, then follow a cosine to zero."""
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return settings.learning_rate * (step + 1) / warm_up
    return settings.learning_rate * 0.5 * (1 + float(np.cos(np.pi * (step - warm_up) / max(1, steps - warm_up))))


def _batches(digits: Digits, rng: np.random.Generator) -> Iterator[tuple[Floats, Ints]]:
    order = rng.permutation(len(digits.train_labels))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        yield digits.train_images[rows], digits.train_labels[rows]


def _filters(weight: Floats) -> Floats:
    """The first layer's weights as pictures: float32[n, 1, 8, 8] in [0, 1], mid grey for zero; whole rows of 8."""
    columns = weight[:, : min(weight.shape[1] // 8 * 8, 32)].T.reshape(-1, 1, IMAGE_SIDE_PX, IMAGE_SIDE_PX)
    scale = np.abs(columns).max() or 1.0
    return np.asarray(np.nan_to_num(columns / (2 * scale) + 0.5, nan=0.5), np.float32)


def _framed(images: Floats, factor: int) -> Floats:
    """Enlarge pictures float32[n, 1, h, w] by a whole factor and frame each in white, for a grid."""
    large = np.repeat(np.repeat(images, factor, axis=2), factor, axis=3)
    return np.pad(large, ((0, 0), (0, 0), (factor // 2,) * 2, (factor // 2,) * 2), constant_values=1.0)


def _describe(settings: Settings, network: Network) -> str:
    widths = " → ".join(str(width) for width in (64, *settings.hidden, CLASSES))
    parameters = sum(weight.size for weight in network.weights) + sum(bias.size for bias in network.biases)
    rows = {
        "layers": widths,
        "parameters": f"{parameters:,}",
        "learning rate": f"{settings.learning_rate:g}, warm-up then cosine",
        "momentum": f"{settings.momentum:g}",
        "weight decay": f"{settings.weight_decay:g}",
        "batch": str(BATCH),
        "epochs": str(settings.epochs),
        "seed": str(settings.seed),
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    title = f"# {settings.run}\n\nA perceptron on scikit-learn's digits."
    return f"{title}\n\n| setting | value |\n|---|---|\n{table}\n"


def _report(epoch: int, labels: Ints, probabilities: Floats, accuracy: float) -> str:
    guesses = probabilities.argmax(1)
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, guesses), 1)
    rule = "|---" * (CLASSES + 1) + "|"
    body = "\n".join(
        f"| **{digit}** | " + " | ".join(str(count) if count else "·" for count in row) + " |"
        for digit, row in enumerate(confusion)
    )
    head = "| true \\ guessed | " + " | ".join(f"**{digit}**" for digit in range(CLASSES)) + " |"
    return f"## Epoch {epoch}: {accuracy:.1%} of the held-out digits\n\n{head}\n{rule}\n{body}\n"


def train(settings: Settings, digits: Digits, logdir: Path, pause: Callable[[], bool] = lambda: False) -> float:
    """Train one run and log it below `logdir`; return its last evaluation accuracy.

    `pause` is called after each step: it may sleep, and ends the training early by returning True.
    """
    network = Network(settings)
    rng = np.random.default_rng(settings.seed + 1)
    steps_per_epoch = len(digits.train_labels) // BATCH
    steps = settings.epochs * steps_per_epoch
    step = 0
    accuracy = 0.0
    with SummaryWriter(str(logdir / settings.run)) as writer, np.errstate(all="ignore"):
        writer.add_text("model", _describe(settings, network), 0)
        for epoch in range(settings.epochs):
            began = time.perf_counter()
            for images, labels in _batches(digits, rng):
                rate = _cosine_rate(settings, step, steps)
                loss, batch_accuracy, gradient_norm = network.train_step(images, labels, rate)
                writer.add_scalar("train/loss", loss, step)
                writer.add_scalar("train/accuracy", batch_accuracy, step)
                writer.add_scalar("train/gradient_norm", gradient_norm, step)
                writer.add_scalar("train/learning_rate", rate, step)
                step += 1
                if pause():
                    return accuracy
            secs = time.perf_counter() - began
            accuracy = _log_epoch(writer, network, digits, epoch, step - 1, steps_per_epoch * BATCH / secs)
    return accuracy


def _log_epoch(
    writer: SummaryWriter, network: Network, digits: Digits, epoch: int, step: int, images_per_sec: float
) -> float:
    """Log what is worth a look once an epoch; return the evaluation accuracy."""
    loss, accuracy, probabilities = network.evaluate(digits.eval_images, digits.eval_labels)
    train_loss, train_accuracy, _ = network.evaluate(digits.train_images, digits.train_labels)
    writer.add_scalar("eval/loss", loss, step)
    writer.add_scalar("eval/accuracy", accuracy, step)
    writer.add_scalar("eval/precision_of_8", _precision(probabilities.argmax(1), digits.eval_labels, 8), step)
    writer.add_scalar("train/images_per_sec", images_per_sec, step)
    writer.add_scalars("train and eval/loss", {"train": train_loss, "eval": loss}, step)
    writer.add_scalars("train and eval/accuracy", {"train": train_accuracy, "eval": accuracy}, step)
    if epoch % 2 == 0:
        for index, (weight, gradient) in enumerate(zip(network.weights, network.weight_gradients, strict=True)):
            writer.add_histogram(f"layer {index + 1}/weights", weight, step)
            writer.add_histogram(f"layer {index + 1}/gradients", gradient, step)
    if epoch % 10 == 0 or epoch == network.settings.epochs - 1:
        writer.add_images("first layer", _framed(_filters(network.weights[0]), 4), step)
        # The held-out digits that the network is most wrong about: the least probability for the true class.
        doubt = probabilities[np.arange(len(digits.eval_labels)), digits.eval_labels]
        worst = np.argsort(np.nan_to_num(doubt, nan=0.0))[:16]
        pictures = digits.eval_images[worst].reshape(-1, 1, IMAGE_SIDE_PX, IMAGE_SIDE_PX)
        writer.add_images("most doubted digits", _framed(pictures, 6), step)
        writer.add_text("confusion", _report(epoch + 1, digits.eval_labels, probabilities, accuracy), step)
    return accuracy


def train_demo(logdir: str | Path, progress: Callable[[str], None]) -> None:
    """Train every run of the demo into `logdir`, telling `progress` one line for each.

    Raises ModuleNotFoundError where scikit-learn is not installed (`pip install 'epochal[demo]'`).
    """
    from threadpoolctl import threadpool_limits

    digits = load_digits()
    # Matrices this small are slower on two BLAS threads than on one, and far slower on a busy machine.
    with threadpool_limits(limits=1):
        for settings in RUNS:
            began = time.perf_counter()
            accuracy = train(settings, digits, Path(logdir))
            progress(f"{settings.run}: {accuracy:.1%} of held-out digits in {time.perf_counter() - began:.1f} s")


def train_live(logdir: str | Path, stop: threading.Event) -> None:
    """Train one more run, slowly, until it is done or `stop` is set; for a thread beside the server."""
    train(LIVE_RUN, load_digits(), Path(logdir), lambda: stop.wait(LIVE_PAUSE_SECS))
