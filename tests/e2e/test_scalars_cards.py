"""Cards of the scalars page: groups, titles, zoom by every means, full window, what a card says without lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from e2e_logs import START
from e2e_server import Server
from looking import (
    canvas_of,
    card,
    drag,
    find_pixels,
    hover,
    picture_of,
    run_colour,
    run_row,
    tooltip,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect

from epochal import SummaryWriter

PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]
Serve = Callable[..., Server]


def group_button(page: Page, title: str) -> Locator:
    """The heading of a group, which folds it."""
    return page.get_by_role("main").get_by_role("button", name=re.compile(rf"^{title} \d+$"))


def step_under(page: Page, chart: Locator, x: float) -> int:
    """Step of the nearest point at a column of the canvas."""
    page.mouse.move(1, 1)
    hover(chart, x, 60)
    text = tooltip(page).locator(".head").inner_text()
    found = re.search(r"step ([\d,]+)", text)
    assert found, text
    return int(found[1].replace(",", ""))


def zoom_in(page: Page, chart: Locator) -> None:
    box = canvas_of(chart).bounding_box()
    assert box
    drag(chart, (box["width"] * 0.4, 60), (box["width"] * 0.6, 61))
    expect(chart.get_by_text("zoomed")).to_be_visible()
    page.mouse.move(1, 1)


def test_groups_fold_and_stay_folded(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    button = group_button(page, "shape")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_contain_text("4")
    expect(card(page, "shape/line")).to_be_visible()
    button.click()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(card(page, "shape/line")).to_have_count(0)
    expect(card(page, "many/spike")).to_be_visible()
    page.wait_for_timeout(400)
    page.reload()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(card(page, "shape/line")).to_have_count(0)
    button.press("Enter")
    expect(card(page, "shape/line")).to_be_visible()


def test_titles_are_the_whole_tag(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    heading = card(page, "shape/zigzag").get_by_role("heading", level=3)
    expect(heading).to_have_accessible_name("shape/zigzag")
    heading.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("shape/zigzag")


def test_four_ways_to_show_everything(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    whole = wait_for_rest(page, chart)

    def by_menu() -> None:
        chart.hover()
        chart.get_by_role("button", name="More for shape/line").click()
        page.get_by_role("menuitem", name="Show everything").click()

    def by_key() -> None:
        chart.focus()
        page.keyboard.press("0")

    def by_badge() -> None:
        chart.get_by_text("zoomed").click()

    def by_double_click() -> None:
        box = canvas_of(chart).bounding_box()
        assert box
        page.mouse.dblclick(box["x"] + 200, box["y"] + 60)

    for show in (by_menu, by_key, by_badge, by_double_click):
        zoom_in(page, chart)
        wait_until(page, lambda: picture_of(chart) != whole, "another window")
        show()
        expect(chart.get_by_text("zoomed"), show.__name__).to_have_count(0)
        page.mouse.move(1, 1)
        page.evaluate("document.activeElement.blur()")
        wait_until(page, lambda: picture_of(chart) == whole, f"everything {show.__name__}")


def test_wheel_zooms_with_control_only(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN, height=600)
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    scroller = page.locator(".scroller")
    hover(chart, 200, 60)
    page.mouse.wheel(0, 120)
    wait_until(page, lambda: scroller.evaluate("element => element.scrollTop") > 0, "the page scrolls")
    expect(chart.get_by_text("zoomed")).to_have_count(0)
    canvas_of(chart).scroll_into_view_if_needed()
    at = scroller.evaluate("element => element.scrollTop")
    hover(chart, 200, 60)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    expect(chart.get_by_text("zoomed")).to_be_visible()
    assert scroller.evaluate("element => element.scrollTop") == at


def test_two_fingers_zoom(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN, width=390, height=700)
    chart = card(page, "shape/line")
    canvas_of(chart).scroll_into_view_if_needed()
    whole = wait_for_rest(page, chart)
    box = canvas_of(chart).bounding_box()
    assert box
    fingers = page.context.new_cdp_session(page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    middle, y = box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2

    def touch(kind: str, *apart: float) -> None:
        points = [{"x": middle + way * each, "y": y, "id": way} for each in apart for way in (-1, 1)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": middle - 20, "y": y, "id": -1}]}
    )
    touch("touchStart", 20)
    for apart in (30, 40, 50, 60):
        touch("touchMove", apart)
    touch("touchEnd")
    expect(chart.get_by_text("zoomed")).to_be_visible()
    assert wait_for_rest(page, chart) != whole


def test_shift_and_drag_pans(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    zoom_in(page, chart)
    box = canvas_of(chart).bounding_box()
    assert box
    before = step_under(page, chart, box["width"] / 2)
    page.keyboard.down("Shift")
    drag(chart, (box["width"] * 0.7, 80), (box["width"] * 0.4, 80))
    page.keyboard.up("Shift")
    wait_until(page, lambda: step_under(page, chart, box["width"] / 2) > before, "later steps")
    # The middle button does the same, the other way.
    moved = step_under(page, chart, box["width"] / 2)
    hover(chart, box["width"] * 0.4, 80)
    page.mouse.down(button="middle")
    hover(chart, box["width"] * 0.55, 80)
    hover(chart, box["width"] * 0.7, 80)
    page.mouse.up(button="middle")
    wait_until(page, lambda: step_under(page, chart, box["width"] / 2) < moved, "earlier steps")


def test_a_card_fills_the_window(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    chart.hover()
    chart.get_by_role("button", name="Fill the window").click()
    wait_until(page, lambda: chart.bounding_box()["width"] > 1300, "a large card")  # type: ignore[index]
    # The legend names the runs where there is room for it.
    expect(chart.get_by_role("listitem").filter(has_text="ramp")).to_be_visible()
    wait_until(page, lambda: canvas_of(chart).bounding_box()["height"] > 500, "a large chart")  # type: ignore[index]
    page.keyboard.press("Escape")
    wait_until(page, lambda: chart.bounding_box()["width"] < 800, "its size again")  # type: ignore[index]
    chart.focus()
    page.keyboard.press("f")
    wait_until(page, lambda: chart.bounding_box()["width"] > 1300, "a large card")  # type: ignore[index]
    # The keys are the card's on its buttons, too, which say them; not in its menu.
    chart.get_by_role("button", name="Back to its size").focus()
    page.keyboard.press("f")
    wait_until(page, lambda: chart.bounding_box()["width"] < 800, "its size again")  # type: ignore[index]
    chart.get_by_role("button", name="More for shape/line").press("Enter")
    expect(page.get_by_role("menuitem", name="Pin to the top")).to_be_visible()
    page.keyboard.press("f")
    page.wait_for_timeout(200)
    assert chart.bounding_box()["width"] < 800  # type: ignore[index]


def test_a_card_without_checked_runs_says_so(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/broken")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    run_row(page, "ramp").locator(".check").click()
    expect(chart).to_contain_text("None of the checked runs has this tag.")
    run_row(page, "ramp").locator(".check").click()
    wait_for_pixels(page, chart, run_colour(page, "ramp"))


def test_the_description_is_shown(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    about = "cross entropy in nats"
    with SummaryWriter(tmp_path / "one") as writer:
        for step in range(3):
            writer.add_scalar("loss", 1 - step / 3, step, START + step, summary_description=about)
    page = open_page(serve(tmp_path).url)
    card(page, "loss").get_by_role("heading", level=3).hover()
    expect(page.get_by_role("tooltip")).to_contain_text(about)


def test_a_zoom_survives_a_run_that_is_unchecked(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    flat = run_colour(page, "flat")
    wait_for_pixels(page, chart, flat)
    zoom_in(page, chart)
    run_row(page, "flat").locator(".check").click()
    wait_until(page, lambda: not find_pixels(chart, flat), "the line goes")
    expect(chart.get_by_text("zoomed")).to_be_visible()
    page.wait_for_timeout(400)
    page.reload()
    expect(chart.get_by_text("zoomed")).to_be_visible()


def test_a_card_that_hovers_before_it_is_dropped_is_drawn_there(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    source, target = card(page, "shape/decay"), card(page, "shape/broken")
    wait_for_pixels(page, target, run_colour(page, "ramp"))
    wait_for_rest(page, source)
    grip, box = source.locator("h3").bounding_box(), target.bounding_box()
    assert grip
    assert box
    page.mouse.move(grip["x"] + 20, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    # A hand rests where it means to let go: the sign that says what will happen must not be in the way.
    for share in (0.3, 0.45, 0.5):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * share, steps=4)
        page.wait_for_timeout(60)
    expect(page.get_by_text("Overlay", exact=True)).to_be_visible()
    page.mouse.up()
    page.wait_for_url(re.compile("over=shape/broken~shape/decay"))
