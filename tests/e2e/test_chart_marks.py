"""What a chart draws besides lines: scales, outliers, last values, the step cursor, and all of it as SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from e2e_server import serve_shared
from looking import (
    Pixels,
    canvas_of,
    card,
    drag,
    hover,
    run_box,
    run_colour,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect

from epochal import SummaryWriter

Open = Callable[..., Page]


def write_marks(logdir: Path) -> None:
    """`power` is its step; `signed` runs from -10,000 over 0 to 10,000 by decades; `spiky` has two far values.

    `apart` has one level line for each of three runs.
    """
    with SummaryWriter(logdir / "run") as writer:
        for step in range(1, 1001):
            writer.add_scalar("power", float(step), step)
            half = (step - 500) / 125
            writer.add_scalar("signed", math.copysign(10 ** abs(half) - 1, half), step)
            spike = {300: 1e6, 700: -1e6}.get(step)
            writer.add_scalar("spiky", spike if spike is not None else math.sin(step / 20), step)
            writer.add_scalar("flat", 0.0625, step)
    for run, value in (("run", 1.0), ("other", 2.0), ("third", 3.0)):
        with SummaryWriter(logdir / run) as writer:
            for step in (1, 1000):
                writer.add_scalar("apart", value, step)


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_marks, tmp_path_factory.mktemp("marks") / "logs")


def chart(page: Page, tag: str) -> tuple[Locator, Pixels]:
    """A card and its line, at rest."""
    shown = card(page, tag)
    wait_for_pixels(page, shown, run_colour(page, "run"))
    wait_for_rest(page, shown)
    return shown, wait_for_pixels(page, shown, run_colour(page, "run"))


def height_at(line: Pixels, share: float) -> float:
    """How high a line stands that share of its way from left to right: 0 its lowest, 1 its highest point."""
    rows = [y for _, y in line.points]
    row = line.row_at(line.left + (line.right - line.left) * share)
    return (max(rows) - row) / (max(rows) - min(rows))


@pytest.mark.parametrize(
    ("scales", "expected"),
    [("", 0.5), ("&xs=log", 0.032), ("&y=log", 0.9), ("&xs=log&y=log", 0.5)],
)
def test_scales_of_both_axes(marks: str, open_page: Open, scales: str, expected: float) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none{scales}")
    _, line = chart(page, "power")
    assert height_at(line, 0.5) == pytest.approx(expected, abs=0.04)


def test_symlog_shows_small_values_on_both_sides_of_zero(marks: str, open_page: Open) -> None:
    _, linear = chart(open_page(f"{marks}#/scalars?smooth=none"), "signed")
    assert height_at(linear, 0.25) == pytest.approx(0.5, abs=0.05)  # -99 of 10,000
    _, symlog = chart(open_page(f"{marks}#/scalars?smooth=none&y=symlog"), "signed")
    assert height_at(symlog, 0.25) < 0.35
    assert height_at(symlog, 0.75) > 0.65
    assert height_at(symlog, 0.5) == pytest.approx(0.5, abs=0.1)


def test_outliers_are_left_out_of_the_axis_and_counted(marks: str, open_page: Open) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none")
    shown, line = chart(page, "spiky")
    assert abs(height_at(line, 0.5) - 0.5) < 0.05  # a flat line between two spikes
    expect(shown.get_by_text("outside")).to_have_count(0)
    page = open_page(f"{marks}#/scalars?smooth=none&out=1")
    shown, line = chart(page, "spiky")
    crests = {round(height_at(line, share / 200), 1) for share in range(5, 195)}
    assert len(crests) > 6  # the wave fills the axis
    expect(shown.get_by_text(re.compile("2 outside"))).to_be_visible()


def test_the_last_value_stands_beside_the_line(marks: str, open_page: Open) -> None:
    def rows_at_the_end(line: Pixels) -> float:
        end = [y for x, y in line.points if x > line.right - 20]
        return max(end) - min(end)

    _, plain = chart(open_page(f"{marks}#/scalars?smooth=none"), "flat")
    _, labelled = chart(open_page(f"{marks}#/scalars?smooth=none&last=1"), "flat")
    assert rows_at_the_end(plain) < 6  # a line and its dot
    assert rows_at_the_end(labelled) >= 7  # digits


def axis_strip(shown: Locator) -> float:
    """Height of the x axis' labels on the canvas."""
    box = canvas_of(shown).bounding_box()
    assert box
    return box["height"] - 8


def test_the_step_cursor_is_set_on_the_axis(marks: str, open_page: Open) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none")
    shown, line = chart(page, "power")
    middle = line.left + (line.right - line.left) / 2
    hover(shown, middle, axis_strip(shown))
    page.mouse.down()
    page.mouse.up()
    cursor = shown.get_by_role("slider", name="Step cursor")
    expect(cursor).to_have_attribute("aria-valuetext", re.compile("^(49|50)\\d$"))
    expect(page).to_have_url(re.compile("step=(49|50)\\d"))
    other = card(page, "flat").get_by_role("slider", name="Step cursor")
    expect(other).to_have_count(1)

    before = int(cursor.get_attribute("aria-valuenow") or 0)
    cursor.focus()
    page.keyboard.press("ArrowRight")
    expect(cursor).to_have_attribute("aria-valuetext", str(before + 1))
    page.keyboard.press("Home")
    expect(cursor).to_have_attribute("aria-valuetext", "1")
    page.keyboard.press("Delete")
    expect(cursor).to_have_count(0)
    wait_until(page, lambda: "step=" not in page.url, "an address without a step")


def test_a_range_is_dragged_along_the_axis(marks: str, open_page: Open) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none")
    shown, line = chart(page, "power")
    width = line.right - line.left
    start, end = line.left + 0.2 * width, line.left + 0.6 * width
    drag(shown, (start, axis_strip(shown)), (end, axis_strip(shown)))
    low = shown.get_by_role("slider", name="Step cursor")
    high = shown.get_by_role("slider", name="End of the range")
    assert int(low.get_attribute("aria-valuenow") or 0) == pytest.approx(200, abs=8)
    assert int(high.get_attribute("aria-valuenow") or 0) == pytest.approx(600, abs=8)
    # the fob follows the pointer
    box = high.bounding_box()
    assert box
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + 0.1 * width, box["y"] + 8, steps=3)
    page.mouse.up()
    moved = "the fob further right"
    wait_until(page, lambda: abs(int(high.get_attribute("aria-valuenow") or 0) - 700) < 12, moved)


def test_the_keyboard_sets_the_step_cursor_in_a_chart(marks: str, open_page: Open) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none")
    shown, _ = chart(page, "power")
    shown.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("s")
    cursor = shown.get_by_role("slider", name="Step cursor")
    expect(cursor).to_have_attribute("aria-valuetext", "1,000")


def test_runs_are_picked_by_dragging_over_their_lines(marks: str, open_page: Open) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none")
    shown, low = chart(page, "apart")
    high = wait_for_pixels(page, shown, run_colour(page, "other"))
    middle = (low.left + low.right) / 2
    page.keyboard.down("Alt")
    drag(shown, (middle, low.row_at(middle) + 4), (middle + 20, high.row_at(middle) - 4))
    page.keyboard.up("Alt")
    expect(run_box(page, "third")).not_to_be_checked()
    expect(run_box(page, "run")).to_be_checked()
    expect(run_box(page, "other")).to_be_checked()
    assert "zoom" not in page.url


def test_svg_stands_alone(marks: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"{marks}#/scalars?smooth=none&last=1&step=200..400")
    shown, _ = chart(page, "flat")
    shown.hover()
    shown.get_by_role("button", name="More for flat").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download SVG").click()
    path = tmp_path / "flat.svg"
    download.value.save_as(path)
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = path.read_text(encoding="utf-8")
    assert "data:font/woff2;base64," in text
    # nothing is fetched from anywhere
    assert re.findall(r"https?://[^\"' )]+", text) == ["http://www.w3.org/2000/svg"]
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"flat", "run", "0.06250", "200", "400"} <= set(words)
    assert any(element.get("stroke") for element in root.iter("{http://www.w3.org/2000/svg}path"))

    # the browser draws the same line as on the canvas
    picture = page.context.new_page()
    picture.goto(path.as_uri())
    assert picture.evaluate("document.documentElement.getBoundingClientRect().width") > 200
    assert picture.evaluate("[...document.querySelectorAll('path')].some((each) => each.getBBox().width > 100)")
    picture.close()
