"""Charts of many lines: a worker draws them, and they look as the canvas would draw them."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from e2e_server import start_server
from looking import canvas_of, card, hover, run_box, run_colour, wait_for_pixels, wait_for_rest, wait_until
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from epochal import SummaryWriter

Open = Callable[..., Page]
PLAIN = "#/scalars?smooth=none"
RUNS = 40

# Counts the bitmaps that come onto canvases: only a worker makes any.
COUNT_BITMAPS = """
window.bitmaps = 0;
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (source, ...rest) {
  if (source instanceof ImageBitmap) window.bitmaps += 1;
  return drawImage.call(this, source, ...rest);
};
"""


def write_crowd(logdir: Path, runs: int = RUNS) -> None:
    """`runs` runs of 300 steps: smooth curves, noisy ones, and a gap; `few` in three of them."""
    generator = np.random.default_rng(5)
    for run in range(runs):
        with SummaryWriter(str(logdir / f"run{run:03d}")) as writer:
            noise = generator.normal(0, 0.02, 300)
            for step in range(300):
                base = math.exp(-step / (60 + 4 * run)) + run / 100
                writer.add_scalar("smooth", base, step)
                writer.add_scalar("noisy", base + noise[step], step)
                writer.add_scalar("gap", math.nan if 100 <= step < 120 else base, step)
                if run < 3:
                    writer.add_scalar("few", base, step)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("crowd")
    write_crowd(folder)
    server = start_server(folder)
    yield server.url
    server.stop()


def open_counting(open_page: Open, url: str) -> Page:
    page = open_page("about:blank")
    page.add_init_script(COUNT_BITMAPS)
    page.goto(url)
    return page


def line_workers(page: Page) -> list[str]:
    return [worker.url for worker in page.workers if "line_worker" in worker.url]


def picture(page: Page, title: str) -> NDArray[np.float64]:
    """The card's drawing on white, 0…1: float64[height, width, 3]."""
    data = wait_for_rest(page, card(page, title)).split(",", 1)[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"), np.float64) / 255
    return pixels[..., :3] * pixels[..., 3:] + 1 - pixels[..., 3:]


def blocks(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of 6 × 6 pixels: what an eye sees from a little further away."""
    height, width = pixels.shape[0] // 6 * 6, pixels.shape[1] // 6 * 6
    return pixels[:height, :width].reshape(height // 6, 6, width // 6, 6, 3).mean(axis=(1, 3))


def test_many_lines_are_drawn_in_a_worker_and_few_are_not(crowd: str, open_page: Open) -> None:
    page = open_counting(open_page, crowd + "#/scalars?smooth=none&tags=few")
    wait_for_pixels(page, card(page, "few"), run_colour(page, "run000"))
    assert line_workers(page) == []
    assert page.evaluate("window.bitmaps") == 0
    page = open_counting(open_page, crowd + PLAIN)
    canvas_of(card(page, "smooth")).wait_for()
    wait_until(page, lambda: line_workers(page), "a worker")
    # what is on the screen when the worker starts may have been drawn without it; a change never is
    hover(card(page, "smooth"), 120, 80)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    wait_until(page, lambda: page.evaluate("window.bitmaps") > 0, "a bitmap on a canvas")
    assert len(line_workers(page)) <= 2


@pytest.mark.parametrize("title", ["smooth", "noisy", "gap"])
def test_the_worker_draws_what_the_canvas_would(crowd: str, open_page: Open, browser: Browser, title: str) -> None:
    url = crowd + PLAIN + f"&tags={title}"
    page = open_counting(open_page, url)
    wait_for_pixels(page, card(page, title), run_colour(page, "run005"))
    wait_until(page, lambda: line_workers(page), "a worker")
    # drawn anew, by the worker
    run_box(page, "run000").click()
    wait_until(page, lambda: page.evaluate("window.bitmaps") > 0, "a bitmap on a canvas")
    ours = picture(page, title)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    plain = context.new_page()
    plain.add_init_script("delete window.Worker;")
    plain.goto(url)
    run_box(plain, "run000").click()
    wait_for_pixels(plain, card(plain, title), run_colour(plain, "run005"))
    assert line_workers(plain) == []
    theirs = picture(plain, title)
    context.close()
    assert ours.shape == theirs.shape
    inked = (theirs.min(axis=2) < 0.9) | (ours.min(axis=2) < 0.9)
    assert inked.mean() > 0.1
    # The canvas pales hairlines where their pieces meet, and blurs noise sideways: the same ink to a seventh, …
    assert (1 - ours).sum() == pytest.approx((1 - theirs).sum(), rel=0.15)
    # … in the same places and colours, pixel by pixel for the most part, and nowhere missing.
    assert np.abs(ours - theirs)[inked].mean() < 0.1
    assert np.abs(blocks(ours) - blocks(theirs)).max() < 0.15
    # A picture that lay a pixel lower would not pass for the same.
    assert np.abs(np.roll(ours, 1, axis=0) - theirs)[inked].mean() > 2.5 * np.abs(ours - theirs)[inked].mean()


def test_density_shows_how_many_and_the_run_under_the_pointer(crowd: str, open_page: Open) -> None:
    page = open_counting(open_page, crowd + PLAIN + "&dens=on&tags=smooth")
    shown = card(page, "smooth")
    canvas_of(shown).wait_for()
    wait_until(page, lambda: page.evaluate("window.bitmaps") > 0, "a bitmap on a canvas")
    heat = picture(page, "smooth")
    strength = 1 - heat.min(axis=2)
    # Shades of the accent, none of the runs' colours.
    colourful = (heat.max(axis=2) - heat.min(axis=2)) > 0.3
    assert colourful.sum() > 500
    assert (heat[colourful].argmax(axis=1) == 2).all()
    rows, columns = np.nonzero(strength > 0.5)
    hover(shown, float(np.median(columns)), float(np.median(rows)))
    overlay = shown.locator("canvas").nth(1)
    drawn = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    wait_until(page, lambda: overlay.evaluate(drawn) > 8, "the run under the pointer")
    assert np.array_equal(picture(page, "smooth"), heat)
