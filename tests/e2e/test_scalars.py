"""The scalars page: what is drawn stands where the values say, and the tooltip says what was logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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
    tooltip_values,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect

PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]


def test_lines_stand_where_the_values_say(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    ramp = wait_for_pixels(page, chart, run_colour(page, "ramp"))
    flat = wait_for_pixels(page, chart, run_colour(page, "flat"))
    # `ramp` goes straight from (0, 0) to (100, 100): it is the ruler. The dot at its end is left out of it.
    # An end that is a dot of 2.25 px reaches beyond the last step.
    left, right = ramp.left, ramp.right - 2
    low, high = ramp.row_at(left + 1), ramp.row_at(right - 1)
    for step in (20, 50, 80):
        expected = low + (high - low) * step / 100
        assert ramp.row_at(left + (right - left) * step / 100) == pytest.approx(expected, abs=2.5)
    # `flat` is 25 everywhere: a quarter of the way up, from end to end.
    for step in (10, 60, 90):
        assert flat.row_at(left + (right - left) * step / 100) == pytest.approx(low + (high - low) / 4, abs=2.5)
    assert flat.left == pytest.approx(left, abs=3)
    assert flat.right - 2 == pytest.approx(right, abs=3)


def test_tooltip_says_the_logged_step_and_values(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    ramp = wait_for_pixels(page, chart, run_colour(page, "ramp"))
    right = ramp.right - 2
    middle = ramp.left + (right - ramp.left) * 0.4
    hover(chart, middle, ramp.row_at(middle))
    expect(tooltip(page)).to_contain_text("step 40")
    assert tooltip_values(page) == {"ramp": ["40"], "flat": ["25"]}


def test_unchecking_a_run_removes_its_line(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/line")
    colour = run_colour(page, "ramp")
    wait_for_pixels(page, chart, colour)
    run_row(page, "ramp").locator(".check").click()
    wait_until(page, lambda: not find_pixels(chart, colour), "the line goes")
    assert find_pixels(chart, run_colour(page, "flat"))
    run_row(page, "ramp").locator(".check").click()
    wait_for_pixels(page, chart, colour)


def test_smoothing_changes_the_drawing_and_stays(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/zigzag")
    colour = run_colour(page, "ramp")
    raw = wait_for_pixels(page, chart, colour)
    field = page.get_by_role("textbox", name="Smooth, as a number")
    field.fill("0.95")
    field.press("Enter")
    page.wait_for_url("**smooth=0.95**")
    # ±1 in turn, smoothed at 0.95, stays within a tenth of zero but for the first few points; the raw line pales.
    middle = (raw.left + raw.right) / 2
    wait_until(page, lambda: raw.height > 3 * height_near(chart, colour, middle), "a calmer line")
    page.reload()
    wait_for_pixels(page, chart, colour)
    expect(field).to_have_value("0.95")
    hover(chart, middle, raw.row_at(middle))
    [smoothed, value] = tooltip_values(page)["ramp"]
    assert abs(float(smoothed.replace("−", "-"))) < 0.1
    assert value in ("1", "−1")


def height_near(chart: Locator, colour: tuple[int, int, int], column: float) -> float:
    rows = [y for x, y in find_pixels(chart, colour, coverage=0.8).points if abs(x - column) < 40]
    return max(rows) - min(rows) if rows else 0.0


def test_x_axis_by_time(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "many/spike")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    by_step = wait_for_rest(page, chart)
    page.get_by_role("radiogroup", name="X axis").get_by_text("Relative").click()
    page.wait_for_url("**x=relative**")
    wait_until(page, lambda: picture_of(chart) != by_step, "another axis")
    by_time = wait_for_rest(page, chart)
    # 20,000 points, a hundredth of a second apart: the middle is 1 m 40 s in.
    line = find_pixels(chart, run_colour(page, "ramp"))
    hover(chart, (line.left + line.right) / 2, 60)
    expect(tooltip(page)).to_contain_text("1 m 40 s")
    page.get_by_role("radiogroup", name="X axis").get_by_text("Wall").click()
    page.wait_for_url("**x=wall_time**")
    wait_until(page, lambda: picture_of(chart) != by_time, "another axis")
    page.mouse.move(1, 1)
    hover(chart, (line.left + line.right) / 2, 60)
    expect(tooltip(page)).to_contain_text("2023-11-14")


def test_log_axis_makes_a_decay_straight(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/decay")
    colour = run_colour(page, "ramp")
    wait_for_pixels(page, chart, colour)
    before = wait_for_rest(page, chart)
    page.get_by_role("radiogroup", name="Y axis").get_by_text("Log", exact=True).click()
    page.wait_for_url("**y=log**")
    wait_until(page, lambda: picture_of(chart) != before, "another axis")
    line = find_pixels(chart, colour)
    right = line.right - 2
    start, end = line.row_at(line.left + 1), line.row_at(right - 1)
    for share in (0.25, 0.5, 0.75):
        expected = start + (end - start) * share
        assert line.row_at(line.left + (right - line.left) * share) == pytest.approx(expected, abs=3)


def test_a_spike_in_many_points_is_drawn_and_zoom_asks_again(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "many/spike")
    colour = run_colour(page, "ramp")
    line = wait_for_pixels(page, chart, colour)
    whole = wait_for_rest(page, chart)
    box = canvas_of(chart).bounding_box()
    assert box
    assert line.height > box["height"] / 2, "one point of 20,000 reaches the top"
    # Zoom to steps around the spike: 12,345 of 20,000.
    at = line.left + (line.right - line.left) * 12_345 / 20_000
    with page.expect_request(
        lambda request: "/api/scalars" in request.url and '"x_range":[' in (request.post_data or "")
    ):
        drag(chart, (at - 3, 60), (at + 3, 61))
    expect(chart.get_by_text("zoomed")).to_be_visible()
    assert "zoom" in page.evaluate(
        "async () => { await new Promise(r => setTimeout(r, 400)); return location.hash; }"
    )
    zoomed = wait_for_rest(page, chart)
    assert zoomed != whole
    top = min(find_pixels(chart, colour).points, key=lambda point: point[1])
    found = {}
    for column in range(-6, 7):
        hover(chart, top[0] + column / 3, top[1] + 4)
        found[tooltip(page).locator(".head").inner_text().split("\n")[0]] = tooltip_values(page)["ramp"]
    assert found.get("step 12,345") == ["1,000"], found
    page.mouse.dblclick(box["x"] + 80, box["y"] + 60)
    expect(chart.get_by_text("zoomed")).to_have_count(0)
    page.mouse.move(1, 1)
    wait_until(page, lambda: picture_of(chart) == whole, "everything again")


def test_not_a_number_is_marked_and_counted(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/broken")
    expect(chart.get_by_text("NaN at 7")).to_be_visible()
    line = wait_for_pixels(page, chart, run_colour(page, "ramp"))
    at = line.left + (line.right - 2 - line.left) * 0.07
    hover(chart, at, 60)
    expect(tooltip(page)).to_contain_text("step 7")
    assert tooltip_values(page)["ramp"] == ["NaN"]


def test_add_scalars_is_one_chart_with_a_line_per_key(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "group")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    expect(chart.get_by_role("listitem")).to_have_text(["cosine", "sine"])
    expect(card(page, "group/sine")).to_have_count(0)


def test_pinned_cards_come_first_and_stay(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/zigzag")
    chart.hover()
    chart.get_by_role("button", name="Pin to the top").click()
    headings = page.get_by_role("main").get_by_role("heading", level=2)
    expect(headings.first).to_contain_text("Pinned")
    expect(page.get_by_role("article").first).to_contain_text("zigzag")
    page.wait_for_url("**pin=shape/zigzag**")
    page.reload()
    expect(headings.first).to_contain_text("Pinned")
    page.get_by_role("article").first.get_by_role("button", name="Unpin").click()
    expect(headings.first).not_to_contain_text("Pinned")


def test_tag_filter(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    field = page.get_by_role("searchbox", name="Filter tags")
    expect(card(page, "many/spike")).to_be_visible()
    field.fill("/zig|broken/")
    expect(card(page, "many/spike")).to_have_count(0)
    expect(page.get_by_role("article")).to_have_count(2)
    field.fill("nothing like it")
    expect(page.get_by_text("matches “nothing like it”")).to_be_visible()
    page.get_by_role("button", name="Clear filter", exact=True).click()
    expect(card(page, "many/spike")).to_be_visible()


def test_csv_has_every_point(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "shape/broken")
    chart.hover()
    chart.get_by_role("button", name="More for shape/broken").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8").split()
    assert len(lines) >= 102
    assert any(line.lower().endswith(",7,nan") for line in lines)
