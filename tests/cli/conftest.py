"""Logs for the commands that read and end, and how they are run: in this process, as the console script does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))

from cli_logs import START, Result, Run

import epochal
from epochal.cli.main import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("show", logdir)`: exit status and what was printed."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Result(caught.value.code, captured.out, captured.err)

    return call


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """Two runs with every kind of data that the commands tell apart."""
    for number, name in enumerate(("exp1", "sub/exp2")):
        with epochal.SummaryWriter(str(tmp_path / "logs" / name)) as writer:
            for step in range(100):
                writer.add_scalar("loss", 1 / (step + 1) + number, step, walltime=START + step)
            for step, value in enumerate((1.0, float("nan"), float("inf"), -3.5)):
                writer.add_scalar("odd", value, step, walltime=START + step)
            for step in (0, 10):
                writer.add_image("sample", np.full((3, 4, 6), step, np.uint8), step, walltime=START + step)
            writer.add_text("note", "naïve **text** \U0001f600", 3, walltime=START)
            writer.add_histogram("weights", np.arange(10.0), 5, walltime=START)
            writer.add_pr_curve("pr", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9]), 0, 5, walltime=START)
            writer.add_audio("sound", np.zeros(80), 1, sample_rate=8000, walltime=START)
            writer.add_tensor("grid", np.arange(6).reshape(2, 3), 2, walltime=START)
            writer.add_hparams({"lr": 0.1, "name": "adam"}, {})
    return tmp_path / "logs"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Pretend that standard output is a terminal of so many columns, without colour."""

    def pretend(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    return pretend
