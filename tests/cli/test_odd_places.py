"""Logdirs with names that are no UTF-8, runs typed as paths, and standard output that is closed or full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_logs import Run, scalar_record, write_file

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
