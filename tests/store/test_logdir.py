from __future__ import annotations

import os
from pathlib import Path

import pytest
from store_logs import LogWriter

from epochal.errors import LogdirError
from epochal.store.logdir import find_nearby, parse_logdir, scan_logdir


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "work" / "logs").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_logdirs_as_people_write_them(home: Path):
    logs = str(home / "work" / "logs")
    for text in (
        "logs",
        "./logs",
        "logs/",
        "logs//",
        "../work/logs",
        "~/work/logs",
        logs,
        "/" + logs,
        "///" + logs,
        logs + "/.",
    ):
        assert parse_logdir(text) == logs, text
    assert parse_logdir(Path("logs")) == logs
    assert parse_logdir("file://" + logs) == logs
    assert parse_logdir(".") == str(home / "work")
    assert parse_logdir("/") == "/"


def test_a_windows_path_is_a_path(home: Path):
    for text in (r"C:\logs", "d:/logs", "d:logs"):
        assert parse_logdir(text).endswith(text)


@pytest.mark.parametrize("text", ["", "s3://bucket/logs", "gs://x", "a\0b", "http://localhost:6006"])
def test_what_is_no_local_path_is_refused_in_a_sentence(text: str):
    with pytest.raises(LogdirError, match=r"\w+ .*\."):
        parse_logdir(text)


def test_dotdot_after_a_link_leaves_what_the_link_leads_to(home: Path):
    (home / "elsewhere" / "deep").mkdir(parents=True)
    (home / "work" / "link").symlink_to(home / "elsewhere" / "deep")
    assert parse_logdir("link/../logs") == str(home / "elsewhere" / "logs")
    assert parse_logdir("link") == str(home / "work" / "link")


def test_runs_are_the_folders_that_hold_event_files(tmp_path: Path):
    for run in (".", "a", "a/b/c", "x"):
        LogWriter(tmp_path / run)
    (tmp_path / "x" / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "events.out.tfevents.1.profile-empty").write_bytes(b"")
    scan = scan_logdir(str(tmp_path))
    assert sorted(scan.runs) == [".", "a", "a/b/c", "profile", "x"]
    assert [file.name for file in scan.runs["x"].files] == ["events.out.tfevents.1000.host.1.0"]
    assert scan.runs["profile"].files == []
    assert scan.exists
    assert scan.problems == []


def test_links_are_followed_and_loops_end(tmp_path: Path):
    root = tmp_path / "root"
    LogWriter(root / "a")
    LogWriter(tmp_path / "outside" / "run")
    (root / "a" / "loop").symlink_to(root)
    (root / "a" / "self").symlink_to(root / "a")
    (root / "other").symlink_to(tmp_path / "outside")
    (root / "broken").symlink_to(tmp_path / "nowhere")
    os.symlink("events.out.tfevents.9", root / "events.out.tfevents.9")
    assert sorted(scan_logdir(str(root)).runs) == ["a", "other/run"]


def test_links_that_multiply_come_to_an_end(tmp_path: Path):
    LogWriter(tmp_path / "d0")
    for level in range(1, 25):  # 2^25 ways to the first folder
        folder = tmp_path / f"d{level}"
        folder.mkdir()
        (folder / "left").symlink_to(tmp_path / f"d{level - 1}")
        (folder / "right").symlink_to(tmp_path / f"d{level - 1}")
    scan = scan_logdir(str(tmp_path))
    assert "d0" in scan.runs
    assert ["through 16 links" in problem.message for problem in scan.problems] == [True]


def test_links_that_are_left_out_are_said(tmp_path: Path):
    LogWriter(tmp_path / "runs" / "one")
    (tmp_path / "links").mkdir()
    for number in range(16):
        (tmp_path / "links" / str(number)).symlink_to(tmp_path / "runs" / "one")
    scan = scan_logdir(str(tmp_path / "links"))
    assert (len(scan.runs), scan.problems) == (16, [])
    (tmp_path / "links" / "more").symlink_to(tmp_path / "runs" / "one")
    scan = scan_logdir(str(tmp_path / "links"))
    assert len(scan.runs) == 16
    (problem,) = scan.problems
    assert {problem.file, *scan.runs} == {*map(str, range(16)), "more"}


def test_only_regular_files_count(tmp_path: Path):
    os.mkfifo(tmp_path / "events.out.tfevents.1.fifo")
    (tmp_path / "events.out.tfevents.2.dir").mkdir()
    assert scan_logdir(str(tmp_path)).runs == {}


def test_depth_is_limited_and_what_is_deeper_is_said(tmp_path: Path):
    LogWriter(tmp_path.joinpath(*["d"] * 32))
    tmp_path.joinpath(*["d"] * 32, "loop").symlink_to(tmp_path)
    assert scan_logdir(str(tmp_path)).problems == []
    LogWriter(tmp_path.joinpath(*["d"] * 34))
    scan = scan_logdir(str(tmp_path))
    assert list(scan.runs) == ["/".join(["d"] * 32)]
    assert [(problem.file, "32 deep" in problem.message) for problem in scan.problems] == [("d/" * 32 + "d", True)]


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path):
    LogWriter(tmp_path / "good")
    (tmp_path / "shut").mkdir(mode=0)
    scan = scan_logdir(str(tmp_path))
    assert list(scan.runs) == ["good"]
    if os.geteuid() != 0:
        assert [(p.file, p.message) for p in scan.problems] == [("shut", "Permission denied.")]


def test_no_such_logdir_and_a_file_for_one(tmp_path: Path):
    assert not scan_logdir(str(tmp_path / "none")).exists
    (tmp_path / "file").write_text("")
    scan = scan_logdir(str(tmp_path / "file"))
    assert not scan.exists
    assert [p.message for p in scan.problems] == ["The logdir is not a folder."]


def test_run_names_that_are_not_utf8_stay_apart(tmp_path: Path):
    for raw in (b"caf\xe9", b"caf\xe8", "café".encode()):
        LogWriter(Path(os.fsdecode(bytes(tmp_path) + b"/" + raw)))
    assert sorted(scan_logdir(str(tmp_path)).runs) == [r"caf\xe8", r"caf\xe9", "café"]


def test_nearby_folders_with_event_files_are_named(tmp_path: Path):
    LogWriter(tmp_path / "runs" / "a")
    LogWriter(tmp_path / "runs" / "b")
    LogWriter(tmp_path / "old")
    (tmp_path / "empty").mkdir()
    found = find_nearby(str(tmp_path / "logs"), budget_secs=10)
    assert found == [(str(tmp_path / "runs"), 2), (str(tmp_path / "old"), 1)]
    assert find_nearby(str(tmp_path / "none" / "logs")) == []
