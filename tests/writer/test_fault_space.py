"""A disk that fills up for good: a process of its own, so that its memory can be measured."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from epochal.events.gaps import decode_gap

LONGEST_CALL_SECS = 0.1  # ten times the promise
GROWTH_BYTES = 80 << 20

FILL_UP = """
import json, subprocess, sys, time, warnings
from epochal import SummaryWriter
disk, count = sys.argv[1], int(sys.argv[2])
def anonymous_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))
clock = time.perf_counter
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    writer = SummaryWriter(disk + "/run")
    before = anonymous_bytes()
    slow = []
    for step in range(count):
        start = clock()
        writer.add_scalar("loss", 1.0, step)
        took = clock() - start
        if took > 0.01:
            slow.append(took)
    writer.flush()
    status = writer.status()
    grown = anonymous_bytes() - before
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    freed = time.monotonic()
    while writer.status().written_records <= status.written_records:
        time.sleep(0.02)
    visible = time.monotonic() - freed
    writer.close()
end = writer.status()
print(json.dumps({
    "slow": sorted(slow), "grown": grown, "visible": visible, "warnings": len(caught),
    "waiting": status.waiting_records, "written": end.written_records, "dropped": end.dropped_scalars,
}))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to mount")
@pytest.mark.parametrize("count", [20_000, pytest.param(3_000_000, marks=pytest.mark.soak)])
def test_memory_is_bounded_and_what_is_lost_is_told(tmp_path, reader, run_script, count):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        process = run_script(FILL_UP, disk, count)
        assert process.returncode == 0, process.errors
        report = json.loads(process.output)
        assert sum(took > LONGEST_CALL_SECS for took in report["slow"]) <= 3  # of a busy machine
        assert report["grown"] < GROWTH_BYTES
        assert report["visible"] < 5.0
        assert report["waiting"] > 0
        events = reader.read_run(disk / "run")  # asserts whole frames
        values = [value for event in events for value in event.summary.value]
        gaps = [decode_gap(value.metadata.plugin_data.content) for value in values if value.tag != "loss"]
        assert len(events) == report["written"]
        assert report["dropped"] == sum(gap.scalars for gap in gaps)
        assert len(events) - len(gaps) + report["dropped"] == count
        assert (report["dropped"] > 0) == (count > 2_000_000)
        assert report["warnings"] == (2 if gaps else 1)  # no space left; scalars are being dropped
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
