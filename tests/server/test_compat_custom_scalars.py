"""TensorBoard's routes of custom scalars and graphs against TensorBoard itself, on the same logdir."""

from __future__ import annotations

from pathlib import Path

from compat_harness import Ours, Peers

from epochal import SummaryWriter


def test_layout(peers: Peers) -> None:
    mine, theirs = peers.both("plugin/custom_scalars/layout")
    assert mine == theirs
    charts = [chart for category in mine["category"] for chart in category["chart"]]
    assert any("margin" in chart for chart in charts)
    assert any("multiline" in chart for chart in charts)


def test_no_layout(tmp_path: Path) -> None:
    assert Ours(tmp_path).ask("plugin/custom_scalars/layout").json == {}


def test_layouts_of_several_runs_are_merged_by_title(tmp_path: Path) -> None:
    first, second = {"A": ["Multiline", ["a"]]}, {"B": ["Multiline", ["b"]]}
    for run, layout in {"1": {"X": first}, "2": {"X": first | second, "Y": second}, "3": {"Y": first}}.items():
        with SummaryWriter(str(tmp_path / run)) as writer:
            writer.add_custom_scalars(layout)
    layout = Ours(tmp_path).ask("plugin/custom_scalars/layout").json
    titles = {
        category["title"]: [chart["title"] for chart in category["chart"]] for category in layout["category"]
    }
    # TensorBoard loses A of Y: it adds it to a copy of which nothing becomes.
    assert titles == {"X": ["A", "B"], "Y": ["B", "A"]}


def test_scalars_that_a_pattern_matches(peers: Peers) -> None:
    route = "plugin/custom_scalars/scalars"
    for run in ("fresh/a a", "torch/everything", "tensorboardx/everything", "clu/train", "nope"):
        for pattern in ("loss", "l", "l.*", "(", "^sc", "oss", "", "train/loss"):
            mine, theirs = peers.both(route, run=run, tag=pattern)
            assert mine == theirs, (run, pattern)
    mine, _ = peers.both(route, run="fresh/a a", tag=".*")
    assert len(mine["tag_to_events"]) == 2
    assert [row[2] for row in mine["tag_to_events"]["loss"]][1:4] == ["NaN", "Infinity", "-Infinity"]


def test_download(peers: Peers) -> None:
    route = "plugin/custom_scalars/download_data"
    for more in ({}, {"format": "csv"}):
        parameters = {"run": "fresh/a a", "tag": "loss", **more}
        reply = peers.ours.ask(route, **parameters)
        status, body = peers.theirs(route, **parameters)
        assert reply.status == status == 200
        assert (reply.body if more else reply.body.replace(b",", b", ")) == body
    assert peers.statuses(route, run="fresh/a a", tag="nope") == (404, 404)


def test_graphs(peers: Peers) -> None:
    mine, theirs = peers.both("plugin/graphs/info")
    assert mine == theirs
    facts = [tag for run in mine.values() for tag in run["tags"].values()]
    assert any(run["run_graph"] for run in mine.values())
    for name in ("conceptual_graph", "op_graph", "profile"):
        assert any(fact[name] for fact in facts), name
