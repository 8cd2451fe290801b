"""What bench_ui.py has a page do, and how it is timed from inside: gestures, answers, drawings.

A script in the page (`WATCH`) counts what is on its way (requests, pictures that workers owe) and notes
when the picture that a canvas shows was asked for. A page has settled when nothing is on its way for some frames.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make_logs import make_run
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

# (The page's policy forbids the evaluation of strings, which waiting for a condition needs: hence bypass_csp.)
WATCH = """
window.watch = { requests: 0, pictures: 0, bitmaps: 0, asked: new Map(), shown: new WeakMap() };
const send = window.fetch;
window.fetch = async (...rest) => {
  watch.requests += 1;
  try { return await send(...rest); } finally { setTimeout(() => { watch.requests -= 1; }); }
};
if (window.Worker) {
  const RealWorker = window.Worker;
  window.Worker = class extends RealWorker {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data }) => {
        if (data.do !== "drawn") return;
        watch.pictures -= 1;
        if (data.bitmap) data.bitmap.asked = watch.asked.get(data.layer);
      });
    }
    postMessage(message, ...rest) {
      if (message.do === "draw") {
        watch.pictures += 1;
        watch.asked.set(message.layer, performance.now());
      }
      return super.postMessage(message, ...rest);
    }
  };
}
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (source, ...rest) {
  watch.shown.set(this.canvas, source.asked ?? performance.now());
  if (source instanceof ImageBitmap) watch.bitmaps += 1;
  return drawImage.call(this, source, ...rest);
};
window.frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
/** The drawings that can be seen. */
window.shownCanvases = () => {
  const all = [...document.querySelectorAll("[data-card] .plot canvas:first-of-type")];
  return all.filter((canvas) => {
    const { top, bottom } = canvas.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
};
/** Whether all drawings that can be seen show pictures that were asked for since then. */
window.isShownSince = (start) => shownCanvases().every((canvas) => (watch.shown.get(canvas) ?? 0) >= start);
/** When nothing is on its way, and has not been for `quiet` frames; at most 60 s. */
window.settled = async (quiet = 2) => {
  const end = performance.now() + 60000;
  for (let calm = 0; calm < quiet && performance.now() < end; ) {
    await frame();
    calm = watch.requests === 0 && watch.pictures === 0 ? calm + 1 : 0;
  }
};
"""

# Zooms the first chart with Ctrl and the wheel, one turn of it in each of `frames` frames, in and out again.
# Returns the frames' times, and how long after the last turn all charts showed pictures that were asked for since.
ZOOM = """
async (frames) => {
  const plots = document.querySelectorAll("[data-card] .plot canvas:last-of-type");
  const { left, top, width, height } = plots[0].getBoundingClientRect();
  const where = { clientX: left + width * 0.6, clientY: top + height / 2 };
  const at = { ...where, ctrlKey: true, bubbles: true, cancelable: true };
  const times = [await frame()];
  let last = 0;
  for (let turn = 0; turn < frames; turn++) {
    last = performance.now();
    plots[0].dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: turn < frames * 0.6 ? -24 : 24 }));
    times.push(await frame());
  }
  do await frame(); while (!isShownSince(last) && performance.now() < last + 30000);
  return { times, exact: performance.now() - last, bitmaps: watch.bitmaps };
}
"""

# Clicks an element and waits until every chart in sight shows a picture that was asked for since; milliseconds.
CLICK = """
async (element) => {
  const start = performance.now();
  element.click();
  do await frame(); while (!isShownSince(start) && performance.now() < start + 30000);
  return performance.now() - start;
}
"""

# Types one letter into a field and waits for the frame that shows what it does; milliseconds.
TYPE = """
async (field) => {
  const start = performance.now();
  field.focus();
  document.execCommand("insertText", false, "7");
  await frame();
  await frame();
  return performance.now() - start;
}
"""

SCROLL = """
async ([frames, px]) => {
  const all = [...document.querySelectorAll("main *")];
  const scroller = all.find((each) => each.scrollHeight > each.clientHeight + 2000);
  const times = [await frame()];
  for (let i = 0; i < frames; i++) {
    scroller.scrollTop += px;
    times.push(await frame());
  }
  return times;
}
"""


@dataclass(frozen=True)
class Zoomed:
    """A gesture over `frames` frames."""

    script_ms: float  # of the main thread, per frame
    task_ms: float  # all of the main thread's work, per frame
    frame_ms: float  # mean time between frames
    exact_ms: float  # from the last turn of the wheel until all charts were exact
    bitmaps: int  # pictures that came from the worker


def make_logs(folder: Path, runs: int, tags: int, steps: int) -> None:
    """Runs whose tags all stand in one section, `loss/000` and so on."""
    for run in range(runs):
        make_run(folder / f"run{run:05d}", run, tags, steps, name="loss/{:03d}".format)


def open_page(
    browser: Browser, url: str, size: ViewportSize, *, worker: bool = True, card_size: str = "s"
) -> Page:
    """A page in a fresh profile, once its charts are drawn and nothing is on its way."""
    page = browser.new_context(viewport=size, bypass_csp=True).new_page()
    page.set_default_timeout(120_000)
    if not worker:
        page.add_init_script("delete window.Worker;")
    page.add_init_script(WATCH)
    prefs = json.dumps({"version": 1, "cardSize": card_size})
    page.add_init_script(f"localStorage.setItem('epochal.prefs', {json.dumps(prefs)})")
    page.goto(url)
    page.wait_for_function("performance.getEntriesByName('epochal:first-chart').length > 0", timeout=120_000)
    page.evaluate("settled(10)")
    return page


def _metrics(session: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def measure_zoom(page: Page, frames: int) -> Zoomed:
    """Zoom all charts together (`link=1` in the address)."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(ZOOM, frames // 4)  # the code is compiled, the worker runs
    page.evaluate("settled(30)")
    before = _metrics(session)
    result: dict[str, Any] = page.evaluate(ZOOM, frames)
    after = _metrics(session)
    times = result["times"]

    def spent(name: str) -> float:
        return 1000 * (after[name] - before[name]) / len(times)

    script = spent("ScriptDuration") + spent("LayoutDuration") + spent("RecalcStyleDuration")
    between = (times[-1] - times[0]) / (len(times) - 1)
    return Zoomed(script, spent("TaskDuration"), between, result["exact"], result["bitmaps"])


def measure_scroll(page: Page, frames: int, px: int) -> float:
    """Frames per second while the page scrolls by `px` in each frame."""
    times: list[float] = page.evaluate(SCROLL, [frames, px])
    return 1000 * (len(times) - 1) / (times[-1] - times[0])


def measure_memory(page: Page) -> tuple[float, float]:
    """MiB after a full collection: the script's heap, and the tab's process' anonymous memory (pictures too)."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        time.sleep(0.3)
    session.send("Performance.enable")
    heap = _metrics(session)["JSHeapUsedSize"] / 2**20
    session.detach()
    assert page.context.browser is not None
    whole = page.context.browser.new_browser_cdp_session()
    processes = whole.send("SystemInfo.getProcessInfo")["processInfo"]
    whole.detach()
    renderers = [each["id"] for each in processes if each["type"] == "renderer"]
    return heap, max(_anonymous_mib(pid) for pid in renderers)


def _anonymous_mib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # not Linux
        return math.nan
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon:")), math.nan)
