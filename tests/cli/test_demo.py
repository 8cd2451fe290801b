"""The wiring of `epochal demo`; what it trains is tested by running it (`make demo`)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from epochal.cli import demo, demo_models
from epochal.cli.main import main
from epochal.cli.options import ServeOptions


def test_it_trains_then_serves_and_stops_the_live_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    happened: list[str] = []

    def train(logdir: str, progress: Callable[[str], None]) -> None:
        happened.append(f"trained {Path(logdir).name}")
        progress("run 1: 90 %")

    def live(logdir: str, stop: threading.Event) -> None:
        assert stop.wait(30)
        happened.append("live run stopped")

    def serve(logdir: str, options: ServeOptions) -> int:
        happened.append(f"served {Path(logdir).name} on {options.port}, open: {options.open_browser}")
        return 0

    monkeypatch.setattr(demo_models, "train_demo", train)
    monkeypatch.setattr(demo_models, "train_live", live)
    monkeypatch.setattr(demo, "serve", serve)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--logdir", "kept", "--no-open", "--port", "0"])
    assert caught.value.code == 0
    assert happened == ["trained kept", "served kept on 0, open: False", "live run stopped"]
    assert "  run 1: 90 %" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["demo"])
    assert happened[4].endswith("on None, open: True")


def test_without_scikit_learn_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")

    monkeypatch.setattr(demo_models, "train_demo", train)
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--logdir", str(tmp_path)])
    assert caught.value.code == 1
    assert "pip install 'epochal[demo]'" in capsys.readouterr().err
