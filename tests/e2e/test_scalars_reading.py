"""Reading values: the tooltip, the step that all pages share, numbers over a range, lines of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from e2e_scalars_logs import write_crowd
from e2e_server import Server, serve_shared
from looking import card, hover, run_colour, tooltip, wait_for_pixels, wait_for_rest, wait_until
from playwright.sync_api import Page, expect

PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]
Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """100 runs of four tags; no test changes them."""
    yield from serve_shared(lambda folder: write_crowd(folder, 100, 4, 50), tmp_path_factory.mktemp("crowd"))


def test_the_nearest_line_is_bold(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    for run in ("ramp", "flat"):
        line = wait_for_pixels(page, chart, run_colour(page, run))
        at = line.left + (line.right - line.left) * 0.7
        hover(chart, at, line.row_at(at))
        wait_until(
            page,
            lambda run=run: tooltip(page).locator("tr.strong .label").all_inner_texts() == [run],
            f"{run} in bold",
        )
        page.mouse.move(1, 1)


@pytest.mark.parametrize("width", [1440, 390])
def test_tooltip_stays_in_the_window_with_many_lines(crowd: str, open_page: Open, width: int) -> None:
    page = open_page(crowd + PLAIN, width=width, height=700)
    chart = page.get_by_role("article").first
    wait_for_rest(page, chart)
    box = chart.locator("canvas").first.bounding_box()
    assert box
    for x in (0.2, 0.55, 0.98):
        for y in (0.1, 0.9):
            hover(chart, box["width"] * x, box["height"] * y)
            tip = tooltip(page).bounding_box()
            assert tip
            assert tip["x"] >= 0, (x, y)
            assert tip["y"] >= 0, (x, y)
            assert tip["x"] + tip["width"] <= width, (x, y)
            assert tip["y"] + tip["height"] <= 700, (x, y)
    # Not a hundred rows, and the rest is counted.
    rows = tooltip(page).locator("tbody tr").count()
    assert 3 <= rows <= 30
    expect(tooltip(page)).to_contain_text(f"{100 - rows}")


def test_the_step_is_dragged_along_the_axis(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN + "&step=20")
    chart = card(page, "shape/line")
    line = wait_for_pixels(page, chart, run_colour(page, "ramp"))
    wait_for_rest(page, chart)
    fob = chart.get_by_role("slider", name="Step cursor")
    expect(fob).to_have_attribute("aria-valuetext", "20")
    box = fob.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # 100 steps over the width of the line: a quarter of it is 25 steps.
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (line.right - 2 - line.left) / 4, y, steps=5)
    page.mouse.up()
    expect(fob).to_have_attribute("aria-valuetext", re.compile("^4[456]$"))
    # Every chart has it, and so has the address.
    expect(card(page, "shape/zigzag").get_by_role("slider", name="Step cursor")).to_have_attribute(
        "aria-valuetext", re.compile("^4[456]$")
    )
    page.wait_for_url(re.compile("step=4[456]"))
