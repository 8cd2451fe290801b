"""`epochal doctor`: what is found, what it says about it, and clean copies."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_logs import START, Run, scalar_record, write_file

import epochal
from epochal.events.core import frame_record
from epochal.events.filesystem import open_readonly
from epochal.events.gaps import Gap, encode_gap_event
from epochal.events.messages import encode_event, encode_session_log


def settle(root: Path) -> None:
    """As if nobody had written for an hour."""
    then = time.time() - 3600
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def examine(run: Run, root: Path, *options: str) -> tuple[int, dict[str, Any]]:
    settle(root)
    result = run("doctor", root, "--json", *options)
    return result.status, json.loads(result.out)


def checks(report: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in report["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return found


def test_all_is_well(logdir: Path, run: Run) -> None:
    result = run("doctor", logdir)
    assert (result.status, result.lines[0]) == (0, str(logdir))
    assert result.lines[-1].startswith("No problems. Read 2 files, ")
    status, report = examine(run, logdir)
    assert (status, report["problems"], report["findings"]) == (0, 0, [])
    assert report["points"] == sum(one["points"] for one in report["files"]) == 2 * 113
    assert report["bytes"] == sum(path.stat().st_size for path in logdir.rglob("*tfevents*"))
    assert {one["lost_bytes"] for one in report["files"]} == {0}


def test_each_flipped_byte_is_found(tmp_path: Path, run: Run) -> None:
    records = [scalar_record("x", float(step), step) for step in range(20)]
    file = write_file(tmp_path / "logs/events.out.tfevents.1.a", *records)
    data = file.read_bytes()
    for place in range(100, len(data), 97):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        file.write_bytes(damaged)
        status, report = examine(run, tmp_path / "logs")
        assert status == 1, place
        (finding,) = checks(report)["damage"]
        assert finding["offset"] <= place < finding["offset"] + finding["count"]
        assert report["records"] == 20  # one of the version and 20 points is gone


def test_large_payloads_are_checked(tmp_path: Path, run: Run) -> None:
    with epochal.SummaryWriter(str(tmp_path / "logs")) as writer:
        writer.add_image("big", np.random.default_rng(0).integers(0, 255, (3, 300, 300), np.uint8), 0)
        writer.flush()  # the head of a payload is trusted only if a record follows
        writer.add_scalar("x", 1.0, 0)
    (file,) = (tmp_path / "logs").iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert not epochal.open(tmp_path / "logs").problems  # reading trusts the frame until the payload is used
    status, report = examine(run, tmp_path / "logs")
    assert status == 1
    assert [one["message"].partition(":")[0] for one in checks(report)["damage"]] == [
        "Data checksum does not match"
    ]


def test_a_file_that_is_written_is_not_damaged(tmp_path: Path, run: Run) -> None:
    file = write_file(tmp_path / "events.out.tfevents.1.a", *(scalar_record("x", 1.0, step) for step in range(5)))
    file.write_bytes(file.read_bytes()[:-3])
    fresh = run("doctor", tmp_path)
    assert fresh.status == 0
    assert "note  .: a last record that is not all there" in fresh.out
    status, report = examine(run, tmp_path)
    assert (status, report["notes"]) == (0, 1)
    (finding,) = checks(report)["cut_short"]
    assert finding["message"].endswith("its writer was stopped.")
    file.write_bytes(file.read_bytes() + bytes(200))
    assert run("doctor", tmp_path).status == 0
    status, report = examine(run, tmp_path)
    assert (status, len(checks(report)["damage"])) == (1, 1)


def test_gaps_of_the_writer(tmp_path: Path, run: Run) -> None:
    gap = frame_record(encode_gap_event(Gap(START, START + 9, 17, 3, "No space left on device"), 0, START + 9))
    write_file(tmp_path / "events.out.tfevents.1.a", scalar_record("x", 1.0, 0), gap)
    status, report = examine(run, tmp_path)
    (finding,) = checks(report)["gap"]
    assert (status, finding["severity"], finding["count"]) == (1, "problem", 20)
    assert "No space left on device" in finding["message"]


def test_clocks(tmp_path: Path, run: Run) -> None:
    now = time.time()
    times = {
        "back": [now - 900, now - 890, now - 8000, now - 880],
        "jitter": [now - 900, now - 900.5, now - 899],
        "future": [now - 10, now + 90_000 * 3],
        "nan": [now - 10, float("nan"), float("inf")],
    }
    records = [scalar_record(tag, 1.0, step, t) for tag, ts in times.items() for step, t in enumerate(ts)]
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    status, report = examine(run, tmp_path)
    assert status == 1
    found = {check: [(one["tag"], one["count"]) for one in group] for check, group in checks(report).items()}
    assert found == {
        "clock_backwards": [("back", 1)],
        "clock_future": [("future", 1)],
        "clock_invalid": [("nan", 2)],
    }
    text = run("doctor", tmp_path).out
    assert "back: 1 point with a wall time before an earlier point's, by up to 118 minutes." in text
    assert "in the future, by up to 3 days" in text


def test_steps_are_notes(tmp_path: Path, run: Run) -> None:
    steps = {
        "twice": [0, 1, 1, 2],
        "back": [0, 1, 2, 3, 1, 2],
        "none": [0, 0, 0],
        "fine": [0, 1, 2],
        "late": [0, 5, 3, 6],
    }
    records = [
        scalar_record(tag, 1.0, step, START + place)
        for tag, some in steps.items()
        for place, step in enumerate(some)
    ]
    write_file(tmp_path / "events.out.tfevents.1.a", *records)
    status, report = examine(run, tmp_path)
    assert (status, report["problems"]) == (0, 0)
    found = {check: [(one["tag"], one["count"]) for one in group] for check, group in checks(report).items()}
    assert found == {
        "duplicate_steps": [("twice", 1)],
        "steps_back": [("back", 2), ("late", 1)],
        "no_step": [("none", 3)],
    }
    assert "note  2 tags of .: points below an earlier step" in run("doctor", tmp_path).out
    assert "note  twice: 1 point more than steps" in run("doctor", tmp_path, "-v").out


def test_restarts_and_purges(tmp_path: Path, run: Run) -> None:
    for number, first in enumerate((0, 5)):
        mark = encode_event(START + 100 * number, first, session_log=encode_session_log(1)) if number else b""
        records = [scalar_record("x", number, step, START + 100 * number + step) for step in range(first, 10)]
        write_file(tmp_path / f"events.out.tfevents.{number}.a", *([frame_record(mark)] if mark else []), *records)
    status, report = examine(run, tmp_path)
    assert (status, report["superseded"]) == (0, 5)
    assert [one["message"] for one in checks(report)["restart"]] == [
        "5 points of 1 tag were replaced by a restart or a purge."
    ]


def test_files(tmp_path: Path, run: Run) -> None:
    file = write_file(tmp_path / "a/events.out.tfevents.1.a", scalar_record("x", 1.0, 0))
    shutil.copy(file, tmp_path / "a/events.out.tfevents.2.a")
    (tmp_path / "b").mkdir()
    shutil.copy(file, tmp_path / "b/events.out.tfevents.3.a")
    (tmp_path / "b/events.out.tfevents.4.a").touch()
    write_file(tmp_path / "b/events.out.tfevents.5.a")
    os.link(file, tmp_path / "a/events.out.tfevents.6.link")  # one file under two names is no copy
    status, report = examine(run, tmp_path)
    assert status == 1
    found = {check: [(one["severity"], one["file"]) for one in group] for check, group in checks(report).items()}
    assert found["same_files"] == [("problem", "a/events.out.tfevents.2.a"), ("note", "b/events.out.tfevents.3.a")]
    assert found["empty_file"] == [("problem", "b/events.out.tfevents.4.a")]
    assert found["no_points"] == [("note", "b/events.out.tfevents.5.a")]


def test_sub_runs_without_their_run(tmp_path: Path, run: Run) -> None:
    write_file(tmp_path / "alone/loss_train/events.out.tfevents.1.a", scalar_record("loss", 1.0, 0))
    write_file(tmp_path / "there/loss_train/events.out.tfevents.1.a", scalar_record("loss", 2.0, 0))
    write_file(tmp_path / "there/events.out.tfevents.1.a", scalar_record("other", 2.0, 0))
    status, report = examine(run, tmp_path)
    assert (status, [one["run"] for one in checks(report)["orphan"]]) == (0, ["alone/loss_train"])


def test_what_may_not_be_read(logdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = (logdir / "exp1").iterdir()

    def refuse(path: str) -> int:
        if path == str(file):
            raise PermissionError(13, "Permission denied", path)
        return open_readonly(path)

    monkeypatch.setattr("epochal.cli.doctor_files.open_readonly", refuse)
    status, report = examine(run, logdir)
    assert (status, [one["message"] for one in checks(report)["unreadable"]]) == (1, ["Permission denied."])
    assert len(report["files"]) == 1


def test_an_empty_logdir_and_none(tmp_path: Path, run: Run) -> None:
    empty = run("doctor", tmp_path)
    assert (empty.status, empty.lines[-1]) == (
        0,
        "No event files. Read 0 files, 0 B, 0 records, every checksum computed.",
    )
    missing = run("doctor", tmp_path / "nope")
    assert (missing.status, missing.out, missing.err) == (
        2,
        "",
        f"epochal: There is no folder {tmp_path / 'nope'}.\n",
    )


# -- --fix ----------------------------------------------------------------------------------------------------


def damage(file: Path, *places: int) -> None:
    data = bytearray(file.read_bytes())
    for place in places:
        data[place] ^= 0xFF
    file.write_bytes(data)


def state_of(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


def test_a_clean_copy(logdir: Path, tmp_path: Path, run: Run) -> None:
    (file,) = (logdir / "exp1").iterdir()
    damage(file, 500, 3000, 3001)
    with file.open("ab") as out:
        out.write(b"torn")
    (logdir / "exp1/events.out.tfevents.1.empty").touch()
    shutil.copy(file, logdir / "exp1" / (file.name + ".copy"))
    settle(logdir)
    before = state_of(logdir)
    out = tmp_path / "clean"
    result = run("doctor", logdir, "--fix", out)
    assert result.status == 1
    assert state_of(logdir) == before
    assert "Copied 2 files (" in result.out
    leave = (".copy", ".empty")
    copied = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
    assert copied == {path.relative_to(logdir) for path in logdir.rglob("*.*") if path.suffix not in leave}
    fresh = run("doctor", out)
    assert (fresh.status, fresh.lines[-1].partition(".")[0]) == (0, "No problems")
    copy = out / "exp1" / file.name
    assert copy.stat().st_mtime_ns == before[str(file)][1]
    (logdir / "exp1" / (file.name + ".copy")).unlink()
    one, other = epochal.open(logdir), epochal.open(out)
    for name in ("exp1", "sub/exp2"):
        a, b = one.runs[name], other.runs[name]
        assert list(a.tags) == list(b.tags)
        assert a.images("sample") == b.images("sample")
    assert one.runs["sub/exp2"].scalars("loss") == other.runs["sub/exp2"].scalars("loss")
    kept = other.runs["exp1"].scalars("loss")
    assert len(kept) == 98
    assert set(zip(kept.step, kept.value)) <= set(  # noqa: B905
        zip(one.runs["exp1"].scalars("loss").step, one.runs["exp1"].scalars("loss").value)  # noqa: B905
    )


def test_a_copy_of_much_damage(tmp_path: Path, run: Run) -> None:
    """More than the decoder lists, records with good checksums and bad contents among them."""
    bad = frame_record(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
    records = []
    for step in range(1300):
        record = bytearray(scalar_record("x", float(step), step))
        record[14] ^= 1
        records += [bytes(record), scalar_record("x", float(step), step)]
    write_file(tmp_path / "logs/events.out.tfevents.1.a", *records, bad, scalar_record("x", -1.0, 9999))
    status, report = examine(run, tmp_path / "logs", "--fix", str(tmp_path / "clean"))
    assert status == 1
    assert report["fix"]["files"] == 1
    clean = tmp_path / "clean/events.out.tfevents.1.a"
    good = b"".join(record for number, record in enumerate(records) if number % 2)
    assert clean.read_bytes().endswith(good + scalar_record("x", -1.0, 9999))
    assert report["fix"]["left_out_bytes"] == sum(map(len, records[::2])) + len(bad)


def test_a_file_that_is_none_is_damage_at_once_and_not_copied(logdir: Path, tmp_path: Path, run: Run) -> None:
    """As the app says it: what begins with bytes that are no record does not become an event file by waiting."""
    (logdir / "exp1/notes.tfevents.txt").write_bytes(b"hello\n" * 100)
    (logdir / "exp1/zeros.tfevents").write_bytes(bytes(600))  # may yet become records
    result = run("doctor", logdir, "--json", "--fix", tmp_path / "clean")
    report = json.loads(result.out)
    assert result.status == 1
    (problem,) = (one for one in report["findings"] if one["severity"] == "problem")
    assert (problem["check"], problem["file"], problem["count"]) == ("damage", "exp1/notes.tfevents.txt", 600)
    listed = json.loads(run("ls", logdir, "--json").out)
    assert listed["problems"] == 1
    assert report["fix"]["files"] == 2
    reasons = {one["file"]: one["reason"] for one in report["fix"]["skipped"]}
    assert reasons == dict.fromkeys(["exp1/notes.tfevents.txt", "exp1/zeros.tfevents"], "no whole record in it")
    assert run("doctor", tmp_path / "clean").lines[-1].startswith("No problems")


def test_a_copy_that_reads_differently_is_not_kept(
    logdir: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epochal.cli.doctor_fix._good_ranges", lambda decoder, fd: iter([(0, 1000)]))
    result = run("doctor", logdir, "--fix", tmp_path / "clean")
    assert result.status == 1
    assert result.err.count("it was not kept") == 2
    assert not [path for path in (tmp_path / "clean").rglob("*") if path.is_file()]


def test_the_logdir_is_never_written_to(logdir: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "link").symlink_to(logdir)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").touch()
    before = state_of(logdir)
    inside = (logdir / "new", logdir / "exp1", tmp_path / "link/new")
    for out, why in [
        *((out, "lies in the logdir, which is never changed; name another folder.") for out in inside),
        (logdir, "is the logdir, which is never changed; name another folder."),
        (tmp_path, "holds the logdir, which is never changed; name another folder."),
        (tmp_path / "full", "is not empty"),
    ]:
        result = run("doctor", logdir, "--fix", out)
        assert result.status == 2, out
        assert result.err.startswith(f"epochal: --fix {out} {why}")
    assert state_of(logdir) == before
