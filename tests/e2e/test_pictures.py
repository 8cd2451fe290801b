"""Every page looks as in its committed picture. `UPDATE_PICTURES=1` writes them anew: then look at them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_logs import START
from looking import card, wait_for_rest
from PIL import Image, ImageChops
from playwright.sync_api import Page

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
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_timeout(600)
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    committed = PICTURES / f"{name}-{theme}.png"
    if os.environ.get("UPDATE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        taken.save(committed, optimize=True)
    share = differing_share(taken, Image.open(committed).convert("RGB"))
    if share > MOST_DIFFERING_SHARE:
        taken.save(tmp_path / committed.name)
    assert share <= MOST_DIFFERING_SHARE, (
        f"{share:.1%} differ from {committed.name}; see {tmp_path / committed.name}"
    )


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
