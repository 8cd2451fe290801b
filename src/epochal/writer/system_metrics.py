"""Samples of the machine as scalars `system/*`, at the step that training has reached.

Linux tells through /proc; elsewhere only the process's own CPU time is known. GPUs are asked through NVML's C
library where it is installed. A sample every ten seconds takes well below a millisecond of CPU, GPUs apart.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from epochal.writer import lifecycle
from epochal.writer.event_writer import EventWriter

INTERVAL_SECS = 10.0

_MIB = 1 << 20
_SECTOR_BYTES = 512
_NVML_LIBRARY = "nvidia-ml.dll" if os.name == "nt" else "libnvidia-ml.so.1"


class Logged(Protocol):
    """What this module asks of a SummaryWriter."""

    file_writer: EventWriter
    _last_steps: dict[str, int]


class SystemMetrics:
    """A daemon thread that samples until `stop`, until its writer is collected, or until the process exits."""

    def __init__(self, writer: Logged, interval_secs: float = INTERVAL_SECS) -> None:
        """Take the first sample after `interval_secs`. The writer is held weakly."""
        self._writer = weakref.ref(writer)
        self._interval_secs = interval_secs
        self._stopped = threading.Event()
        self._sampler = Sampler()
        threading.Thread(target=self._run, name="epochal-system", daemon=True).start()

    def stop(self) -> None:
        """Take no further sample."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_secs):
            writer = self._writer()
            if writer is None or lifecycle.is_exiting():
                return
            step = max(list(writer._last_steps.values()), default=0)
            now = time.time()
            for name, value in self._sampler.sample().items():
                file_writer = writer.file_writer
                if self._stopped.is_set():
                    break
                if not file_writer.scalars.append_scalar(f"system/{name}", value, step, now):
                    file_writer.warn_full()
                    break
                if file_writer.attention:
                    file_writer.attend()
            del writer


class Sampler:
    """Turns counters into values per second; the first sample covers the time since it was made."""

    def __init__(self, proc: str = "/proc", nvml: Nvml | None = None) -> None:
        """proc: where Linux's procfs is mounted. nvml: by default NVML, if it is installed."""
        self._proc = proc
        self._nvml = Nvml.load() if nvml is None else nvml
        self._before: dict[str, float] = {}
        self.sample()

    def sample(self) -> dict[str, float]:
        """Values by name: percentages of the whole machine, MiB, MiB/s. What cannot be read is left out."""
        found: dict[str, float] = {}
        counters: dict[str, float] = {"time": time.monotonic(), "process": time.process_time()}
        for read in (self._read_cpu, self._read_memory, self._read_disk, self._read_network):
            try:
                read(found, counters)
            except (OSError, ValueError, LookupError):
                pass  # not Linux, or a kernel that says it otherwise
        before, self._before = self._before, counters
        secs = counters["time"] - before.get("time", counters["time"])
        if secs > 0:
            cpus = os.cpu_count() or 1
            found["process_cpu_percent"] = 100 * (counters["process"] - before["process"]) / secs / cpus
            for name in ("disk_read", "disk_write", "network_received", "network_sent"):
                if name in counters and name in before:
                    found[f"{name}_mib_per_second"] = max(0.0, counters[name] - before[name]) / secs / _MIB
            ticks = counters.get("cpu_total", 0.0) - before.get("cpu_total", 0.0)
            if ticks > 0:
                busy = counters["cpu_busy"] - before["cpu_busy"]
                found["cpu_percent"] = min(100.0, max(0.0, 100 * busy / ticks))
        if self._nvml is not None:
            found.update(self._nvml.sample())
        return found

    def _read(self, name: str) -> list[str]:
        with open(os.path.join(self._proc, name), encoding="ascii", errors="replace") as file:
            return file.read().splitlines()

    def _read_cpu(self, found: dict[str, float], counters: dict[str, float]) -> None:
        # user nice system idle iowait irq softirq steal; guests are in user already
        ticks = [float(number) for number in self._read("stat")[0].split()[1:9]]
        counters["cpu_total"] = sum(ticks)
        counters["cpu_busy"] = sum(ticks) - ticks[3] - ticks[4]

    def _read_memory(self, found: dict[str, float], counters: dict[str, float]) -> None:
        sizes = dict(line.split(":", 1) for line in self._read("meminfo") if ":" in line)
        total, available = (float(sizes[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
        found["memory_percent"] = 100 * (1 - available / total)
        found["memory_used_mib"] = (total - available) / 1024
        resident_pages = float(self._read("self/statm")[0].split()[1])
        found["process_memory_mib"] = resident_pages * os.sysconf("SC_PAGE_SIZE") / _MIB

    def _read_disk(self, found: dict[str, float], counters: dict[str, float]) -> None:
        read = written = 0.0
        for line in self._read("diskstats"):
            fields = line.split()
            if _is_whole_disk(fields[2]):
                read += float(fields[5])
                written += float(fields[9])
        counters["disk_read"], counters["disk_write"] = read * _SECTOR_BYTES, written * _SECTOR_BYTES

    def _read_network(self, found: dict[str, float], counters: dict[str, float]) -> None:
        received = sent = 0.0
        for line in self._read("net/dev")[2:]:
            name, _, numbers = line.partition(":")
            fields = numbers.split()
            if name.strip() != "lo":
                received += float(fields[0])
                sent += float(fields[8])
        counters["network_received"], counters["network_sent"] = received, sent


def _is_whole_disk(name: str) -> bool:
    """Partitions, loop and device-mapper devices count bytes that their disks count too."""
    if name.startswith(("loop", "ram", "zram", "dm-", "md", "sr", "fd")):
        return False
    if name.startswith(("nvme", "mmcblk")):
        return "p" not in name.split("n", 2)[-1] if name.startswith("nvme") else "p" not in name[6:]
    return not name[-1:].isdigit()


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class Nvml:
    """NVIDIA's management library, by ctypes. Source: nvml.h; functions return 0 for success."""

    def __init__(self, library: Any) -> None:
        """library: the loaded and initialised C library, or something that behaves like it."""
        self._library = library
        count = ctypes.c_uint(0)
        self._devices: list[ctypes.c_void_p] = []
        if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) == 0:
            for index in range(count.value):
                device = ctypes.c_void_p()
                if library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) == 0:
                    self._devices.append(device)

    @classmethod
    def load(cls) -> Nvml | None:
        """The library of this machine, or None."""
        try:
            library = ctypes.CDLL(_NVML_LIBRARY)
            return cls(library) if library.nvmlInit_v2() == 0 else None
        except (OSError, AttributeError):
            return None

    def sample(self) -> dict[str, float]:
        """gpu<N>_percent, gpu<N>_memory_mib, gpu<N>_memory_percent, gpu<N>_celsius and gpu<N>_watts."""
        found: dict[str, float] = {}
        for index, device in enumerate(self._devices):
            utilization, memory = _Utilization(), _Memory()
            number = ctypes.c_uint(0)
            ask = self._library
            if _succeeds(ask.nvmlDeviceGetUtilizationRates, device, ctypes.byref(utilization)):
                found[f"gpu{index}_percent"] = float(utilization.gpu)
            if _succeeds(ask.nvmlDeviceGetMemoryInfo, device, ctypes.byref(memory)) and memory.total:
                found[f"gpu{index}_memory_mib"] = memory.used / _MIB
                found[f"gpu{index}_memory_percent"] = 100 * memory.used / memory.total
            if _succeeds(ask.nvmlDeviceGetTemperature, device, 0, ctypes.byref(number)):
                found[f"gpu{index}_celsius"] = float(number.value)
            if _succeeds(ask.nvmlDeviceGetPowerUsage, device, ctypes.byref(number)):
                found[f"gpu{index}_watts"] = number.value / 1000
        return found


def _succeeds(function: Callable[..., int], *arguments: Any) -> bool:
    return function(*arguments) == 0
