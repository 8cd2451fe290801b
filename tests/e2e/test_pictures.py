"""Every page looks as in its committed picture. `UPDATE_PICTURES=1` writes them anew: then look at them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_logs import START
from e2e_scalars_logs import write_crowd
from e2e_server import Server
from looking import card, picture_of, wait_for_rest, wait_until
from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect

PICTURES = Path(__file__).parent / "pictures"
PAGES = ("scalars", "images", "text", "histograms", "distributions")
# A pixel differs if a channel is further off than this; browsers differ in how they soften edges.
CHANNEL_TOLERANCE = 32
MOST_DIFFERING_SHARE = 0.01


def differing_share(one: Image.Image, other: Image.Image) -> float:
    """Share of pixels that differ, 0…1."""
    if one.size != other.size:
        return 1.0
    worst = Image.new("L", one.size)
    for channel in ImageChops.difference(one, other).split():
        worst = ImageChops.lighter(worst, channel)
    histogram = worst.histogram()
    return sum(histogram[CHANNEL_TOLERANCE + 1 :]) / (one.width * one.height)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page(gallery: str, open_page: Callable[..., Page], name: str, theme: str, tmp_path: Path) -> None:
    page = open_page(f"{gallery}#/{name}", width=1280, height=800, theme=theme, now=START + 3600)
    page.locator("main h1").wait_for(state="attached")
    if name == "text":
        page.get_by_role("option").filter(has_text="readme").filter(has_text="ramp").click()
        page.mouse.move(1, 1)
        page.get_by_role("heading", name="Notes on ramp").wait_for()
    elif name != "images":
        wait_for_rest(page, page.get_by_role("article").first)
    compare(page, f"{name}-{theme}.png", tmp_path)


@pytest.mark.parametrize("runs", [1, 10, 100, 1000])
def test_any_number_of_runs(
    serve: Callable[..., Server], open_page: Callable[..., Page], runs: int, tmp_path: Path
) -> None:
    logdir = tmp_path / "experiments" / "of-the-browser-tests" / f"{runs}-runs"
    write_crowd(logdir, runs, tags=9, points=120)
    for path in logdir.rglob("*"):
        os.utime(path, (START, START))
    url = serve(logdir).url
    for theme in ("light", "dark"):
        page = open_page(f"{url}#/scalars", width=1280, height=800, theme=theme, now=START + 3600)
        expect(page.get_by_label("Status")).to_contain_text(f"{runs:,} of {runs:,} runs", timeout=30_000)
        for index in range(4):
            chart = page.get_by_role("article").nth(index)
            expect(chart.locator("footer")).to_contain_text("between" if runs > 1 else "fell", timeout=30_000)
            wait_until(page, lambda chart=chart: is_drawn(chart), "a chart that is drawn", 30)
        wait_for_rest(page, page.get_by_role("article").first)
        compare(page, f"scalars-{runs}-runs-{theme}.png", tmp_path)


def is_drawn(chart: Locator) -> bool:
    """Whether there is more on the canvas than axes."""
    return len(picture_of(chart)) > 12_000


def compare(page: Page, name: str, failed: Path) -> None:
    """Compare what is shown with the committed picture; what differs is saved in the folder `failed`."""
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_timeout(600)
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    committed = PICTURES / name
    if os.environ.get("UPDATE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        taken.save(committed, optimize=True)
    share = differing_share(taken, Image.open(committed).convert("RGB"))
    if share > MOST_DIFFERING_SHARE:
        taken.save(failed / name)
    assert share <= MOST_DIFFERING_SHARE, f"{share:.1%} differ from {name}; see {failed / name}"


def test_a_change_is_noticed(gallery: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{gallery}#/scalars", width=1280, height=800, now=START + 3600)
    wait_for_rest(page, card(page, "group"))
    before = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.get_by_role("button", name="Options of all charts").click()
    page.get_by_role("radiogroup", name="Card size").get_by_text("XL").click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    after = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert differing_share(before, before) == 0
    assert differing_share(before, after) > MOST_DIFFERING_SHARE
