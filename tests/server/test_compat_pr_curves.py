"""TensorBoard's routes of precision-recall curves against TensorBoard itself, on the same logdir."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from compat_harness import Ours, Peers

from epochal import SummaryWriter

ROUTE = "plugin/pr_curves/pr_curves"


def test_every_curve(peers: Peers) -> None:
    mine, theirs = peers.both("plugin/pr_curves/tags")
    assert mine == theirs
    series = list(peers.series("pr_curves"))
    assert len(series) > 4
    for run, tag in series:
        mine, theirs = peers.both(ROUTE, run=run, tag=tag)
        assert mine == theirs, (run, tag)
        assert mine[run]


def test_several_runs_of_which_some_are_missing(peers: Peers) -> None:
    there = ["fresh/a a", "fresh/b ü&="]
    mine, theirs = peers.both(ROUTE, run=there, tag="pr")
    assert mine == theirs
    # TensorBoard answers with 400 for all, although it says that it leaves out what there is not.
    partly = peers.ours.ask(ROUTE, run=[*there, "nope"], tag="pr")
    assert (partly.status, partly.json) == (200, mine)
    assert peers.theirs(ROUTE, run=[*there, "nope"], tag="pr")[0] == 400
    for run, tag in (("nope", "pr"), (there[0], "nope")):
        assert peers.statuses(ROUTE, run=run, tag=tag) == (400, 400)
    # TensorBoard's own 400 fails to be sent.
    assert peers.statuses(ROUTE, tag="pr") == peers.statuses(ROUTE, run=there) == (400, 500)


def test_the_end_without_predictions_is_cut_off(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        columns = np.array(
            [[4.0, 2, 0, 0], [4, 1, 0.9, 0], [0, 3, 4, 4], [0, 2, 4, 4], [0.5, 0.6, 0, 0], [1, 0.5, 0, 0]]
        )
        writer.add_pr_curve_raw("x", *columns, global_step=3, num_thresholds=4)
        writer.add_pr_curve_raw("never", *(columns * 0), global_step=0, num_thresholds=4)
    ours = Ours(tmp_path)
    [entry] = ours.ask(ROUTE, run=".", tag="x").json["."]
    assert entry["true_positives"] == [4, 2]
    assert entry["false_positives"] == [4, 1]
    assert entry["thresholds"] == [0.0, 1 / 3]
    assert len(entry["precision"]) == len(entry["recall"]) == 2
    [entry] = ours.ask(ROUTE, run=".", tag="never").json["."]
    assert entry["thresholds"] == [0.0]
