"""The page in a real browser: JavaScript over the wire, time to the first chart, and from a record to pixels.

Debian's Chromium, headless, software rendering. The first chart is the app's own mark `epochal:first-chart`, on
100 runs × 50 tags. From a record to pixels: a writer in this process logs one point and flushes; the clock stops
at the first stroke that the page draws on a canvas after that, pointer and keyboard at rest.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import at_most, print_row, serving
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from epochal import SummaryWriter

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
NAVIGATIONS = 5
RECORDS = 30
# (The page's policy forbids the evaluation of strings, which waiting for a condition needs: hence bypass_csp.)
# Notes when anything was last stroked on a canvas, in milliseconds since the epoch.
WATCH_STROKES = """
window.lastStroke = 0;
const stroke = CanvasRenderingContext2D.prototype.stroke;
CanvasRenderingContext2D.prototype.stroke = function (...rest) {
  window.lastStroke = performance.timeOrigin + performance.now();
  return stroke.apply(this, rest);
};
"""


def measure_first_chart(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds from navigation to the first chart, and KiB of JavaScript over the wire until then."""
    page = browser.new_context(viewport=VIEWPORT, bypass_csp=True).new_page()
    page.goto(url)
    page.wait_for_function("performance.getEntriesByName('epochal:first-chart').length > 0", timeout=60_000)
    millis, size = page.evaluate(
        """() => {
          const first = performance.getEntriesByName('epochal:first-chart')[0].startTime;
          const scripts = performance.getEntriesByType('resource')
            .filter((entry) => /\\.js$/.test(entry.name) && entry.startTime < first);
          return [first, scripts.reduce((sum, entry) => sum + entry.encodedBodySize, 0)];
        }"""
    )
    page.context.close()
    return millis / 1000, size / 1024


def measure_latencies(browser: Browser, folder: Path) -> list[float]:
    """Seconds from a flushed record to the first stroke after it, for RECORDS records."""
    latencies = []
    writer = SummaryWriter(str(folder / "run"))
    for step in range(100):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.flush()
    with serving(folder) as url:
        page = browser.new_context(viewport=VIEWPORT, bypass_csp=True).new_page()
        page.add_init_script(WATCH_STROKES)
        page.goto(url)
        page.wait_for_function("window.lastStroke > 0", timeout=60_000)
        for step in range(100, 100 + RECORDS):
            time.sleep(0.5)
            writer.add_scalar("loss", 1 / (step + 1), step)
            writer.flush()
            written = time.time() * 1000
            page.wait_for_function("written => window.lastStroke > written", arg=written, timeout=10_000)
            latencies.append((page.evaluate("window.lastStroke") - written) / 1000)
        page.context.close()
    writer.close()
    return latencies


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("bench_ui needs Debian's chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        subprocess.run([sys.executable, "make_logs.py", "--preset", "wide", str(folder / "wide")], check=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with serving(folder / "wide") as url:
            measured = [measure_first_chart(browser, url) for _ in range(NAVIGATIONS)]
        secs = statistics.median(secs for secs, _ in measured)
        print_row(at_most(0.8, "first chart after navigation, 100 runs × 50 tags", secs, "s"))
        print_row(at_most(140, "JavaScript over the wire until the first chart", measured[0][1], "KiB"))
        latencies = sorted(measure_latencies(browser, folder / "live"))
        note = f"median {statistics.median(latencies):.3f} s"
        print_row(at_most(0.4, "record written → pixels, p95", latencies[int(0.95 * len(latencies))], "s", note))
        browser.close()


if __name__ == "__main__":
    main()
