"""docs/guide/reading.md runs, and says what happens: `expression  # → repr`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import epochal

GUIDE = Path(__file__).resolve().parents[2] / "docs/guide/reading.md"


def write_logs(root: Path) -> None:
    for name in ("exp1", "exp2"):
        with epochal.SummaryWriter(str(root / name)) as writer:
            for step in range(100):
                writer.add_scalar("loss", 50 / (step + 1), step)
                writer.add_scalar("acc", (step + 1) / 100, step)
            for step in (0, 10, 20):
                writer.add_image("sample", np.zeros((3, 4, 6), np.uint8), step)
            writer.add_text("note", "a <b>bold</b> note", 0)
            writer.add_histogram("weights", np.arange(10.0), 0)
            writer.add_hparams({"lr": 0.1, "optimizer": "adam"}, {})


def test_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_logs(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    claims = 0
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        lines = block.splitlines()
        for statement in ast.parse(block).body:
            code = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            expression, arrow, expected = code.partition("# → ")
            if arrow:
                assert repr(eval(expression.strip(), names)) == expected.strip(), code
                claims += 1
            else:
                exec(compile(code, str(GUIDE), "exec"), names)
    assert claims >= 15
