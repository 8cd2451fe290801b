"""TensorBoard's routes of histograms, distributions and texts against TensorBoard itself, on the same logdir."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compat_harness import Ours, Peers, import_stock
from tensorboard.plugins.distribution.compressor import compress_histogram

from epochal import SummaryWriter
from epochal.query.compat_distributions import compress_buckets
from epochal.server.compat_text import texts_to_html
from epochal.server.markdown import MAX_MARKDOWN_BYTES

text_array_to_html = import_stock("plugins.text.text_plugin").text_array_to_html

RESTARTED = ("tf2/several", "torch/restarts")


@pytest.mark.parametrize("plugin", ["histograms", "distributions"])
def test_histograms(peers: Peers, plugin: str) -> None:
    seen = 0
    for run, tag in peers.series(plugin):
        superseded = int(run in RESTARTED and peers.loader == "python")
        parameters = {"run": run, "tag": tag}
        mine, _ = peers.both(f"plugin/{plugin}/{plugin}", superseded=superseded, **parameters)
        _, theirs = peers.both(f"plugin/{plugin}/{plugin}", **parameters)
        if superseded:
            mine.sort()
        assert [row[:2] for row in mine] == [row[:2] for row in theirs], (run, tag)
        for (_, _, ours), (_, _, other) in zip(mine, theirs, strict=True):
            seen += 1
            if peers.loader == "rust":
                if plugin == "distributions":
                    continue
                # It keeps empty buckets at both ends, of less than no width some of them.
                ours, other = trim(ours), trim(other)
            # The Python loader turns legacy histograms into float32.
            scale = np.abs(np.array(other)).max(initial=0.0)
            assert np.allclose(ours, other, rtol=1e-6, atol=1e-7 * scale), (run, tag)
    assert seen > 10


def trim(buckets: list[list[float]]) -> list[list[float]]:
    """Buckets without the empty ones at the ends, the outermost edges being the data's again."""
    filled = [index for index, (_, _, count) in enumerate(buckets) if count]
    if not filled:
        return []
    kept = [list(bucket) for bucket in buckets[filled[0] : filled[-1] + 1]]
    kept[0][0], kept[-1][1] = buckets[0][0], buckets[-1][1]
    return kept


def test_percentiles_are_tensorboards_on_random_histograms() -> None:
    rng = np.random.default_rng(3)
    for number in range(300):
        count = int(rng.integers(1, 12))
        edges = np.sort(rng.normal(size=count + 1)) * 10.0 ** rng.integers(-6, 6)
        counts = rng.integers(0, 3, count).astype(float)
        buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
        if number % 7 == 0:
            buckets[:, :2] = edges[0]  # all values the same
        assert compress_buckets(buckets) == compress_histogram(buckets.tolist()), buckets
    assert compress_buckets(np.empty((0, 3))) == compress_histogram([])


def test_texts(peers: Peers) -> None:
    seen = 0
    for run, tag in peers.series("text"):
        if tag == "args/text_summary":  # JSON, in which the two parsers take lines for different things
            continue
        for markdown in ("true", "false"):
            superseded = int(run in RESTARTED and peers.loader == "python")
            parameters = {"run": run, "tag": tag, "markdown": markdown}
            mine, _ = peers.both("plugin/text/text", superseded=superseded, **parameters)
            _, theirs = peers.both("plugin/text/text", **parameters)
            if superseded:
                mine.sort(key=lambda entry: entry["wall_time"])
            # Both are the same in HTML; TensorBoard writes quotation marks as they are.
            mine = json.loads(json.dumps(mine).replace("&quot;", '\\"'))
            if markdown == "false":  # it puts the tags of its tables on lines of their own, too, and lets some in
                for entry in mine:
                    entry["text"] = entry["text"].replace("&lt;", "<").replace("&gt;", ">")
                for entry in theirs:
                    entry["text"] = entry["text"].replace("&lt;", "<").replace("&gt;", ">")
            assert mine == theirs, (run, tag, markdown)
            seen += len(mine)
    assert seen > 20


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 2, 2), (1, 2, 2, 2), (0,), (2, 0)])
def test_tensors_of_texts_are_tensorboards_tables(shape: tuple[int, ...]) -> None:
    cells = np.empty(shape, dtype=object)
    for number, index in enumerate(np.ndindex(*shape)):
        cells[index] = f"**{number}** ü\n\n* a\n* b".encode()
    if cells.size:
        for as_markdown in (True, False):
            expected = text_array_to_html(cells, as_markdown)
            expected = expected.replace("only   2d", "only 2d")  # a slip in its template
            assert texts_to_html(cells, as_markdown=as_markdown) == expected
    else:
        assert texts_to_html(cells).startswith("<table>")


def test_texts_never_hold_raw_html() -> None:
    for as_markdown in (True, False):
        html = texts_to_html(np.array([b"<script>x</script><b>y</b>"], dtype=object), as_markdown=as_markdown)
        assert "<script" not in html
        assert "<b>" not in html
        assert "&lt;b&gt;" in html


def test_long_tables_are_not_rendered_to_their_end() -> None:
    cell = b"*a*" + b" " * (MAX_MARKDOWN_BYTES // 4)
    html = texts_to_html(np.array([cell] * 6, dtype=object))
    assert html.count("<em>a</em>") == 3
    assert html.count("*a*") == 3


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert texts_to_html(np.array(b"a\xff\x00b", dtype=object)) == "<p>a�b</p>"


@pytest.mark.parametrize(
    ("plugin", "tag"), [("histograms", "h"), ("distributions", "h"), ("text", "t/text_summary")]
)
def test_a_sample_is_spread_evenly(tmp_path: Path, plugin: str, tag: str) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(60):
            writer.add_histogram("h", np.arange(3.0) + step, step)
            writer.add_text("t", str(step), step)
    ours = Ours(tmp_path)

    def steps(**parameters: Any) -> list[int]:
        rows = ours.ask(f"plugin/{plugin}/{plugin}", run=".", tag=tag, **parameters).json
        return [row["step"] if plugin == "text" else row[1] for row in rows]

    assert steps() == list(range(60))
    assert steps(sample=4) == [0, 20, 39, 59]
    assert steps(sample=100) == list(range(60))
    assert ours.ask(f"plugin/{plugin}/{plugin}", run=".", tag=tag, sample=3).status == 400
