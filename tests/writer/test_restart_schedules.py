"""Writers that start, stop, purge and go on in any order: what the store shows is what DESIGN.md says."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schedule_model as model
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal import SummaryWriter
from epochal.store.reloader import Reloader
from epochal.writer.warnings import WriterWarning

RUNS = ("a", "b", "a/g_x")  # the last one is also where a colliding key of add_scalars goes
TAGS = ("loss", "g/x", "g/y")

steps = st.integers(0, 9)
writers = st.integers(0, 3)
actions = st.one_of(
    st.tuples(st.just("start"), st.sampled_from(RUNS), st.none() | steps),
    st.tuples(st.just("add_scalar"), writers, st.sampled_from(TAGS), steps),
    st.tuples(st.just("add_scalar"), writers, st.sampled_from(TAGS), steps),
    st.tuples(st.just("add_scalars"), writers, st.sampled_from("xy"), steps),
    st.tuples(st.just("collide"), writers, steps),
    st.tuples(st.just("burst"), writers, st.sampled_from(TAGS), steps, st.integers(2, 6)),
    st.tuples(st.just("close"), writers),
    st.tuples(st.just("pause"), st.floats(0.5, 1000)),
)


class Clock:
    now = 1_700_000_000.0

    def tick(self, secs: float = 1.0) -> float:
        self.now += secs
        return self.now


@contextmanager
def fake_clock() -> Iterator[Clock]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: clock.now)
        patch.setattr("epochal.writer.summary_writer._now", time.time)
        yield clock


def play(schedule, logdir, clock: Clock) -> dict[str, list[model.File]]:
    """Do it with real writers and with the model; returns the model's files by run."""
    runs: dict[str, list[model.File]] = {}
    pairs: list[tuple[SummaryWriter, model.Writer]] = []
    value = 0.0
    schedule = [("start", "a", None), *schedule]
    while schedule:
        action, *arguments = schedule.pop(0)
        now = clock.tick()
        if action == "collide":  # the key goes to a sub-run
            schedule[:0] = [("add_scalar", arguments[0], "g/x", arguments[1])]
            schedule[1:1] = [("add_scalars", arguments[0], "x", arguments[1] + more) for more in range(3)]
            continue
        if action == "pause":
            clock.tick(arguments[0])
            continue
        if action == "start":
            run, purge_step = arguments
            writer = SummaryWriter(logdir / run, purge_step=purge_step)
            pairs.append((writer, model.Writer(runs, run, purge_step, now)))
            continue
        real, expected = pairs[-1 - arguments[0] % len(pairs)]  # 0 is the newest, -1 the oldest
        if action == "close":
            real.close()
            expected.close()
        elif action == "add_scalars":
            value += 1
            real.add_scalars("g", {arguments[1]: value}, arguments[2])
            expected.add_scalars("g", arguments[1], arguments[2], value, now)
        else:
            _, tag, step, *count = arguments
            for each in range(count[0] if count else 1):
                value += 1
                now = clock.tick()
                real.add_scalar(tag, value, step + each)
                expected.add_scalar(tag, step + each, value, now)
        real.flush()  # a file is made at the time of the record that needs it
    for real, _ in pairs:
        real.close()
    return runs


def read(logdir) -> dict[str, dict[str, list[tuple[int, float, bool]]]]:
    reloader = Reloader(logdir, reload_interval_secs=0, watch=False)
    snapshot = reloader.load()
    assert not snapshot.problems
    shown = {}
    for name, run in snapshot.runs.items():
        points: dict[str, list[tuple[int, float, bool]]] = {}
        for tag in run.iter_tags():
            lines = [*tag.scalars().lines, *tag.scalars().superseded_lines]
            points[tag.name] = sorted(
                (step, value, line.is_superseded)
                for line in lines
                for step, value in zip(line.step.tolist(), line.value.tolist(), strict=True)
            )
        shown[name] = points
    reloader.stop()
    return shown


@settings(max_examples=100, deadline=None)
@given(schedule=st.lists(actions, max_size=40))
def test_any_schedule_of_writers(tmp_path_factory, schedule):
    check(schedule, tmp_path_factory)


@pytest.mark.soak
@settings(max_examples=1_000, deadline=None)
@given(schedule=st.lists(actions, max_size=60))
def test_any_of_many_schedules(tmp_path_factory, schedule):
    check(schedule, tmp_path_factory)


def check(schedule, tmp_path_factory) -> None:
    logdir = tmp_path_factory.mktemp("logdir")
    with warnings.catch_warnings(), fake_clock() as clock:
        warnings.simplefilter("ignore", WriterWarning)  # of colliding keys
        runs = play(schedule, logdir, clock)
    expected = {run: model.expect(files) for run, files in runs.items()}
    assert read(logdir) == expected


def test_a_purge_without_later_points_hides(tmp_path):
    with fake_clock() as clock:
        play([("burst", 0, "loss", 0, 6), ("close", 0), ("start", "a", 3)], tmp_path, clock)
    points = read(tmp_path)["a"]["loss"]
    assert [hidden for _, _, hidden in points] == [False] * 3 + [True] * 3


def test_a_purge_reaches_the_sub_runs_that_go_on(tmp_path):
    with warnings.catch_warnings(), fake_clock() as clock:
        warnings.simplefilter("ignore", WriterWarning)
        session = [("add_scalar", 0, "g/x", 0), *[("add_scalars", 0, "x", step) for step in range(4)]]
        again = [("start", "a", 2), ("add_scalar", 0, "g/x", 7), ("add_scalars", 0, "x", 7)]
        play([*session, ("close", 0), *again], tmp_path, clock)
    shown = read(tmp_path)
    assert [hidden for _, _, hidden in shown["a/g_x"]["g"]] == [False, False, True, True, False]


@pytest.mark.parametrize("purge_step", range(10))
def test_other_ranks_stay_untouched(tmp_path, purge_step):
    """One of two ranks in one directory starts again with a purge, while the other logs on."""
    for logged in range(1, 11):
        with fake_clock() as clock:
            last = ("add_scalar", -1, "g/y", 99)
            first = [("start", "a", None), *_take_turns(range(logged))]
            play(
                [*first, ("start", "a", purge_step), *_take_turns(range(20, 20 + logged)), last],
                tmp_path / str(logged),
                clock,
            )
        shown = read(tmp_path / str(logged))["a"]
        assert [hidden for _, _, hidden in shown["g/y"]] == [False] * (2 * logged + 1)
        expected = [step >= purge_step and step < 20 for step in (*range(logged), *range(20, 20 + logged))]
        assert [hidden for _, _, hidden in shown["loss"]] == expected


def _take_turns(steps):
    """The newest rank logs loss, the oldest g/y."""
    return [
        action for step in steps for action in (("add_scalar", -1, "g/y", step), ("add_scalar", 0, "loss", step))
    ]
