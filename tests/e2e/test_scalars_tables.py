"""Values that stay: the pinned tooltip, the shared step and its tables, a chart as a table, lines of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_logs import RED, START, plain_image
from e2e_server import Server, serve_shared
from looking import (
    canvas_of,
    card,
    hover,
    run_box,
    run_colour,
    table_rows,
    tooltip,
    wait_for_pixels,
    wait_until,
)
from playwright.sync_api import Locator, Page, Route, expect

from epochal import SummaryWriter

PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]
Serve = Callable[..., Server]


def write_values(logdir: Path) -> None:
    """`up` is its step, `down` 100 less its step; `again` went back from 50 to 30; media at steps 0, 50, 100."""
    for run, sign in (("up", 1), ("down", -1)):
        with SummaryWriter(logdir / run) as writer:
            for step in range(101):
                writer.add_scalar("line", 50.0 + sign * (step - 50), step, START + step)
                writer.add_scalar("train/epoch", step // 25, step, START + step)
            for step in (0, 50, 100):
                writer.add_image("picture", plain_image(RED), step, START + step, dataformats="HWC")
                writer.add_histogram("bins", [1.0, 2.0, float(step)], step, walltime=START + step)
                writer.add_text("note", f"words at {step}", step, START + step)
    for first, last, at in ((0, 50, START), (30, 60, START + 1000)):
        with SummaryWriter(logdir / "again") as writer:
            for step in range(first, last + 1):
                writer.add_scalar("line", 50.0, step, at + step)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_values, tmp_path_factory.mktemp("values") / "logs")


def point_at(page: Page, chart: Locator, run: str, share: float) -> None:
    """Point at a run's line, that share of its way from left to right."""
    line = wait_for_pixels(page, chart, run_colour(page, run))
    at = line.left + (line.right - line.left) * share
    hover(chart, at, line.row_at(at))
    tooltip(page).wait_for()


def pinned(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Values at")


def pin(page: Page, chart: Locator, run: str, share: float) -> Locator:
    point_at(page, chart, run, share)
    page.mouse.down()
    page.mouse.up()
    pinned(page).wait_for()
    return pinned(page)


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def allow_copying(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def set_step(page: Page, text: str) -> None:
    page.keyboard.press("Shift+S")
    field = page.get_by_role("textbox", name="Shared step or range")
    field.fill(text)
    field.press("Enter")


def test_a_click_pins_the_tooltip_until_it_is_closed(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    allow_copying(page)
    chart = card(page, "line")
    tip = pin(page, chart, "up", 0.4)
    expect(tip).to_contain_text("step 40")
    page.mouse.move(1, 1)
    page.wait_for_timeout(200)
    expect(tip).to_be_visible()
    tip.get_by_role("button", name="Copy these values").click()
    wait_until(page, lambda: "\t" in clipboard(page), "copied values")
    lines = clipboard(page).split("\n")
    assert lines[0] == "step 40\tvalue"
    assert sorted(lines[1:]) == ["again\t50", "down\t60", "up\t40"]
    tip.get_by_role("button", name="More about these values").click()
    page.get_by_role("menuitem", name="Copy as Markdown table").click()
    wait_until(page, lambda: clipboard(page).startswith("| step 40"), "a Markdown table")
    assert [line.split("|")[2].strip() for line in clipboard(page).split("\n")[2:]] == ["60", "50", "40"]
    # Another order, chosen where it is seen.
    tip.get_by_role("button", name="More about these values").click()
    page.get_by_role("menuitemcheckbox", name="Lowest first").click()
    names = tip.locator("tbody .label")
    wait_until(
        page, lambda: [name.strip() for name in names.all_inner_texts()] == ["up", "again", "down"], "that order"
    )
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    tip = pin(page, chart, "up", 0.4)
    page.mouse.down()
    page.mouse.up()
    expect(tip).to_have_count(0)


def test_a_pinned_run_is_isolated_and_named(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    allow_copying(page)
    tip = pin(page, card(page, "line"), "up", 0.4)
    tip.get_by_role("button", name="Copy the name down").click()
    wait_until(page, lambda: clipboard(page) == "down", "the run's name")
    tip.get_by_role("button", name="Draw only up").click()
    expect(run_box(page, "up")).to_have_attribute("aria-checked", "true")
    expect(run_box(page, "down")).to_have_attribute("aria-checked", "false")
    # What is pinned says what is drawn.
    expect(tip.locator("tbody tr")).to_have_count(1)


def test_the_keyboard_pins_and_goes_back(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    chart = card(page, "line")
    wait_for_pixels(page, chart, run_colour(page, "up"))
    chart.focus()
    for key in ("Enter", "Home", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(pinned(page)).to_contain_text("step 2")
    expect(pinned(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(pinned(page)).to_have_count(0)
    expect(chart.get_by_role("application")).to_be_focused()


def test_the_shared_step_has_a_table_under_each_chart(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    wait_for_pixels(page, card(page, "line"), run_colour(page, "up"))
    set_step(page, "40")
    page.wait_for_url("**step=40**")
    table = page.get_by_role("region", name="line at step 40")
    rows = {row[0]: row[1:4] for row in table_rows(table)}
    assert rows == {"up": ["40", "40", "40 s"], "down": ["60", "40", "40 s"], "again": ["50", "40", "17 m 20 s"]}
    # Below the plot a click sets it, too.
    chart = card(page, "line")
    line = wait_for_pixels(page, chart, run_colour(page, "up"))
    box = chart.locator("canvas").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + line.left + (line.right - line.left) * 0.8, box["y"] + box["height"] - 8)
    page.wait_for_url("**step=80**")
    rows = {row[0]: row[1:2] for row in table_rows(page.get_by_role("region", name="line at step 80"))}
    assert rows == {"up": ["80"], "down": ["20"], "again": ["50"]}
    page.get_by_role("button", name="No shared step").click()
    expect(page.get_by_role("region", name="line at step")).to_have_count(0)
    wait_until(page, lambda: "step=" not in page.url, "an address without a step")


def test_charts_keep_their_height_while_their_tables_come(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    chart = card(page, "line")
    wait_for_pixels(page, chart, run_colour(page, "up"))

    def height_of(shown: Locator) -> float:
        box = shown.bounding_box()
        assert box
        return box["height"]

    before = (height_of(chart), height_of(canvas_of(chart)))
    held: list[Route] = []
    page.route("**/StepTable-*", lambda route: held.append(route))
    set_step(page, "40")
    wait_until(page, lambda: held and height_of(chart) > before[0], "room for the table")
    page.wait_for_timeout(100)
    assert height_of(canvas_of(chart)) == before[1]
    for route in held:
        route.continue_()
    page.unroute("**/StepTable-*")
    assert table_rows(page.get_by_role("region", name="line at step 40"))
    assert height_of(canvas_of(chart)) == before[1]


def test_range_statistics_are_those_of_all_points(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN + "&step=20..60")
    table = page.get_by_role("region", name="line at steps 20 to 60")
    rows = {row[0]: row[1:9] for row in table_rows(table)}
    assert rows["up"] == ["+40", "+200 %", "1", "20", "60", "40", "20", "60"]
    assert rows["down"] == ["−40", "−50 %", "−1", "40", "80", "60", "80", "40"]
    table.get_by_role("button", name="Min").click()
    expect(table.get_by_role("columnheader", name="Min")).to_have_attribute("aria-sort", "descending")
    assert [row[0] for row in table_rows(table)] == ["again", "down", "up"]
    table.get_by_role("button", name="Min").click()
    assert [row[0] for row in table_rows(table)] == ["up", "down", "again"]
    # Another column, which stays after a reload.
    table.get_by_role("button", name="More for the table of line").click()
    page.get_by_role("menuitemcheckbox", name="Points in the range").click()
    page.reload()
    expect(table.get_by_role("columnheader", name="Points")).to_be_visible()
    # Steps are what is shared, whatever the axis shows.
    page.get_by_role("radiogroup", name="X axis").get_by_text("Relative").click()
    page.wait_for_url("**x=relative**")
    assert {row[0]: row[1] for row in table_rows(table)} == {"up": "+40", "down": "−40", "again": "0"}


def test_other_pages_follow_the_step(values: str, open_page: Open) -> None:
    page = open_page(values + "#/images?step=40")
    picture = card(page, "picture")
    expect(picture.get_by_role("img", name="step 50").first).to_be_visible()
    expect(picture.get_by_text("step 50", exact=True).first).to_be_visible()
    page.goto(values + "#/images?step=50")
    expect(picture.get_by_role("img", name="step 50").first).to_be_visible()
    expect(picture.get_by_text("step 50", exact=True)).to_have_count(0)
    # The bar above the cards moves the shared step.
    slider = page.get_by_role("slider", name="Step of all cards")
    slider.focus()
    slider.press("Home")
    page.wait_for_url("**step=0**")
    page.goto(values + "#/text?step=40")
    expect(page.get_by_text("words at 50").first).to_be_visible()
    page.goto(values + "#/histograms?step=40")
    expect(card(page, "bins").first.get_by_text("step 50", exact=True)).to_be_visible()


def test_values_are_compared_with_the_baseline(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    write_values(tmp_path / "logs")
    page = open_page(serve(tmp_path / "logs").url + PLAIN + "&step=60")
    change = {"changes": [{"section": "prefs", "key": "baseline", "value": "down"}]}
    page.evaluate(
        """body => fetch("./api/state", {
          method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
        })""",
        change,
    )
    table = page.get_by_role("region", name="line at step 60")
    expect(table.get_by_role("columnheader", name="Δ baseline")).to_be_visible()
    rows = {row[0]: row[-1] for row in table_rows(table)}
    assert rows == {"up": "+20 (+50 %)", "down": "", "again": "+10 (+25 %)"}
    chart = card(page, "line")
    line = wait_for_pixels(page, chart, run_colour(page, "up"))
    hover(
        chart, line.left + (line.right - line.left) * 0.2, line.row_at(line.left + (line.right - line.left) * 0.2)
    )
    found = {
        row.locator(".label").inner_text().strip(): row.locator(".value").last.inner_text()
        for row in tooltip(page).locator("tbody tr").all()
    }
    assert found == {"down": "baseline", "again": "−30 (−38 %)", "up": "−60 (−75 %)"}


def test_a_chart_is_a_table_too(values: str, open_page: Open) -> None:
    page = open_page(values + PLAIN)
    chart = card(page, "line")
    wait_for_pixels(page, chart, run_colour(page, "up"))
    chart.focus()
    page.keyboard.press("t")
    runs = page.get_by_role("region", name="Runs of line")
    rows = {row[0]: row[1:6] for row in table_rows(runs)}
    assert rows["up"] == ["100", "0", "+100", "", "0"]
    assert rows["down"] == ["0", "100", "−100", "−100 %", "0"]
    chart.get_by_role("radiogroup", name="Table").get_by_text("Points").click()
    chart.get_by_role("combobox", name="Line").select_option("down")
    points = page.get_by_role("region", name="Points of line")
    expect(points.locator("tbody td").first).to_have_text("100")
    assert [row[:2] for row in table_rows(points)[:2]] == [["0", "100"], ["1", "99"]]
    for _ in range(4):
        chart.get_by_role("button", name="Next page").click()
    expect(chart.get_by_role("button", name="Next page")).to_be_disabled()
    assert table_rows(points) == [["100", "0", "1 m 40 s", "2023-11-14 22:15:00"]]
    chart.get_by_role("button", name="Back to the chart").click()
    wait_for_pixels(page, chart, run_colour(page, "up"))


def test_lines_and_events_are_kept_and_proposed(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    write_values(tmp_path / "logs")
    server = serve(tmp_path / "logs")
    page = open_page(server.url + PLAIN)
    chart = card(page, "line")
    wait_for_pixels(page, chart, run_colour(page, "up"))
    chart.focus()
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Lines and events")
    dialog.get_by_role("textbox", name="Value of a new line").fill("75")
    dialog.get_by_role("textbox", name="Name of a new line").fill("goal")
    dialog.get_by_role("button", name="Add line").click()
    dialog.get_by_role("textbox", name="Step of a new event").fill("10")
    dialog.get_by_role("textbox", name="Name of a new event").fill("decay")
    dialog.get_by_role("button", name="Add event").click()
    expect(dialog.get_by_text("Found: 1 restart, in again")).to_be_visible()
    expect(dialog.get_by_text("Found: 4 epochs, from train/epoch")).to_be_visible()
    for _ in range(2):
        dialog.get_by_role("button", name="Mark them").first.click()
    expect(dialog.get_by_role("button", name="Mark them")).to_have_count(0)
    page.keyboard.press("Escape")

    def kept() -> dict[str, object]:
        state: dict[str, object] = json.loads(page.evaluate("fetch('./api/state').then(answer => answer.text())"))
        return state

    wait_until(page, lambda: len(kept()["prefs"].get("markers", [])) == 6, "six events")  # type: ignore[attr-defined]
    state = kept()
    assert state["tags"]["line"]["lines"] == [{"y": 75, "label": "goal"}]  # type: ignore[index]
    markers = {(each["step"], each["label"], each["run"]) for each in state["prefs"]["markers"]}  # type: ignore[index]
    epochs = {(25 * epoch, f"epoch {epoch}", None) for epoch in (1, 2, 3, 4)}
    assert markers == {(10, "decay", None), (30, "restart", "again"), *epochs}
    # They are drawn: without the line the chart is another picture.
    page.reload()
    before = wait_for_pixels(page, chart, run_colour(page, "up"))
    assert before
    chart.focus()
    page.keyboard.press("m")
    expect(dialog.get_by_role("textbox", name="Value of line 1")).to_have_value("75")
    with_line = chart.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    dialog.get_by_role("button", name="Remove the line at 75").click()
    wait_until(
        page,
        lambda: chart.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != with_line,
        "a chart without the line",
    )
