"""Order, lanes and superseding, against the plain model."""

from __future__ import annotations

import numpy as np
import pytest
import store_model
from hypothesis import given, settings
from hypothesis import strategies as st
from store_model import File

from epochal.store.series import FileSpan, Part, PurgeMarker, arrange, find_lane_starts, make_timeline


def span_of(file: File) -> FileSpan:
    times = [t for _, t in file.points if np.isfinite(t)]
    if not times:
        return FileSpan(float("nan"), float("nan"))
    return FileSpan(min(times[0], times[-1]), max(times[0], times[-1]))


def shown(files: list[File]) -> list[tuple[int, int, bool, int]]:
    parts = [
        Part(
            number,
            np.array([step for step, _ in file.points], dtype=np.int64),
            np.array([time for _, time in file.points], dtype=np.float64),
        )
        for number, file in enumerate(files)
    ]
    markers = [PurgeMarker(i, step, t) for i, file in enumerate(files) for step, t in file.markers]
    arrangement = arrange(parts, make_timeline([span_of(file) for file in files], markers))
    step = np.concatenate([part.step for part in parts])
    order = np.arange(len(step)) if arrangement.order is None else arrangement.order
    columns = (arrangement.lane_column(), step[order], arrangement.superseded_column(), order)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def file(steps: list[int], start: float = 0.0, every: float = 1.0, **more: list) -> File:
    return File([(step, start + every * i) for i, step in enumerate(steps)], **more)


def lanes(rows: list) -> list[list[int]]:
    return [[step for lane, step, *_ in rows if lane == k] for k in range(max(row[0] for row in rows) + 1)]


def visible(rows: list) -> list[int]:
    return [step for _, step, superseded, _ in rows if not superseded]


def test_one_late_point_is_sorted_in():
    assert lanes(shown([file([0, 1, 2, 3, 1, 4])])) == [[0, 1, 1, 2, 3, 4]]


def test_a_loop_run_twice_makes_a_lane():
    assert lanes(shown([file([0, 1, 2, 3, 0, 1, 2, 3])])) == [[0, 1, 2, 3], [0, 1, 2, 3]]


def test_two_late_points_in_a_row_make_a_lane_but_two_apart_do_not():
    assert len(lanes(shown([file([0, 5, 3, 4, 6])]))) == 2
    assert len(lanes(shown([file([0, 5, 3, 6, 4, 7])]))) == 1


def test_a_repeated_step_is_not_below():
    assert lanes(shown([file([0, 0, 1, 1, 1, 2])])) == [[0, 0, 1, 1, 1, 2]]


def test_a_later_file_that_goes_on_continues_the_lane():
    rows = shown([file([0, 1, 2]), file([3, 4], start=100)])
    assert lanes(rows) == [[0, 1, 2, 3, 4]]
    assert not any(superseded for _, _, superseded, _ in rows)


def test_a_restart_supersedes_from_its_first_step_on():
    rows = shown([file(list(range(10))), file([6, 7, 8], start=100)])
    assert len(lanes(rows)) == 1
    assert visible(rows) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert [where for _, step, superseded, where in rows if superseded] == [6, 7, 8, 9]


def test_a_restart_at_the_last_step_supersedes_that_one_point():
    rows = shown([file([0, 1, 2]), file([2, 3], start=100)])
    assert [where for _, _, superseded, where in rows if superseded] == [2]


def test_parallel_files_are_lanes_and_supersede_nothing():
    rows = shown([file(list(range(10))), file(list(range(10)), start=0.5)])
    assert len(lanes(rows)) == 2
    assert len(visible(rows)) == 20


@pytest.mark.parametrize(("start", "is_restart"), [(5.5, True), (4.5, False), (4.4, False)])
def test_half_of_the_shorter_range_decides(start: float, is_restart: bool):
    rows = shown([file(list(range(10))), file(list(range(10)), start=start)])  # both last 9 s
    assert any(superseded for _, _, superseded, _ in rows) == is_restart


def test_no_global_step_is_never_superseded():
    rows = shown([file([0, 0, 0]), file([0, 0], start=100, markers=[(0, 99.0)])])
    assert visible(rows) == [0] * 5


def test_a_purge_marker_supersedes_earlier_points_only():
    rows = shown([file([0, 1, 2, 3]), file([9], start=100, markers=[(2, 50.0)])])
    assert visible(rows) == [0, 1, 9]


def test_a_purge_marker_spares_parallel_files():
    files = [file(list(range(10))), file(list(range(10)), start=0.25, markers=[(0, 1000.0)])]
    rows = shown(files)
    assert [where for _, _, superseded, where in rows if superseded] == list(range(10, 20))


def test_restarted_ranks_go_on_in_their_own_lanes():
    ranks = [file([0, 1, 2, 3]), file([0, 1, 2, 3], start=0.1)]
    again = [file([2, 3, 4], start=100), file([2, 3, 4], start=100.1)]
    rows = shown(ranks + again)
    assert lanes([row for row in rows if not row[2]]) == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_a_file_of_unknown_time_hides_nothing():
    nan = float("nan")
    rows = shown([file([0, 1, 2]), File([(0, nan), (1, nan)])])
    assert len(visible(rows)) == 5


STEPS = st.lists(st.integers(0, 12), min_size=1, max_size=24)
TIMES = st.one_of(st.integers(0, 40).map(float), st.just(float("nan")), st.just(float("inf")))


@st.composite
def histories(draw: st.DrawFn) -> list[File]:
    files = []
    for _ in range(draw(st.integers(1, 5))):
        steps = draw(STEPS)
        if draw(st.booleans()):
            start, every = draw(st.integers(0, 60)), draw(st.sampled_from([0.0, 0.5, 1.0]))
            times = [start + every * i for i in range(len(steps))]
        else:
            times = draw(st.lists(TIMES, min_size=len(steps), max_size=len(steps)))
        markers = draw(st.lists(st.tuples(st.integers(-1, 14), TIMES), max_size=2))
        files.append(File(list(zip(steps, times, strict=True)), markers))
    return files


@given(histories())
@settings(max_examples=1000, deadline=None)
def test_generated_histories_are_arranged_as_the_model_says(files: list[File]):
    rows = shown(files)
    assert sorted(where for *_, where in rows) == list(range(sum(len(f.points) for f in files)))
    assert rows == store_model.arrange(files)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=60))
def test_lane_starts_are_those_of_the_walk(steps: list[int]):
    walked = store_model.split_lanes(steps) if steps else []
    starts = [i for i in range(1, len(steps)) if walked[i] != walked[i - 1]]
    assert find_lane_starts(np.array(steps, dtype=np.int64)).tolist() == starts


def test_more_lanes_than_fit_stay_in_the_last():
    steps = np.tile(np.array([2, 0, 1, 2]), 70_000)
    arrangement = arrange([Part(0, steps, np.zeros(len(steps)))], make_timeline([FileSpan(0, 0)]))
    assert arrangement.lanes == 65_536
    assert arrangement.lane_starts[-1] == len(steps)
