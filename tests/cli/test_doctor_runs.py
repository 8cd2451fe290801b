"""`epochal doctor` on a healthy run: what Epochal writes by itself is no finding."""

from __future__ import annotations

from pathlib import Path

from cli_logs import Run

import epochal
from epochal.cli.doctor_runs import _span


def test_spans_of_any_length() -> None:
    spans = [_span(secs) for secs in (1.5, 200.0, 1e6, 1e300)]
    assert spans == ["1.5 seconds", "3 minutes", "11 days", "1.16e+295 days"]


def test_the_origins_of_a_resumed_run_are_no_finding(tmp_path: Path, run: Run) -> None:
    with epochal.SummaryWriter(str(tmp_path / "logs")) as writer:
        for process in range(2):  # as two processes do, each at step 0
            writer.add_text("epochal/provenance", f"- **host**: {process}", 0)
            writer.add_text("epochal/provenance_of_mine", f"{process}", 0)
    result = run("doctor", tmp_path / "logs", "-v")
    assert result.status == 0
    assert [line.split()[1] for line in result.lines if line.startswith("  note")] == [
        "epochal/provenance_of_mine/text_summary:"
    ]
