"""Names that break software which takes names for paths, HTML, URLs or printf formats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from e2e_logs import HARD_NAMES, HARD_RUNS
from looking import card, run_box, run_colour, run_row, wait_for_pixels, wait_until
from playwright.sync_api import Page, expect

Open = Callable[..., Page]


def short(name: str) -> str:
    return name[:20].encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize("page_name", ["scalars", "images", "histograms", "distributions"])
def test_every_tag_has_its_card(hard_names: str, open_page: Open, page_name: str) -> None:
    page = open_page(f"{hard_names}#/{page_name}", height=4000)
    for name in HARD_NAMES:
        expect(card(page, name), short(name)).to_have_count(1)
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440, (
        "long names are cut, not the page stretched"
    )
    if page_name == "images":
        for name in HARD_NAMES:
            image = card(page, name).get_by_role("img")
            wait_until(
                page, lambda i=image: i.evaluate("image => image.naturalWidth") == 8, f"image of {short(name)}"
            )
    if page_name == "scalars":
        for name in HARD_NAMES:
            wait_for_pixels(page, card(page, name), run_colour(page, "tags"))


def test_every_text_can_be_read(hard_names: str, open_page: Open) -> None:
    page = open_page(f"{hard_names}#/text")
    options = page.get_by_role("option")
    expect(options).to_have_count(len(HARD_NAMES))
    seen = set()
    for option in options.all():
        option.click()
        page.wait_for_timeout(60)
        expect(page.get_by_role("article")).to_contain_text("text ")
        seen.add(page.get_by_role("article").locator("h2").text_content())
    assert seen == set(HARD_NAMES)
    assert page.evaluate("window.attacked") is None


def test_every_run_can_be_unchecked_and_shared(hard_names: str, open_page: Open) -> None:
    page = open_page(hard_names)
    for name in HARD_RUNS:
        expect(run_box(page, name), short(name)).to_have_attribute("aria-checked", "true")
        run_row(page, name).locator(".check").click()
        expect(run_box(page, name), short(name)).to_have_attribute("aria-checked", "false")
    page.wait_for_timeout(400)
    page.reload()
    for name in HARD_RUNS:
        expect(run_box(page, name), short(name)).to_have_attribute("aria-checked", "false")
    expect(run_box(page, "tags")).to_have_attribute("aria-checked", "true")


def test_pins_survive_the_address(hard_names: str, open_page: Open) -> None:
    page = open_page(hard_names, height=4000)
    for name in HARD_NAMES:
        chart = card(page, name).last  # the first one, once it is pinned, is above it
        chart.hover()
        chart.get_by_role("button", name="Pin to the top").click()
    page.wait_for_timeout(400)
    page.reload()
    section = page.get_by_role("main").locator("section").first
    expect(section.get_by_role("heading", level=2)).to_contain_text("Pinned")
    expect(section.locator("h3")).to_have_text(HARD_NAMES)
