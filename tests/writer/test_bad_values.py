"""Arguments that cannot be logged: one warning that names the tag by default, an exception when strict."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

from epochal import SummaryWriter
from epochal.writer.warnings import WriterWarning


class Hostile:
    """Raises from everything that a writer might try."""

    def __getattr__(self, name):
        raise RuntimeError("hostile")

    def __float__(self):
        raise RuntimeError("hostile")


NOT_A_SCALAR = [
    None,
    "0.5",
    b"1",
    1j,
    np.zeros(2),
    np.zeros(0),
    [1, 2],
    {},
    object(),
    10**400,
    np.complex64(1),
    Hostile(),
]
NOT_AN_ARRAY = [None, "x", b"x", object(), {}, 1j, np.zeros(3, complex), np.array(["a"]), np.array([object()])]
NOT_A_STEP = ["x", float("nan"), float("inf"), 2**63, -(2**63) - 1, [1], object(), Hostile()]
NOT_A_TAG = [None, 5, b"tag", ["a"], "\udc80"]

BAD_CALLS = [
    *(("add_scalar", ("bad", value, 1)) for value in NOT_A_SCALAR),
    *(("add_scalar", ("bad", 1.0, step)) for step in NOT_A_STEP),
    *(("add_scalar", (tag, 1.0, 1)) for tag in NOT_A_TAG[:-1]),
    *(("add_scalar", (tag, 1, 1)) for tag in NOT_A_TAG),
    ("add_scalar", ("bad", 1.0, 1, "noon")),
    ("add_scalar", ("bad", 1, 1, "noon")),
    *(("add_scalars", ("bad", {"key": value}, 1)) for value in NOT_A_SCALAR),
    *(("add_scalars", ("bad", {"key": 1.0}, step)) for step in NOT_A_STEP),
    *(("add_scalars", (tag, {"key": 1.0}, 1)) for tag in NOT_A_TAG),
    *(("add_scalars", ("bad", {key: 1.0}, 1)) for key in NOT_A_TAG if not isinstance(key, list)),
    ("add_scalars", ("bad", None)),
    ("add_scalars", ("bad", [1.0])),
    *(("add_text", ("bad", "text", step)) for step in NOT_A_STEP),
    *(("add_text", (tag, "text", 1)) for tag in NOT_A_TAG),
    *(("add_histogram", ("bad", value, 1)) for value in NOT_AN_ARRAY),
    *(("add_histogram", ("bad", np.ones(3), step)) for step in NOT_A_STEP),
    *(("add_histogram", (tag, np.ones(3), 1)) for tag in NOT_A_TAG),
    *(("add_histogram", ("bad", np.ones(3), 1, bins)) for bins in ("no rule", 0, -3, [3, 2, 1], [], object())),
    ("add_histogram", ("bad", np.ones(3), 1, "tensorflow", None, 0)),
    *(("add_image", ("bad", value, 1)) for value in NOT_AN_ARRAY),
    *(
        ("add_image", ("bad", np.zeros(shape), 1))
        for shape in [(), (3,), (3, 4), (5, 4, 4), (3, 0, 4), (1, 3, 4, 4)]
    ),
    *(("add_image", ("bad", np.zeros((3, 4, 4)), 1, None, axes)) for axes in ("CCH", "XYZ", "", "HW", None, 3)),
    *(("add_images", ("bad", np.zeros(shape), 1)) for shape in [(3, 4, 4), (0, 3, 4, 4), (2, 4, 4, 4)]),
    *(("add_figure", ("bad", figure, 1)) for figure in (None, [], "figure", [1], Hostile())),
    *(("add_tensor", ("bad", value, 1)) for value in NOT_AN_ARRAY if not isinstance(value, (complex, np.ndarray))),
    *(("add_tensor", ("bad", value, 1)) for value in (np.array(["a"]), np.array([object()]))),
    *(("add_tensor", (tag, np.ones(3), 1)) for tag in NOT_A_TAG),
    *(("add_histogram_raw", ("bad", 0, 1, value, 1, 1, [1], [1])) for value in NOT_A_SCALAR),
    *(("add_histogram_raw", ("bad", 0, 1, 1, 1, 1, value, [1])) for value in (*NOT_AN_ARRAY, [1, 2], [[1]])),
    ("add_histogram_raw", ("bad", 0, 1, 1, 1, 1, [1], [1], "step")),
    *(
        ("add_image_with_boxes", ("bad", value, np.zeros((1, 4)), 1))
        for value in (*NOT_AN_ARRAY, np.zeros((3, 4)))
    ),
    *(("add_image_with_boxes", ("bad", np.zeros((3, 4, 4)), value, 1)) for value in (*NOT_AN_ARRAY, np.zeros(4))),
    *(("add_image_with_boxes", ("bad", np.zeros((3, 4, 4)), np.zeros((1, 4)), 1, None, r)) for r in (0, "x", -1)),
    ("add_image_with_boxes", ("bad", np.zeros((3, 4, 4)), np.zeros((1, 4)), 1, None, 1, "CHW", 5)),
    ("add_image_with_boxes", ("bad", np.zeros((3, 4, 4)), np.zeros((1, 4)), 1, None, 1, "XYZ")),
    *(("add_video", ("bad", value, 1)) for value in (*NOT_AN_ARRAY, b"no video", np.zeros((1, 2, 2, 4, 4)))),
    *(("add_video", ("bad", np.zeros((1, 2, 3, 4, 4)), 1, fps)) for fps in (0, -1, "fast", None, float("nan"))),
    *(
        ("add_audio", ("bad", value, 1))
        for value in (*NOT_AN_ARRAY, np.zeros(0), np.zeros((9, 3)), np.zeros((2, 9)))
    ),
    *(("add_audio", ("bad", np.zeros(9), 1, rate)) for rate in (0, -1, "x", None, 2**32)),
    *(("add_pr_curve", ("bad", value, np.ones(3), 1)) for value in (*NOT_AN_ARRAY[:-3], np.ones(2))),
    *(("add_pr_curve", ("bad", np.ones(3), value, 1)) for value in (*NOT_AN_ARRAY[:-3], np.ones((3, 1)))),
    *(("add_pr_curve", ("bad", np.ones(3), np.ones(3), 1, count)) for count in (0, 1, "many", None)),
    ("add_pr_curve", ("bad", np.ones(0), np.ones(0), 1)),
    *(("add_pr_curve", ("bad", np.ones(3), np.ones(3), 1, 9, value)) for value in ("x", np.ones(2), object())),
    *(("add_pr_curve_raw", ("bad", *[[1]] * 5, value, 1)) for value in (*NOT_AN_ARRAY, [1, 2], [])),
    *(("add_mesh", ("bad", value)) for value in (*NOT_AN_ARRAY, np.zeros((3, 3)), np.zeros((1, 0, 3)))),
    *(
        ("add_mesh", ("bad", np.zeros((1, 4, 3)), value))
        for value in ("x", np.zeros((1, 5, 3)), np.zeros((1, 4, 4)))
    ),
    *(("add_mesh", ("bad", np.zeros((1, 4, 3)), None, value)) for value in ("x", np.zeros((4, 3)))),
    ("add_mesh", ("bad", np.zeros((1, 4, 3)), None, None, {"a": object()})),
    *(
        ("add_custom_scalars", (layout,))
        for layout in (None, [], {"a": None}, {"a": {"b": []}}, {"a": {"b": [1, 2]}})
    ),
    *(("add_custom_scalars", (layout,)) for layout in ({3: {}}, {"a": {3: ["Multiline", []]}})),
    *(("add_custom_scalars_multilinechart", (tags,)) for tags in (None, "tag", [1])),
    *(("add_custom_scalars_marginchart", (tags,)) for tags in (None, [], ["a", "b"], "abc", [1, 2, 3])),
    *(("add_graph", (model,)) for model in (None, object(), len, Hostile())),
    ("add_onnx_graph", (None,)),
]


@pytest.mark.parametrize(("method", "arguments"), BAD_CALLS)
def test_strict_raises_at_the_call(tmp_path, method, arguments):
    with SummaryWriter(tmp_path, strict=True) as writer:
        with pytest.raises(Exception, match=r"."):
            getattr(writer, method)(*arguments)
        assert writer.status().rejected == 0


def test_by_default_nothing_raises_and_the_rest_is_logged(tmp_path, reader):
    writer = SummaryWriter(tmp_path)
    for number, (method, arguments) in enumerate(BAD_CALLS):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            getattr(writer, method)(*arguments)
        assert all(issubclass(warning.category, WriterWarning) for warning in caught), (method, arguments)
        writer.add_scalar("good", float(number), number)
    writer.close()
    assert writer.status().rejected == len(BAD_CALLS)
    assert reader.scalars(tmp_path) == {"good": [(n, float(n)) for n in range(len(BAD_CALLS))]}
    assert len(reader.read_run(tmp_path)) == len(BAD_CALLS)


def test_one_warning_names_the_tag_and_the_line(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(
            WriterWarning, match=r"add_scalar\('my tag'\) is not logged: str is not a number"
        ) as warned:
            writer.add_scalar("my tag", "0.5", 1)
        assert warned[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            writer.add_scalar("my tag", "0.6", 2)


@pytest.mark.parametrize(
    ("method", "arguments", "sentence"),
    [
        (
            "add_scalar",
            ("loss", 1.0, "last"),
            "add_scalar('loss') is not logged: the step 'last' is not an integer",
        ),
        (
            "add_scalars",
            ("loss", [1, 2], 1),
            "add_scalars('loss') is not logged: add_scalars takes a dict of numbers, got list",
        ),
        (
            "add_hparams",
            ({"lr": 1}, {"acc": "high"}),
            "add_hparams is not logged: metric 'acc': str is not a number",
        ),
    ],
)
def test_a_warning_says_which_argument_is_wrong(tmp_path, method, arguments, sentence):
    with SummaryWriter(tmp_path) as writer, pytest.warns(WriterWarning, match=re.escape(sentence)):
        getattr(writer, method)(*arguments)


def test_a_warning_of_a_background_thread_points_at_no_line_of_the_standard_library(tmp_path):
    def log() -> None:
        with SummaryWriter(tmp_path) as writer:
            writer.add_image("clipped", np.full((1, 2, 2), 5.0), 1)

    with pytest.warns(WriterWarning, match="'clipped': image values") as warned:
        log()
    assert [warning.filename for warning in warned] == ["<background thread>"]


def test_warnings_turned_into_errors_are_printed(tmp_path, capsys):
    with warnings.catch_warnings(), SummaryWriter(tmp_path) as writer:
        warnings.simplefilter("error")
        writer.add_scalar("my tag", "0.5", 1)
    assert "my tag" in capsys.readouterr().err


NON_FINITE = [
    [],
    [np.nan],
    [np.inf, -np.inf, np.nan, np.nan],
    [1.0, np.nan, 2.0, np.inf],
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("values", NON_FINITE)
@pytest.mark.parametrize("bins", ["tensorflow", "auto", 5])
def test_histograms_count_what_no_bucket_holds(tmp_path, reader, values, dtype, bins):
    from epochal.events.wire import iter_fields

    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_histogram("weights", np.array(values, dtype), 1, bins=bins)
    (event,) = reader.read_run(tmp_path)
    histogram = event.summary.value[0].histo
    finite = [value for value in values if np.isfinite(value)]
    assert histogram.num == sum(histogram.bucket) == len(finite)
    assert (histogram.min, histogram.max) == ((min(finite), max(finite)) if finite else (0, 0))
    assert histogram.sum == sum(finite)
    extra = {field: value for field, _, value in iter_fields(histogram.SerializeToString()) if field >= 100}
    expected = {100: np.isnan(values).sum(), 101: np.isposinf(values).sum(), 102: np.isneginf(values).sum()}
    assert extra == {field: count for field, count in expected.items() if count}


def test_nan_and_infinite_scalars_are_exact(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        for step, value in enumerate([float("nan"), float("inf"), float("-inf"), -0.0]):
            writer.add_scalar("loss", value, step)
    values = [value for _, value in reader.scalars(tmp_path)["loss"]]
    assert str(values) == "[nan, inf, -inf, -0.0]"


def test_nan_pixels_are_black(tmp_path, reader):
    import io

    from PIL import Image

    with SummaryWriter(tmp_path, strict=True) as writer:
        writer.add_image("image", np.array([[[np.nan, 1.0, np.inf, -np.inf]]]), 1)
    (event,) = reader.read_run(tmp_path)
    picture = Image.open(io.BytesIO(event.summary.value[0].image.encoded_image_string))
    assert np.asarray(picture)[0, :, 0].tolist() == [0, 255, 255, 0]
