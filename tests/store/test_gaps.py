"""Gap marks become problems, whatever they hold."""

from __future__ import annotations

from pathlib import Path

from epochal.events.gaps import Gap, encode_gap_event
from epochal.events.message_encoders import encode_event, encode_metadata, encode_summary, encode_value
from epochal.events.records import frame_record
from epochal.store.gaps import MAX_GAPS, describe_gap

NAN = float("nan")


def write(logdir: Path, events: list[bytes]) -> Path:
    path = logdir / "run" / "events.out.tfevents.1700000000.host.1.000000"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = encode_event(1.0, file_version="brain.Event:2")
    scalar = encode_event(2.0, 1, summary=encode_summary((encode_value("loss", simple_value=1.0),)))
    path.write_bytes(b"".join(map(frame_record, [header, scalar, *events])))
    return path


def test_each_mark_is_a_problem_and_none_a_tag(tmp_path, follow):
    gaps = [Gap(0.0, 60.0, 3, 0, "disk full"), Gap(90.0, 90.0, 0, 2, "")]
    path = write(tmp_path, [encode_gap_event(gap, number, 5.0) for number, gap in enumerate(gaps)])
    reloader = follow(tmp_path)
    run = reloader.snapshot.runs["run"]
    assert set(run.by_stem) == {"scalars"}
    first, second = run.problems
    assert (first.records_lost, second.records_lost) == (3, 2)
    start, end = "1970-01-01 00:00:00 UTC", "1970-01-01 00:01:00 UTC"
    assert first.message == f"The writer lost 3 scalars or texts between {start} and {end}: disk full."
    assert second.message.startswith("The writer lost 2 media between 1970-01-01 00:01:30 UTC and ")
    assert second.message.endswith(": the disk did not keep up.")
    revision = reloader.snapshot.revision
    with path.open("ab") as file:  # the file grows by one more
        file.write(frame_record(encode_gap_event(Gap(100.0, 100.0, 1, 1, "again"), 7, 6.0)))
    while len(reloader.snapshot.problems) < 3:
        revision = reloader.wait(revision, 20).revision
    assert len(reloader.snapshot.runs["run"].problems) == 3


def test_a_mark_that_cannot_be_read_is_left_out(tmp_path, follow):
    value = encode_value("epochal/gap/1", metadata=encode_metadata("epochal_gap", b"\xff\xff"))
    write(tmp_path, [encode_event(5.0, summary=encode_summary((value,)))])
    run = follow(tmp_path).snapshot.runs["run"]
    assert run.problems == ()
    assert set(run.by_stem) == {"scalars"}


def test_the_list_is_bounded(tmp_path, follow):
    gap = Gap(1.0, 2.0, 1, 0, "x")
    write(tmp_path, [encode_gap_event(gap, number, 5.0) for number in range(MAX_GAPS + 20)])
    assert len(follow(tmp_path).snapshot.problems) == MAX_GAPS


def test_hostile_numbers(tmp_path, follow):
    huge = Gap(NAN, 1e300, 2**64 - 1, 2**64 - 1, "word. " * 10_000)
    write(tmp_path, [encode_gap_event(huge, 1, 5.0)])
    (problem,) = follow(tmp_path).snapshot.problems
    assert problem.records_lost == 2**53 - 1
    assert "between wall time nan and wall time 1e+300" in problem.message
    assert len(problem.message) < 400
    vague = describe_gap(Gap(0.0, 0.0, 0, 0, "why..."))
    assert vague.startswith("The writer lost records between ")
    assert vague.endswith(": why.")
