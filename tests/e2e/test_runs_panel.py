"""The run panel's finer controls: columns by mouse and keyboard, colours, hidden runs, sheets, very many runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_scalars_logs import run_of, write_sweep
from e2e_server import LIVE_TIMEOUT_MS, Server
from looking import (
    card,
    find_pixels,
    parse_hex,
    ring_sides,
    run_box,
    run_colour,
    run_row,
    wait_for_pixels,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect
from test_accessibility import AXE, violations

from epochal import SummaryWriter
from epochal.events.core import RecordBuffer
from epochal.events.messages import FILE_VERSION, encode_event

SLOW, FAST = 0.001, 0.01
PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]
Serve = Callable[..., Server]


@pytest.fixture
def sweep(tmp_path: Path, serve: Serve) -> str:
    write_sweep(tmp_path / "sweep")
    return serve(tmp_path / "sweep").url


def grid(page: Page) -> Locator:
    return page.get_by_role("treegrid", name="Runs")


def heads(page: Page) -> list[str]:
    """Names of the columns from left to right, the runs' names left out."""
    buttons = grid(page).get_by_role("columnheader").locator(".sort")
    return [button.get_attribute("aria-label") or "" for button in buttons.all()[1:]]


def head(page: Page, name: str) -> Locator:
    return grid(page).get_by_role("columnheader").get_by_role("button", name=name, exact=True)


def sheet(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


def choose(page: Page, entry: str) -> None:
    item = page.get_by_role("menuitem", name=entry).or_(page.get_by_role("menuitemcheckbox", name=entry))
    item.first.click()


def show_columns(page: Page, *names: str) -> None:
    page.get_by_role("button", name="Columns", exact=True).click()
    for name in names:
        sheet(page, "Columns").get_by_role("checkbox", name=name, exact=True).click()
    page.keyboard.press("Escape")
    expect(sheet(page, "Columns")).to_have_count(0)


def left_of(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box
    return box["x"]


def width_of(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box
    return box["width"]


def test_columns_are_dragged_resized_and_removed(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    panel = page.get_by_role("complementary", name="Runs")
    before = width_of(panel)
    show_columns(page, "lr", "train/loss")
    assert heads(page) == ["Written", "lr", "train/loss, last"]
    # Sorted by it there is no room for all of its name, but for what tells it from others.
    head(page, "train/loss, last").click()
    name = head(page, "train/loss, last").locator(".title")
    expect(name).to_have_text("loss")
    assert name.evaluate("name => name.scrollWidth <= name.clientWidth")
    head(page, "Name").click()
    wait_until(page, lambda: width_of(panel) > before, "the panel makes room")
    # To another place, with the mouse and from the menu.
    head(page, "train/loss, last").drag_to(head(page, "Written"))
    assert heads(page) == ["train/loss, last", "Written", "lr"]
    head(page, "Written").click(button="right")
    choose(page, "Move right")
    assert heads(page) == ["train/loss, last", "lr", "Written"]
    # Wider, at its edge and with the keyboard.
    column = grid(page).get_by_role("columnheader").nth(1)
    box = column.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"], box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 40, box["y"] + 12, steps=4)
    page.mouse.up()
    wait_until(page, lambda: abs(width_of(column) - box["width"] - 40) < 2, "40 px wider")
    head(page, "train/loss, last").press("Shift+ArrowLeft")
    wait_until(page, lambda: abs(width_of(column) - box["width"] - 24) < 2, "16 px narrower")
    head(page, "lr").click(button="right")
    choose(page, "Remove column")
    assert heads(page) == ["train/loss, last", "Written"]
    page.wait_for_timeout(600)
    page.reload()
    head(page, "Written").wait_for()
    wait_until(page, lambda: heads(page) == ["train/loss, last", "Written"], "the same columns")
    assert abs(width_of(column) - box["width"] - 24) < 2, "and widths"
    # Other values of the tag stand in columns of their own, named by what they are.
    page.get_by_role("button", name="Columns", exact=True).click()
    sheet(page, "Columns").get_by_role("radiogroup", name="Value of the tag").get_by_text("min").click()
    sheet(page, "Columns").get_by_role("checkbox", name="train/loss", exact=True).click()
    page.keyboard.press("Escape")
    assert heads(page)[-1] == "train/loss, min"
    minimum = run_row(page, run_of(SLOW, 2)).get_by_role("gridcell").last
    expect(minimum).to_have_text(re.compile(r"^12(\.0+)?$"))


def test_folders_stand_where_their_best_run_does(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    show_columns(page, "train/loss")
    expect(run_row(page, "baseline").get_by_role("gridcell").last).to_have_text(re.compile(r"^8"))
    rows = grid(page).locator("[data-row]")

    def tops() -> list[str]:
        names = rows.evaluate_all("rows => rows.map(row => [row.ariaLevel, row.ariaLabel])")
        return [name.split(",")[0] for level, name in names if level == "1"]

    assert tops() == ["baseline", "lr=0.001", "lr=0.01"]
    head(page, "train/loss, last").click()
    wait_until(page, lambda: tops() == ["baseline", "lr=0.001", "lr=0.01"], "the lowest loss first")
    head(page, "train/loss, last").click()
    wait_until(page, lambda: tops() == ["lr=0.01", "lr=0.001", "baseline"], "the highest loss first")


def test_differences_say_which_is_better(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    show_columns(page, "train/loss")
    row = run_row(page, run_of(SLOW, 0))
    row.locator(".name").click(button="right")
    choose(page, "Baseline")
    expect(row).to_contain_text("base")
    percent = run_row(page, "baseline").get_by_role("gridcell").last
    expect(percent).to_have_text("−59.8")
    expect(percent).not_to_have_class(re.compile("better|worse"))
    head(page, "train/loss, last").click(button="right")
    choose(page, "Lower is better")
    expect(percent).to_have_class(re.compile("better"))
    worse = run_row(page, run_of(FAST, 0)).get_by_role("gridcell").last
    expect(worse).to_have_class(re.compile("worse"))
    page.get_by_role("button", name="Columns", exact=True).click()
    sheet(page, "Columns").get_by_role("checkbox", name="%").click()
    page.keyboard.press("Escape")
    assert heads(page)[-1] == "train/loss, last, difference to the baseline"
    page.get_by_role("button", name="Select, order, fold").click()
    choose(page, "No baseline")
    wait_until(page, lambda: heads(page)[-1] == "train/loss, last", "no differences without a baseline")


def test_isolating_with_alt_click_and_from_the_menu(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    status = page.get_by_label("Status")
    run_row(page, run_of(SLOW, 1)).locator(".name").click(modifiers=["Alt"])
    expect(status).to_contain_text("1 of 9 runs")
    run_row(page, run_of(SLOW, 1)).locator(".name").click(modifiers=["Alt"])
    expect(status).to_contain_text("9 of 9 runs")
    folder = grid(page).get_by_role("row", name=re.compile("^lr=0.01, "))
    folder.hover()
    folder.locator(".more").click()
    choose(page, "Draw only these runs")
    expect(status).to_contain_text("4 of 9 runs")


def test_hidden_runs_are_counted_and_come_back(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    chart = card(page, "train/loss")
    colour = run_colour(page, "baseline")
    wait_for_pixels(page, chart, colour)
    run_row(page, "baseline").locator(".name").click(button="right")
    expect(page.get_by_role("menuitem", name=re.compile("delete|remove", re.IGNORECASE))).to_have_count(0)
    choose(page, "Hide")
    expect(run_row(page, "baseline")).to_have_count(0)
    page.mouse.move(1, 1)  # the run under the pointer pales the others
    wait_for_pixels(page, chart, run_colour(page, run_of(SLOW, 0)))
    # A pixel where two other lines cross may be of any colour.
    wait_until(page, lambda: len(find_pixels(chart, colour).points) < 10, "its line goes")
    page.get_by_role("button", name="Undo").click()
    expect(run_row(page, "baseline")).to_be_visible()
    # A whole folder; then one of it again, from the list of hidden ones.
    grid(page).get_by_role("row", name=re.compile("^lr=0.01, ")).locator(".name").click(button="right")
    choose(page, "Hide all")
    notes = page.get_by_role("complementary", name="Runs")
    expect(notes.get_by_text("4 hidden")).to_be_visible()
    notes.get_by_role("button", name="Show", exact=True).click()
    hidden = run_row(page, run_of(FAST, 0))
    expect(hidden).to_be_visible()
    expect(page.get_by_label("Status")).to_contain_text("5 of 5 runs")
    hidden.locator(".name").click(button="right")
    choose(page, "Show again")
    expect(notes.get_by_text("3 hidden")).to_be_visible()
    notes.get_by_role("button", name="Leave out").click()
    expect(run_row(page, run_of(FAST, 1))).to_have_count(0)
    expect(run_row(page, run_of(FAST, 0))).to_be_visible()
    page.get_by_role("searchbox", name="Filter runs").fill("is:hidden")
    expect(run_row(page, run_of(FAST, 1))).to_be_visible()


def test_a_colour_of_ones_own_and_back(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    before = run_colour(page, "baseline")
    run_row(page, "baseline").locator(".swatch").click()
    picker = sheet(page, "Colour of baseline")
    picker.get_by_label("Custom").fill("#aa2211")
    wait_until(page, lambda: run_colour(page, "baseline") == parse_hex("#aa2211"), "the colour typed")
    # What could not be seen on the chart is taken as far as it needs.
    picker.get_by_label("Custom").fill("#ffff00")
    wait_until(page, lambda: run_colour(page, "baseline") not in (parse_hex("#aa2211"), before), "another one")
    assert run_colour(page, "baseline") != parse_hex("#ffff00")
    picker.get_by_role("button", name="Reset").click()
    wait_until(page, lambda: run_colour(page, "baseline") == before, "its own again")
    page.keyboard.press("Escape")
    expect(picker).to_have_count(0)
    expect(grid(page)).to_be_focused()


def test_the_expression_for_colours_is_tried_as_one_types(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    page.get_by_role("button", name="Select, order, fold").click()
    choose(page, "Colours")
    colours = sheet(page, "Colours")
    colours.get_by_role("radiogroup", name="Colour by").get_by_text("Regex").click()
    field = colours.get_by_role("textbox", name="Regular expression")
    field.fill(r"lr=(\S+)/")
    groups = colours.get_by_role("list", name="Groups").get_by_role("listitem")
    expect(groups).to_have_text([re.compile("^0.001 *4$"), re.compile("^0.01 *4$"), re.compile("^no match *1$")])
    field.fill("lr=(")
    expect(colours.get_by_text("Not a regular expression")).to_be_visible()
    expect(groups).to_have_count(3)
    # One colour for what an expression without parentheses finds.
    field.fill("lr")
    expect(groups).to_have_count(2)
    assert run_colour(page, run_of(SLOW, 0)) == run_colour(page, run_of(FAST, 3)) != run_colour(page, "baseline")


def test_the_filter_for_charts_is_remembered(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    run_row(page, "flat").wait_for()
    switch = page.get_by_role("switch", name="Filter charts too")
    expect(switch).to_have_count(0)
    page.get_by_role("searchbox", name="Filter runs").fill("ramp")
    switch.click()
    # On every page, and in an address without it.
    page.get_by_role("link", name="Images").click()
    expect(page.get_by_role("img", name="colours, ramp")).to_have_count(1)
    expect(page.get_by_role("img", name="colours, flat")).to_have_count(0)
    page.goto("about:blank")
    page.goto(f"{gallery}#/images?find=flat")
    expect(page.get_by_role("img", name="colours, flat")).to_have_count(1)
    expect(page.get_by_role("img", name="colours, ramp")).to_have_count(0)
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(page.get_by_role("img", name="colours, ramp")).to_have_count(1)


def test_rows_of_folders_keep_their_count_and_the_end_of_their_name(
    tmp_path: Path, serve: Serve, open_page: Open
) -> None:
    folder = "transformer-of-many-layers-and-a-name-that-nobody-can-read-at-once-learning-rate-3e-4-by-night"
    for seed in range(2):
        with SummaryWriter(tmp_path / "runs" / folder / f"seed{seed}") as writer:
            writer.add_scalar("loss", 1, 0)
    with SummaryWriter(tmp_path / "runs" / "other") as writer:
        writer.add_scalar("loss", 1, 0)
    page = open_page(serve(tmp_path / "runs").url + PLAIN)
    row = run_row(page, f"{folder}, 2 of 2 runs")
    row.hover()
    right_of_more = left_of(row.locator(".more")) + width_of(row.locator(".more"))
    assert right_of_more <= left_of(row.locator(".counts")), "the button covers how many runs are drawn"
    other = run_row(page, "other")
    other.hover()
    assert abs(left_of(other.locator(".more")) + 24 - right_of_more) <= 4, "one column of buttons"
    end = row.locator(".end")
    assert end.inner_text() == "by-night"
    assert end.evaluate("end => end.scrollWidth <= end.clientWidth && end.getBoundingClientRect().width > 40")


def test_the_latest_run_is_followed(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_sweep(tmp_path)
    page = open_page(serve(tmp_path).url + "#/scalars?smooth=none&runs=@latest")
    expect(page.get_by_label("Status")).to_contain_text("1 of 9 runs")
    with SummaryWriter(tmp_path / "newer") as writer:
        for step in range(20):
            writer.add_scalar("train/loss", 3.0, step)
        writer.flush()
        expect(run_box(page, "newer")).to_have_attribute("aria-checked", "true", timeout=2 * LIVE_TIMEOUT_MS)
        expect(page.get_by_label("Status")).to_contain_text("1 of 10 runs")
        expect(run_row(page, "newer").locator(".running")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    page.get_by_role("complementary", name="Runs").get_by_role("button", name="Stop").click()
    expect(page.get_by_label("Status")).to_contain_text("10 of 10 runs")


def test_details_say_where_a_run_came_from(sweep: str, tmp_path: Path, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    run_row(page, run_of(SLOW, 1)).locator(".name").click(button="right")
    choose(page, "Details and note")
    details = sheet(page, "Details of ")  # the name of the run follows, which changes
    for words in ("Started", "Duration", "Points", str(tmp_path / "sweep" / run_of(SLOW, 1))):
        expect(details).to_contain_text(words)
    expect(details.get_by_text("0.001", exact=True)).to_be_visible()
    details.get_by_role("button", name="Star").click()
    expect(run_row(page, run_of(SLOW, 1)).locator(".star")).to_be_visible()
    details.get_by_role("textbox", name="Shown as").fill("  with  blanks ")
    expect(grid(page).get_by_role("row", name="with  blanks", exact=True)).to_be_visible()
    details.get_by_role("textbox", name="Shown as").fill("")
    expect(run_row(page, run_of(SLOW, 1))).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid(page)).to_be_focused()


def test_hparams_of_a_sub_run_are_its_runs(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    # torch logs hyperparameters into a sub-run of the run that has the curves.
    for name, rate in (("one", 0.5), ("two", 0.25)):
        with SummaryWriter(tmp_path / name, torch_layout=True) as writer:
            writer.add_scalar("loss", rate, 0)
            writer.add_hparams({"lr": rate}, {"final": rate})
    page = open_page(serve(tmp_path).url + PLAIN)
    show_columns(page, "lr")
    expect(run_row(page, "one").get_by_role("gridcell").last).to_have_text("0.5")
    expect(run_row(page, "two").get_by_role("gridcell").last).to_have_text("0.25")
    page.get_by_role("searchbox", name="Filter runs").fill("lr<0.3")
    expect(run_row(page, "one")).to_have_count(0)
    expect(run_row(page, "two")).to_be_visible()


def write_many(logdir: Path, count: int) -> None:
    """Runs of one point each, in folders of a hundred."""
    for run in range(count):
        folder = logdir / f"group{run // 100:02d}" / f"run{run % 100}"
        folder.mkdir(parents=True)
        buffer = RecordBuffer(1 << 20)
        buffer.append_record(encode_event(1_700_000_000.0 + run, file_version=FILE_VERSION))
        buffer.append_scalar("loss", float(run), 1, 1_700_000_000.0 + run)
        (folder / f"events.out.tfevents.{1_700_000_000 + run}.host.1.{run}").write_bytes(buffer.take(1 << 20))


def test_thousands_of_runs_are_a_few_rows(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_many(tmp_path / "sweep", 1200)
    page = open_page(serve(tmp_path).url + PLAIN)
    rows = grid(page).locator("[data-row]")
    expect(rows.first).to_be_visible()
    # The one folder is unfolded, the dozen in it are not.
    expect(grid(page)).to_have_attribute("aria-rowcount", "14", timeout=6 * LIVE_TIMEOUT_MS)
    page.get_by_role("button", name="Select, order, fold").click()
    choose(page, "Without folders")
    expect(grid(page)).to_have_attribute("aria-rowcount", "1201")
    assert rows.count() < 100, "only what is in view is in the document"
    # Numbers in names count as numbers.
    names = rows.evaluate_all("rows => rows.slice(0, 12).map(row => row.ariaLabel)")
    assert names == [f"sweep/group00/run{number}" for number in range(12)]
    grid(page).focus()
    page.keyboard.press("End")
    expect(run_row(page, "sweep/group11/run99")).to_be_visible()
    show_columns(page, "loss")
    head(page, "loss, last").click()
    head(page, "loss, last").click()
    page.wait_for_timeout(300)
    page.keyboard.press("Escape")
    grid(page).focus()
    page.keyboard.press("Home")
    expect(run_row(page, "sweep/group11/run99")).to_be_visible()
    expect(run_row(page, "sweep/group11/run99").get_by_role("gridcell").last).to_have_text("1,199")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_rings_of_the_keyboard_are_whole(sweep: str, open_page: Open, width: int) -> None:
    page = open_page(sweep + PLAIN, width=width, height=844)
    if width < 900:
        page.get_by_role("button", name="Runs", exact=True).click()
    show_columns(page, "lr", "seed", "train/loss")
    view = grid(page).bounding_box()
    assert view
    page.mouse.move(view["x"] + 10, 800)
    grid(page).focus()
    for key in ("Home", "ArrowDown"):
        page.keyboard.press(key)
    for _ in range(2):
        row = page.locator(f"[id='{grid(page).get_attribute('aria-activedescendant')}']").bounding_box()
        assert row
        # A row that scrolls sideways has its ring around what is in view.
        sides = ring_sides(page, view["x"], row["y"], view["x"] + view["width"], row["y"] + row["height"])
        assert all(sides.values()), sides
        grid(page).evaluate("grid => { grid.scrollLeft = 1000; }")
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Columns", exact=True).click()
    box = page.get_by_role("dialog", name="Columns").get_by_role("checkbox", name="train/loss", exact=True)
    box.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_timeout(100)
    label = box.locator("xpath=..").bounding_box()
    assert label
    sides = ring_sides(page, label["x"], label["y"], label["x"] + label["width"], label["y"] + label["height"])
    assert all(sides.values()), sides


def test_notices_have_a_phones_width(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN, width=390, height=844)
    box = page.locator(".toasts").bounding_box()
    assert box
    assert box["width"] > 360
    # and what lies under an empty one can be clicked
    assert page.locator(".toasts").evaluate("element => getComputedStyle(element).pointerEvents") == "none"


def test_a_phone_closes_the_sheet_before_the_drawer(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN, width=390, height=844)
    page.get_by_role("button", name="Runs", exact=True).click()
    run_row(page, "baseline").locator(".name").click(button="right")
    choose(page, "Details and note")
    box = sheet(page, "Details of baseline").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.keyboard.press("Escape")
    expect(sheet(page, "Details of baseline")).to_have_count(0)
    expect(grid(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid(page)).to_have_count(0)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: cd web && npm ci")
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_axe_finds_nothing_in_the_sheets(sweep: str, open_page: Open, theme: str, width: int) -> None:
    page = open_page(sweep + PLAIN, theme=theme, width=width)
    if width < 900:
        page.get_by_role("button", name="Runs", exact=True).click()
    found: list[str] = []

    def look(what: str) -> None:
        page.wait_for_timeout(300)
        found.extend(f"{what}: {each}" for each in violations(page))

    show_columns(page, "lr", "train/loss")
    page.get_by_role("button", name="Columns", exact=True).click()
    look("columns")
    page.keyboard.press("Escape")
    run_row(page, "baseline").locator(".name").click(button="right")
    look("menu of a run")
    choose(page, "Baseline")
    run_row(page, run_of(SLOW, 0)).locator(".swatch").click()
    look("picker")
    page.keyboard.press("Escape")
    head(page, "lr").focus()
    page.keyboard.press("Shift+F10")
    look("menu of a column")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Select, order, fold").click()
    choose(page, "Colours")
    sheet(page, "Colours").get_by_role("radiogroup").get_by_text("Folder").click()
    look("colours")
    page.keyboard.press("Escape")
    run_row(page, run_of(SLOW, 0)).locator(".name").click(button="right")
    choose(page, "Details and note")
    look("details")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Filter runs").fill("lr")
    look("filter")
    assert not found, "\n".join(found)
