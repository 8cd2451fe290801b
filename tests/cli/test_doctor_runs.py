"""`epochal doctor` on a healthy run: what Epochal writes by itself is no finding."""

from __future__ import annotations

from pathlib import Path

from cli_logs import Run

import epochal


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
