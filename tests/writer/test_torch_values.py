"""The same calls to torch's SummaryWriter and to ours: the same messages, value for value."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from epochal import SummaryWriter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")
    from torch.utils.tensorboard import SummaryWriter as TorchWriter

random = np.random.default_rng(7)


@pytest.fixture
def both(tmp_path, reader):
    """Log with both writers; return their values in order, encoded pictures decoded to pixels apart."""

    def log(call):
        runs = []
        for name, make in (("torch", TorchWriter), ("epochal", SummaryWriter)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                with make(tmp_path / name) as writer:
                    call(writer)
            runs.append([(e.step, value) for e in reader.read_run(tmp_path / name) for value in e.summary.value])
        return runs

    return log


def assert_same(both, call) -> None:
    theirs, ours = both(call)
    assert len(theirs) > 0
    assert [(step, str(value)) for step, value in ours] == [(step, str(value)) for step, value in theirs]


def pixels(value) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))


SCALARS = {
    "float": 0.1,
    "int": 3,
    "bool": True,
    "nan": float("nan"),
    "inf": float("-inf"),
    "beyond float32": 1e300,
    "float32": np.float32(0.1),
    "float64": np.float64(0.1),
    "int64": np.int64(-5),
    "array": np.array([[2.5]]),
    "tensor": torch.tensor(0.25),
    "tensor with gradient": torch.tensor([0.25], requires_grad=True),
    "half": torch.tensor(0.1, dtype=torch.float16),
    "bfloat16": torch.tensor(0.1, dtype=torch.bfloat16),
}


@pytest.mark.parametrize("value", SCALARS.values(), ids=SCALARS)
@pytest.mark.parametrize("style", [{}, {"new_style": True}, {"new_style": True, "double_precision": True}])
def test_scalar(both, value, style):
    assert_same(both, lambda writer: writer.add_scalar("tag", value, 3, 1.5, **style))


@pytest.mark.parametrize("step", [None, 0, -1, 5.7, np.int32(4), torch.tensor(6), True, 2**40])
def test_step(both, step):
    assert_same(both, lambda writer: writer.add_scalar("tag", 1.0, step))


def test_text(both):
    assert_same(both, lambda writer: writer.add_text("tag", "# Grüße\n|a|b|\n", 3))


def test_empty_text(both):
    assert_same(both, lambda writer: writer.add_text("tag", "", 3))


HISTOGRAMS = {
    "normal": random.normal(size=10_000),
    "float32": random.normal(size=(40, 50)).astype(np.float32),
    "float16": random.normal(size=1000).astype(np.float16),
    "ints": random.integers(-100, 100, 1000),
    "uint8": random.integers(0, 255, (3, 7), dtype=np.uint8),
    "bools": random.integers(0, 2, 50).astype(bool),
    "one value": np.zeros(1),
    "on the edges": np.array([1e-12, -1e-12, 1.1e-12, 0.0, 1.1]),
    "beyond the edges": np.array([1e21, -1e21, 5.0]),
    "tensor": torch.randn(100, requires_grad=True),
    "positive": random.exponential(size=1000) + 0.5,
    "negative": -random.exponential(size=1000) - 0.5,
}
BINS = {
    "tensorflow": {},
    "max_bins": {"max_bins": 30},
    "auto": {"bins": "auto"},
    "fd": {"bins": "fd"},
    "count": {"bins": 12},
    "edges": {"bins": np.linspace(-2, 2, 9)},
    "list": {"bins": [-1.0, 0.0, 0.5, 200.0], "max_bins": 2},
}


# Torch raises where no bin takes a value, or where a rule asks for more bins than there is memory.
TORCH_RAISES = {("uint8", "edges"), ("beyond the edges", "edges"), ("on the edges", "fd")}


@pytest.mark.parametrize("values", HISTOGRAMS)
@pytest.mark.parametrize("bins", BINS)
def test_histogram(both, values, bins):
    if (values, bins) not in TORCH_RAISES:
        assert_same(both, lambda writer: writer.add_histogram("tag", HISTOGRAMS[values], 3, **BINS[bins]))


def test_histogram_that_no_bin_takes(tmp_path, reader):
    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_histogram("tag", np.array([7.0, 9.0]), 3, bins=[-2.0, 2.0])
    (event,) = reader.read_run(tmp_path)
    histogram = event.summary.value[0].histo
    assert (histogram.num, histogram.min, histogram.max, list(histogram.bucket)) == (2, 7, 9, [])


def image(shape, dtype=np.float32):
    if dtype == np.uint8:
        return random.integers(0, 256, shape, dtype=np.uint8)
    return (random.random(shape) * 1.4 - 0.2).astype(dtype)


IMAGES = {
    "CHW": (image((3, 5, 7)), "CHW"),
    "grey": (image((1, 5, 7)), "CHW"),
    "RGBA": (image((4, 5, 7)), "CHW"),
    "grey and alpha": (image((2, 5, 7), np.uint8), "CHW"),
    "HWC": (image((5, 7, 3)), "HWC"),
    "lower case": (image((5, 7, 3)), "hwc"),
    "HW": (image((5, 7)), "HW"),
    "WH": (image((5, 7)), "WH"),
    "uint8": (image((3, 5, 7), np.uint8), "CHW"),
    "float64": (image((3, 5, 7), np.float64), "CHW"),
    "float16": (image((3, 5, 7), np.float16), "CHW"),
    "bool": (random.integers(0, 2, (1, 5, 7)).astype(bool), "CHW"),
    "int64": (random.integers(-1, 3, (3, 5, 7)), "CHW"),
    "tensor": (torch.rand(3, 5, 7), "CHW"),
    "strided": (image((5, 14, 3))[:, ::2].transpose(2, 0, 1), "CHW"),
}


@pytest.mark.parametrize(("array", "dataformats"), IMAGES.values(), ids=IMAGES)
def test_image(both, array, dataformats):
    ((_, theirs),), ((_, ours),) = both(lambda writer: writer.add_image("tag", array, 3, dataformats=dataformats))
    np.testing.assert_array_equal(pixels(ours), pixels(theirs))
    for value in (theirs, ours):
        value.image.encoded_image_string = b""
    assert str(ours) == str(theirs)


BATCHES = {
    "11 RGB": (image((11, 3, 4, 6)), "NCHW"),
    "8 grey uint8": (image((8, 1, 4, 6), np.uint8), "NCHW"),
    "one": (image((1, 3, 4, 6)), "NCHW"),
    "NHWC": (image((3, 4, 6, 3)), "NHWC"),
}


@pytest.mark.parametrize(("batch", "dataformats"), BATCHES.values(), ids=BATCHES)
def test_images(both, batch, dataformats):
    ((_, theirs),), ((_, ours),) = both(lambda writer: writer.add_images("tag", batch, 3, dataformats=dataformats))
    np.testing.assert_array_equal(pixels(ours), pixels(theirs))
    assert (ours.tag, ours.image.height, ours.image.width) == ("tag", theirs.image.height, theirs.image.width)


def test_images_tell_their_cells(both):
    from epochal.events.wire import iter_fields

    batch = image((11, 3, 4, 6))
    _, ((_, ours),) = both(lambda writer: writer.add_images("tag", batch, 3))
    ((field, _, grid),) = iter_fields(ours.metadata.plugin_data.content)
    assert ours.metadata.plugin_data.plugin_name == "images"
    assert (field, [value for _, _, value in iter_fields(grid)]) == (15, [6, 4, 11])


@pytest.mark.parametrize("several", [False, True], ids=["one", "list"])
def test_figure(both, several):
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def log(writer):
        made = []
        for number in range(3 if several else 1):
            figure = pyplot.figure(figsize=(2, 1.5), facecolor=(0.5, 0.9, 0.9, 0.5))
            figure.gca().plot([0, 1], [number, 1])
            made.append(figure)
        writer.add_figure("tag", made if several else made[0], 3)
        assert not pyplot.get_fignums()

    ((_, theirs),), ((_, ours),) = both(log)
    np.testing.assert_array_equal(pixels(ours), pixels(theirs))


def test_figure_stays_open_on_request(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = pyplot.figure()
    shown_on = figure.canvas
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("tag", figure, 1, close=False)
    assert pyplot.get_fignums() == [figure.number]
    assert figure.canvas is shown_on
    pyplot.close(figure)


def test_default_bins_are_torchs(tmp_path):
    with TorchWriter(tmp_path / "t") as theirs, SummaryWriter(tmp_path / "e") as ours:
        assert ours.default_bins == theirs.default_bins
