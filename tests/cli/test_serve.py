"""The command `epochal` as people run it: real processes, real ports, the exact words, the exit status."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from websockets.sync.client import connect

from epochal import SummaryWriter, __version__
from epochal.cli.main import main

SECS = 60.0  # ten times what anything here takes, on a busy machine


class Process:
    """A running `epochal`, its lines as they come."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        env = {k: v for k, v in os.environ.items() if k not in ("SSH_CONNECTION", "EPOCHAL_TOKEN")}
        self.popen = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "epochal", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**env, "PYTHONPATH": os.pathsep.join(sys.path), **(environment or {})},
            cwd=cwd,
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as stdout:
            for line in stdout:
                with self._changed:
                    self.lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line that matches."""
        found: re.Match[str] | None = None

        def look() -> bool:
            nonlocal found
            found = next((match for match in map(re.compile(pattern).search, self.lines) if match), None)
            return found is not None or self._ended

        with self._changed:
            self._changed.wait_for(look, SECS)
        assert found is not None, (pattern, self.lines)
        return found

    def wait_for_lines(self, words: str, count: int) -> list[str]:
        """So many lines that hold the words, or those that there are when the process ends or time is over."""

        def find() -> list[str]:
            return [line for line in self.lines if words in line]

        with self._changed:
            self._changed.wait_for(lambda: len(find()) >= count or self._ended, SECS)
            return find()

    @property
    def port(self) -> int:
        return int(self.wait_for(r"^Epochal \S+ at http://[^/]*?:(\d+)")[1])

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECS)
        with contextlib.closing(client):
            client.request("GET", path, headers=headers)
            response = client.getresponse()
            return response.status, response.read()

    def end(self, how: int = signal.SIGTERM) -> int:
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        assert self.popen.stdin is not None
        status = self.popen.wait(SECS)
        self.popen.stdin.close()
        self._reader.join(SECS)
        return status


@contextlib.contextmanager
def epochal(
    *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Process]:
    process = Process(*arguments, environment=environment, cwd=cwd)
    try:
        yield process
    finally:
        if process.end() != 0 and process.popen.returncode > 2:
            pytest.fail(f"status {process.popen.returncode}: {process.lines}")
    assert not any("Traceback" in line for line in process.lines), process.lines


def run(*arguments: str, cwd: Path | None = None) -> tuple[int, list[str]]:
    """A command that ends by itself."""
    process = Process(*arguments, cwd=cwd)
    try:
        status = process.popen.wait(SECS)
    finally:
        process.end(signal.SIGKILL)
    assert not any("Traceback" in line for line in process.lines), process.lines
    return status, process.lines


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "logs"
    for run_name in ("one", "two"):
        with SummaryWriter(str(folder / run_name)) as writer:
            for step in range(5):
                writer.add_scalar("loss", 1.0, step)
    return folder


# -- starting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [["{}"], ["--logdir", "{}"], ["serve", "--logdir={}"]])
def test_every_form_starts_the_app(logdir: Path, form: list[str]) -> None:
    with epochal(*(part.format(logdir) for part in form), "--port", "0") as process:
        port = process.port
        assert process.lines[0] == f"Epochal {__version__} at http://localhost:{port}/ (press Ctrl+C to quit)"
        process.wait_for(f"^{re.escape(str(logdir))}$")
        assert process.lines[1] == str(logdir)
        status, body = process.get("/data/runs")
        deadline = time.monotonic() + SECS
        while sorted(msgspec.json.decode(body)) != ["one", "two"] and time.monotonic() < deadline:
            status, body = process.get("/data/runs")
        assert (status, sorted(msgspec.json.decode(body))) == (200, ["one", "two"])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_status_0_while_a_page_is_open(logdir: Path, how: signal.Signals) -> None:
    with (
        epochal(str(logdir), "--port", "0") as process,
        connect(f"ws://localhost:{process.port}/api/live", proxy=None) as page,
    ):
        page.recv(SECS)
        began = time.monotonic()
        assert process.end(how) == 0
        assert time.monotonic() - began < 30  # three seconds are promised


def test_the_port_is_listening_before_the_first_line(logdir: Path) -> None:
    with epochal(str(logdir), "--port", "0") as process:
        socket.create_connection(("127.0.0.1", process.port), SECS).close()


def test_a_busy_port_names_its_holder(logdir: Path) -> None:
    with epochal(str(logdir), "--port", "0") as first:
        status, lines = run(str(logdir), "--port", str(first.port))
        assert status == 1
        assert f"Port {first.port} is already in use by process {first.popen.pid} (" in " ".join(lines)


def test_two_servers_on_the_default_port_both_start(logdir: Path) -> None:
    with epochal(str(logdir)) as first:
        taken = first.port
        with epochal(str(logdir)) as second:
            assert second.port != taken
            second.wait_for(r"^Port 6006 is in use.*; this is the next free one\.$")


# -- what it says ---------------------------------------------------------------------------------------------


def test_a_missing_folder_is_waited_for(tmp_path: Path) -> None:
    logdir = tmp_path / "later"
    with epochal(str(logdir), "--port", "0", "--reload-interval", "0.2") as process:
        process.wait_for("There is no such folder yet")
        assert msgspec.json.decode(process.get("/api/runs")[1])["exists"] is False
        with SummaryWriter(str(logdir / "run")) as writer:
            writer.add_scalar("loss", 1.0, 0)
        deadline = time.monotonic() + SECS
        while msgspec.json.decode(process.get("/data/runs")[1]) != ["run"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_mistyped_command_is_guessed(tmp_path: Path) -> None:
    with epochal("lss", "--port", "0", cwd=tmp_path) as process:
        process.wait_for(r"If you meant the command: epochal ls")


def test_an_empty_folder_names_those_beside_it(logdir: Path) -> None:
    empty = logdir.parent / "empty"
    empty.mkdir(exist_ok=True)
    with epochal(str(empty), "--port", "0") as process:
        process.wait_for("No event files here yet")
        process.wait_for(rf"{re.escape(str(logdir))}  \(2 event files\)")


def test_an_ssh_session_gets_the_command_to_paste(logdir: Path) -> None:
    ssh = {"SSH_CONNECTION": "203.0.113.7 50000 198.51.100.2 2222"}
    with epochal(str(logdir), "--port", "0", environment=ssh) as process:
        line = process.wait_for(r"ssh -N -L .*")[0]
        assert re.fullmatch(
            rf"ssh -N -L {process.port}:localhost:{process.port} -p 2222 \S+@198\.51\.100\.2", line
        )


def test_tensorboards_flags_are_accepted(logdir: Path) -> None:
    flags = (
        "--load_fast=false --samples_per_plugin scalars=0 --reload_multifile true --max_reload_threads=4 "
        "--reload_task auto --purge_orphaned_data false --generic_data=true --detect_file_replacement true "
        "--reuse_port=true --db_import --extra_data_server_flags=--no-checksum --grpc_creds_type local "
        "--reload_multifile_inactive_secs 0 --window_title Mine --path_prefix /tb/ --reload_interval 1"
    )
    with epochal("--logdir", str(logdir), "--port=0", *flags.split()) as process:
        assert process.wait_for(r"^Epochal .*").string.endswith("/tb/ (press Ctrl+C to quit)")
        process.wait_for(r"^--samples-per-plugin is not needed: every point is kept\.$")
        notes = process.wait_for_lines(" is not needed: ", 13)
        assert len(notes) == 13, notes
        token = process.wait_for(r"^Open http://localhost:\d+/tb/#token=(\S+)$")[1]
        assert process.get("/tb/api/runs")[0] == 401
        status, body = process.get("/tb/api/runs", Authorization=f"Bearer {token}")
        assert (status, msgspec.json.decode(body)["window_title"]) == (200, "Mine")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of TensorBoard's own imports
def test_every_flag_of_tensorboard_is_known() -> None:
    """From the real parser: a flag that TensorBoard has and Epochal does not know would fail here."""
    import argparse

    from tensorboard.plugins.core.core_plugin import CorePluginLoader

    from epochal.cli.main import serve_command

    parser = argparse.ArgumentParser()
    CorePluginLoader().define_flags(parser)
    theirs = {flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")}
    ours = {flag for parameter in serve_command.params for flag in parameter.opts}
    assert {flag.replace("_", "-") for flag in theirs} - {"--help"} <= ours


def test_logdir_spec_names_several_folders(logdir: Path) -> None:
    spec = f"a:{logdir / 'one'},b:{logdir / 'two'}"
    with epochal("--logdir_spec", spec, "--port", "0") as process:
        deadline = time.monotonic() + SECS
        while sorted(msgspec.json.decode(process.get("/data/runs")[1])) != ["a", "b"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


# -- paths as people write them -------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["../cli/logs/", "//{}"])
def test_paths_as_people_write_them(logdir: Path, typed: str) -> None:
    home = logdir.parent
    typed = typed.replace("../cli", f"../{home.name}").format(logdir)
    with epochal(typed, "--port", "0", cwd=home) as process:
        process.wait_for(f"^{re.escape(str(logdir))}$")


@pytest.mark.skipif(os.name == "nt", reason="there they are what they look like")
@pytest.mark.parametrize("typed", ["C:\\logs", "d:/logs"])
def test_drive_letters_are_paths_and_never_urls(tmp_path: Path, typed: str) -> None:
    with epochal(typed, "--port", "0", cwd=tmp_path) as process:
        process.wait_for(f"^{re.escape(str(tmp_path / typed))}$")


def test_an_event_file_opens_its_folder(logdir: Path) -> None:
    (file,) = (logdir / "one").iterdir()
    with epochal(str(file), "--port", "0") as process:
        process.wait_for(f"^{re.escape(str(logdir / 'one'))}$")
        process.wait_for("That is an event file")


# -- asked wrongly --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--prot", "0", "x"], 2, "--port"),
        (["x", "--no-auth", "--host", "0.0.0.0", "--port", "0"], 2, "--no-auth would let anybody on the network"),
        (["x", "--no-auth", "--bind_all", "--port", "0"], 2, "--no-auth would let anybody on the network"),
        (["x", "--no-auth", "--auth", "token"], 2, "exclude each other"),
        (["x", "--bind_all", "--host", "localhost"], 2, "exclude each other"),
        (["x", "--logdir", "y"], 2, "Give the logdir once"),
        (["--port", "0"], 2, "Which logdir?"),
        (["x", "--port", "many"], 2, "is not a port"),
        (["x", "--port", "70000"], 2, "is not a port"),
        (["x", "--host", "no-such-host.invalid"], 1, "is not known here"),
        (["x", "--allowed-host", "http://x/"], 2, "is not a host name"),
        (["x", "--path-prefix", "/a b"], 2, "is not a path"),
        (["x", "--path-prefix", "/a/../b"], 2, "is not a path"),
        (["x", "--trusted-proxy", "10.0.0.0/8", "--port", "0"], 2, "--auth-header go together"),
        (["x", "--auth-header", "X-User", "--port", "0"], 2, "--auth-header go together"),
        (["x", "--trusted-proxy", "nowhere", "--auth-header", "X"], 2, "--trusted-proxy"),
        (["x", "--embed-origin", "https://a.example; script-src *"], 2, "is not an origin"),
        (["x", "--max-memory", "lots"], 2, "is not a size"),
        (["x", "--reload-interval", "-1"], 2, "--reload-interval"),
        (["gs://bucket/logs"], 1, "gs://"),
        (["ls"], 2, "Which logdir?"),
        (["ls", "no-such-folder"], 2, "There is no folder"),
        (["ls", __file__], 2, "test_serve.py is a file; open the folder that it is in."),
        (["lss", "runs"], 2, "There is no command 'lss'. Did you mean 'ls'?"),
        (["no-such-folder", "exp1"], 2, "There is no command 'no-such-folder'."),
        ([], 2, "epochal runs"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    output = capsys.readouterr()
    assert caught.value.code == status, output
    assert said in re.sub(r"[\s│]+", " ", output.out + output.err)


def test_no_traceback_from_a_real_process(tmp_path: Path) -> None:
    status, lines = run("x", "--port", "many", cwd=tmp_path)
    assert status == 2
    assert lines == ["epochal: --port: 'many' is not a port: give a number up to 65535, or 0 for any free one."]


def test_a_file_that_is_no_logdir_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path / "notes.txt")])
    assert caught.value.code == 2
    assert "is a file" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
        return capsys.readouterr().out

    assert said("--version") == f"Epochal {__version__}\n"
    assert said("--version_tb") == f"Epochal {__version__}\n"
    text = said("--help")
    assert text.index("epochal runs") < text.index("Options")
    text = said("serve", "--help")
    assert "--path-prefix" in text
    assert "--load-fast" not in text


# -- who gets in ----------------------------------------------------------------------------------------------


def test_a_wide_binding_warns_and_asks_others_for_the_token(logdir: Path) -> None:
    with epochal(str(logdir), "--bind_all", "--port", "0") as process:
        name = socket.gethostname()
        assert process.wait_for("^Epochal.*").string.startswith(f"Epochal {__version__} at http://{name}:")
        process.wait_for("nothing is encrypted")
        token = process.wait_for(r"#token=(\S+)$")[1]
        assert process.get("/api/runs")[0] == 200
        assert process.get("/api/runs", Via="x")[0] == 401
        assert process.get("/api/runs", Via="x", Authorization=f"Bearer {token}")[0] == 200
        assert process.get("/api/runs", Host="evil.example")[0] == 403


def test_auth_token_asks_everybody(logdir: Path) -> None:
    token = "chosen-by-the-user-42"
    with epochal(str(logdir), "--auth", "token", "--port", "0", environment={"EPOCHAL_TOKEN": token}) as process:
        process.wait_for(rf"^Open http://localhost:{process.port}/#token={token}$")
        assert process.get("/api/runs")[0] == 401
        assert process.get("/api/runs", Authorization=f"Bearer {token}")[0] == 200


def test_no_auth_on_loopback_prints_no_token(logdir: Path) -> None:
    with epochal(str(logdir), "--no-auth", "--port", "0") as process:
        assert process.get("/api/runs", Via="x")[0] == 200
        assert not any("token" in line for line in process.lines)


def test_it_ends_when_its_starter_does(logdir: Path) -> None:
    process = Process(str(logdir), "--port", "0", "--exit-on-eof")
    process.wait_for("^Epochal")
    assert process.popen.stdin is not None
    process.popen.stdin.close()
    assert process.popen.wait(SECS) == 0
    process.end()


def test_max_memory_limits_the_caches_of_the_server(tmp_path: Path) -> None:
    from epochal.cli.options import ServeOptions
    from epochal.cli.serve import _start_loading
    from epochal.store.memory import DEFAULT_LIMITS, get_limits, limit_memory

    try:
        for max_memory, expected in ((None, sum(DEFAULT_LIMITS)), (100 << 20, 100 << 20)):
            reloader = _start_loading(str(tmp_path), ServeOptions(max_memory=max_memory, reload_interval=0))
            reloader.stop()
            assert expected - 3 <= sum(get_limits()) <= expected
    finally:
        limit_memory(None)
