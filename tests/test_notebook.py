"""The notebook magic in a real IPython shell, over real servers."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import epochal
from epochal import SummaryWriter, notebook


@pytest.fixture
def logdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with SummaryWriter(str(tmp_path / "my logs" / "run")) as writer:
        writer.add_scalar("loss", 1.0, 0)
    monkeypatch.chdir(tmp_path)
    for name in (*notebook.PROXY_VARIABLES, "EPOCHAL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "my logs"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell as a notebook's kernel has it: `kernel` is how cells that show HTML are told from terminals."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.kernel = object()
    yield made
    notebook.close_all()
    InteractiveShell.clear_instance()
    made.history_manager.end_session()


def run_cell(shell: InteractiveShell, code: str) -> tuple[str, str]:
    """What a cell prints, and the HTML it shows."""
    with capture_output() as captured:
        result = shell.run_cell(code)
    assert result.success, result
    outputs: list[Any] = captured.outputs
    return captured.stdout, "".join(output.data.get("text/html", "") for output in outputs)


def frame_url(markup: str) -> str:
    found = re.search(r'new URL\("([^"]+)"\)', markup)
    assert found is not None, markup
    return found[1]


def get(url: str, **headers: str) -> int:
    parts = urlsplit(url)
    client = http.client.HTTPConnection("localhost", parts.port, timeout=30)
    client.request("GET", parts.path + "api/runs", headers=headers)
    status = client.getresponse().status
    client.close()
    return status


def test_the_magic_shows_the_app_in_the_cell(shell: InteractiveShell, logdir: Path) -> None:
    run_cell(shell, "%load_ext epochal")
    said, markup = run_cell(shell, "%epochal --logdir 'my logs' --height 600")
    assert said == ""
    assert 'height="600"' in markup
    url = frame_url(markup)
    token = urlsplit(url).fragment.removeprefix("token=")
    assert len(token) >= 32
    assert get(url) == 200
    assert get(url, Via="x") == 401  # through a proxy it is the token that counts …
    assert get(url, Via="x", Authorization=f"Bearer {token}") == 200  # … and this is the one

    said, again = run_cell(shell, "%epochal --logdir 'my logs'")
    assert "already runs" in said
    assert frame_url(again) == url

    other = logdir.parent / "other"
    other.mkdir()
    _, markup = run_cell(shell, "%epochal other")
    assert frame_url(markup) != url

    (server,) = [each for key, each in notebook._servers.items() if "my logs" in key]
    server.close()
    _, markup = run_cell(shell, "%epochal --logdir 'my logs'")  # a dead one is not shown again
    assert get(frame_url(markup)) == 200


NO_LOGDIR = "Which folder has the logs? For example: %epochal --logdir runs\n"


def test_mistakes_are_said_and_never_raised(shell: InteractiveShell, logdir: Path) -> None:
    run_cell(shell, "%load_ext epochal")
    for line, words in (
        ("%epochal 'my logs", "No closing quotation"),
        ("%epochal logs --height many", "number of pixels"),
        ("%epochal logs --prot 1", "No such option"),
        ("%epochal", NO_LOGDIR),
        ("%epochal --height 600", NO_LOGDIR),
        ("%epochal --window-title mine", NO_LOGDIR),
    ):
        said, markup = run_cell(shell, line)
        assert said == words if words is NO_LOGDIR else words in said
        assert "Traceback" not in said
        assert markup == ""


def test_a_missing_folder_is_said_and_shown(shell: InteractiveShell, logdir: Path) -> None:
    run_cell(shell, "%load_ext epochal")
    folder = logdir.parent / "later"
    for _ in range(2):
        said, markup = run_cell(shell, "%epochal later")
        assert said.startswith(f"There is no folder {folder} yet. Epochal waits for it to appear.\n")
        assert get(frame_url(markup)) == 200
    folder.mkdir()
    assert "no folder" not in run_cell(shell, "%epochal later")[0]


def test_plain_python_prints_the_address(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    InteractiveShell.clear_instance()
    try:
        epochal.notebook.show(logdir)
        found = re.fullmatch(r"Epochal at (http://localhost:\d+/)#token=\S+\n", capsys.readouterr().out)
        assert found is not None
        assert get(found[1]) == 200
    finally:
        notebook.close_all()
    with pytest.raises(OSError):
        get(found[1])


def test_behind_a_notebook_proxy(
    logdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EPOCHAL_PROXY_URL", "https://hub.example.org/user/me/proxy/%PORT%")
    try:
        notebook.show(logdir)
        found = re.fullmatch(
            r"Epochal at https://hub\.example\.org/user/me/proxy/(\d+)/#token=(\S+)\n", capsys.readouterr().out
        )
        assert found is not None
        local = f"http://localhost:{found[1]}/"
        assert get(local, Host="hub.example.org", Authorization=f"Bearer {found[2]}") == 200
        assert get(local, Host="hub.example.org") == 401
        assert get(local, Host="evil.example", Authorization=f"Bearer {found[2]}") == 403
    finally:
        notebook.close_all()
