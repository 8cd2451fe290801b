"""Logdirs with names that are no UTF-8, runs typed as paths, and standard output that is closed or full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_logs import Run, scalar_record, write_file

from epochal.cli.serve import say
from epochal.store import log_file
from epochal.store import logdir as logdir_module

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def latin(tmp_path: Path) -> Path:
    """A logdir and a run in it, both with names in Latin-1."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/l\xe4ufe"))
    name = os.fsdecode(b"gr\xf6\xdfe")
    try:
        write_file(folder / name / "events.out.tfevents.1.a", *(scalar_record("loss", 0.5, i) for i in range(3)))
    except OSError:
        pytest.skip("the file system takes no such names")
    return folder


@pytest.mark.parametrize("command", [["ls"], ["show"], ["du"], ["doctor"]])
def test_a_logdir_whose_name_is_not_utf8(latin: Path, run: Run, command: list[str]) -> None:
    result = run(*command, latin, "--json")
    assert result.status == 0, result.err
    report = json.loads(result.out)
    assert report["logdir"].endswith(r"/l\xe4ufe")
    if command == ["show"]:
        assert report["runs"][0]["path"].endswith(r"/l\xe4ufe/gr\xf6\xdfe")
    plain = run(*command, latin)
    assert plain.status == 0
    assert r"/l\xe4ufe" in plain.lines[0]
    assert "udc" not in plain.out
    assert "xdc" not in plain.out


def test_files_whose_names_are_not_utf8_are_written(latin: Path, tmp_path: Path, run: Run) -> None:
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xe4.csv")
    result = run("export", latin, "-o", out, "--json")
    assert result.status == 0
    assert json.loads(result.out)["out"].endswith(r"/\xe4.csv")
    assert len(Path(out).read_text().splitlines()) == 4
    copy = os.fsdecode(os.fsencode(tmp_path) + b"/c\xf6py")
    result = run("doctor", latin, "--fix", copy, "--json")
    assert result.status == 0
    assert json.loads(result.out)["fix"]["out"].endswith(r"/c\xf6py")
    assert run("show", copy, "--json").status == 0


def test_a_run_may_be_typed_as_a_shell_completes_it(
    latin: Path, logdir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("show", latin, os.fsdecode(b"gr\xf6\xdfe")).lines[0].startswith(r"gr\xf6\xdfe ")
    monkeypatch.chdir(logdir.parent)
    for typed in ("sub/exp2", "sub/exp2/", "./sub/exp2", "logs/sub/exp2", "logs/sub/exp2/", logdir / "sub/exp2"):
        result = run("show", "logs", typed)
        assert result.status == 0, result.err
        assert result.lines[0].startswith("sub/exp2 ")
    assert run("show", "logs", "sub").status == 1
    assert run("show", "logs", "..").status == 1


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A logdir with a run, a run whose file may not be read, and a folder that may not be looked into."""
    root = tmp_path / "logs"
    for name in ("open", "locked", "hidden"):
        write_file(root / name / "events.out.tfevents.1.a", scalar_record("loss", 0.5, 1))
    real_open, real_scan = log_file.open_readonly, logdir_module.os.scandir

    def open_readonly(path: str) -> int:
        if "locked" in path:
            raise PermissionError(13, "Permission denied", path)
        return real_open(path)

    def scandir(path: str) -> object:
        if str(path).endswith(("hidden", "closed")):
            raise PermissionError(13, "Permission denied", path)
        return real_scan(path)

    # By hand, for root may read everything.
    monkeypatch.setattr(log_file, "open_readonly", open_readonly)
    monkeypatch.setattr(logdir_module.os, "scandir", scandir)
    return root


def test_what_may_not_be_read_is_said(shut: Path, tmp_path: Path, run: Run) -> None:
    folder = "epochal: hidden: Permission denied.\n"
    file = "epochal: locked/events.out.tfevents.1.a: Permission denied.\n"
    for command in ("ls", "show", "du"):
        for options in ((), ("--json",)):
            result = run(command, shut, *options)
            assert (result.status, result.err) == (0, folder)
    for arguments in (("-o", "-"), ("-o", tmp_path / "all"), ("-o", tmp_path / "all.csv", "--json")):
        result = run("export", shut, *arguments)
        assert result.status == 1
        assert result.err.endswith(folder + file)
    report = json.loads(result.out)
    assert [one["file"] for one in report["problems"]] == ["hidden", "locked/events.out.tfevents.1.a"]
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 2


def test_a_logdir_that_may_not_be_looked_into(shut: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "closed").mkdir()
    for command in (["ls"], ["show"], ["du"], ["export", "-o", tmp_path / "x.csv"]):
        result = run(command[0], tmp_path / "closed", *command[1:])
        assert result.status == 1
        assert result.err.endswith("epochal: .: Permission denied.\n")
        assert "No event files" not in result.out


def test_damage_is_said_with_an_export_and_copies_are_not(logdir: Path, tmp_path: Path, run: Run) -> None:
    (file,) = (logdir / "exp1").glob("events*")
    (logdir / "exp1" / "copy.tfevents").write_bytes(file.read_bytes())
    assert run("export", logdir, "-o", tmp_path / "1.csv").err.count("epochal:") == 0
    (logdir / "exp1" / "copy.tfevents").unlink()
    data = bytearray(file.read_bytes())
    data[1000] ^= 1
    file.write_bytes(data)
    result = run("export", logdir, "-o", tmp_path / "2.csv")
    assert result.status == 0
    assert f"epochal: exp1/{file.name} at byte 9" in result.err


def finish(arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a shell, which can close what a process is given."""
    command = f"exec '{sys.executable}' -W error -m epochal {arguments}"
    return subprocess.run(command, shell=True, text=True, env=ENVIRONMENT, timeout=60, check=False, **options)  # type: ignore[call-overload,no-any-return]


COMMANDS = ["ls", "show --json", "export -o -"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_sentence(tmp_path: Path, command: str) -> None:
    write_file(tmp_path / "events.out.tfevents.1.a", scalar_record("loss", 0.5, 1))
    name, *options = command.split()
    result = finish(f"{name} '{tmp_path}' {' '.join(options)} >/dev/full", stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert result.stderr == "epochal: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that can close streams")
def test_closed_streams_are_no_error(tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "events.out.tfevents.1.a", scalar_record("loss", 0.5, 1))
    result = finish(f"ls '{tmp_path / 'logs'}' >&-", stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (0, "")
    out = tmp_path / "all.csv"
    assert finish(f"export '{tmp_path / 'logs'}' -o '{out}' <&- >&- 2>&-").returncode == 0
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_server_whose_log_is_on_a_full_disk_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        say("Epochal at http://localhost/")
        say("and so on")
