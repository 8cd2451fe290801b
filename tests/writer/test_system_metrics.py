"""System metrics: what /proc and NVML say becomes percentages and rates, at the step of training."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time

import pytest

from epochal import SummaryWriter
from epochal.writer import system_metrics
from epochal.writer.system_metrics import Nvml, Sampler, SystemMetrics, _is_whole_disk

NETWORK = "Inter-|   Receive\n face |bytes\n    lo: 9999 0 0 0 0 0 0 0 9999 0\n  eth0: {} 0 0 0 0 0 0 0 {} 0\n"


@pytest.fixture
def proc(tmp_path):
    """Write a small procfs; returns (its path, a function that rewrites its counters)."""
    (tmp_path / "net").mkdir()
    (tmp_path / "self").mkdir()
    (tmp_path / "self/statm").write_text("1000 256 10 1 0 500 0\n")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 6291456 kB\n")

    def set_counters(busy, idle, sectors, network):
        (tmp_path / "stat").write_text(f"cpu {busy} 0 0 {idle} 0 0 0 0 7 7\ncpu0 1 2 3\n")
        disks = [f"8 0 sda 1 0 {sectors} 0 1 0 {2 * sectors} 0 0 0 0", "8 1 sda1 1 0 99999999 0 1 0 9 0 0 0 0"]
        (tmp_path / "diskstats").write_text("\n".join(disks) + "\n")
        (tmp_path / "net/dev").write_text(NETWORK.format(network, 3 * network))

    set_counters(0, 0, 0, 0)
    return str(tmp_path), set_counters


def test_counters_become_rates(proc, monkeypatch):
    path, set_counters = proc
    clock = [100.0]
    monkeypatch.setattr(system_metrics.time, "monotonic", lambda: clock[0])
    sampler = Sampler(path)
    clock[0] += 10
    set_counters(busy=250, idle=750, sectors=10 * 2048, network=10 << 20)
    found = sampler.sample()
    assert found["cpu_percent"] == pytest.approx(25)
    assert found["memory_percent"] == pytest.approx(25)
    assert found["memory_used_mib"] == pytest.approx(2048)
    assert found["process_memory_mib"] == pytest.approx(1.0)
    assert found["disk_read_mib_per_second"] == pytest.approx(1.0)
    assert found["disk_write_mib_per_second"] == pytest.approx(2.0)
    assert found["network_received_mib_per_second"] == pytest.approx(1.0)
    assert found["network_sent_mib_per_second"] == pytest.approx(3.0)
    clock[0] += 10
    again = sampler.sample()
    assert again["disk_read_mib_per_second"] == 0
    assert "cpu_percent" not in again  # no tick passed


def test_what_cannot_be_read_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(system_metrics, "_NVML_LIBRARY", "no-such-library.so")
    sampler = Sampler(str(tmp_path / "nothing"))
    time.sleep(0.01)
    assert set(sampler.sample()) == {"process_cpu_percent"}
    (tmp_path / "stat").write_text("cpu nonsense\n")
    (tmp_path / "meminfo").write_text("")
    assert set(Sampler(str(tmp_path)).sample()) <= {"process_cpu_percent"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_this_machine():
    sampler = Sampler()
    time.sleep(0.1)
    found = sampler.sample()
    assert {"memory_percent", "process_memory_mib", "process_cpu_percent", "disk_read_mib_per_second"} <= set(
        found
    )
    assert 0 < found["memory_percent"] < 100
    assert found["process_memory_mib"] > 10


def test_whole_disks():
    whole = ["sda", "vdb", "nvme0n1", "mmcblk0", "xvda"]
    parts = ["sda1", "nvme0n1p2", "mmcblk0p1", "loop0", "dm-0", "md0", "ram3", "zram0"]
    assert [_is_whole_disk(name) for name in whole] == [True] * len(whole)
    assert [_is_whole_disk(name) for name in parts] == [False] * len(parts)


class FakeNvml:
    """Two GPUs, the second of which says nothing but its memory."""

    def nvmlDeviceGetCount_v2(self, count):  # noqa: N802
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, device):  # noqa: N802
        device._obj.value = index + 1
        return 0

    def nvmlDeviceGetUtilizationRates(self, device, rates):  # noqa: N802
        rates._obj.gpu = 87
        return device.value - 1

    def nvmlDeviceGetMemoryInfo(self, device, memory):  # noqa: N802
        memory._obj.total, memory._obj.used = 8 << 30, 2 << 30
        return 0

    def nvmlDeviceGetTemperature(self, device, sensor, number):  # noqa: N802
        number._obj.value = 61
        return device.value - 1

    def nvmlDeviceGetPowerUsage(self, device, number):  # noqa: N802
        number._obj.value = 250_500
        return device.value - 1


def test_gpus(proc):
    found = Sampler(proc[0], nvml=Nvml(FakeNvml())).sample()
    assert {name: value for name, value in found.items() if name.startswith("gpu")} == {
        "gpu0_percent": 87,
        "gpu0_memory_mib": 2048,
        "gpu0_memory_percent": 25,
        "gpu0_celsius": 61,
        "gpu0_watts": 250.5,
        "gpu1_memory_mib": 2048,
        "gpu1_memory_percent": 25,
    }
    assert ctypes.sizeof(system_metrics._Memory) == 24


def test_a_writer_gets_samples_at_its_step(tmp_path, reader, wait_until):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 41)
    writer.add_scalar("other", 1.0, 42)
    metrics = SystemMetrics(writer, interval_secs=0.05)
    wait_until(lambda: "system/process_cpu_percent" in reader.scalars(tmp_path))
    metrics.stop()
    writer.close()
    points = reader.scalars(tmp_path)["system/process_cpu_percent"]
    assert {step for step, _ in points} == {42}


def is_sampling():
    return any(each.name == "epochal-system" for each in threading.enumerate())


def test_sampling_ends_with_its_writer(tmp_path, wait_until):
    writer = SummaryWriter(tmp_path)
    metrics = SystemMetrics(writer, interval_secs=0.02)
    assert is_sampling()
    writer.close()
    del writer
    gc.collect()
    wait_until(lambda: not is_sampling())
    metrics.stop()


def test_the_option_samples_until_close(tmp_path, wait_until):
    assert not is_sampling()
    writer = SummaryWriter(tmp_path, system_metrics=True)
    assert is_sampling()
    writer.close()
    wait_until(lambda: not is_sampling())
    SummaryWriter(tmp_path).close()
    assert not is_sampling()
