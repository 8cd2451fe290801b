"""What leaves the page: files, Markdown, addresses, named views; and what the palette finds."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_logs import START
from e2e_server import Server, serve_shared
from looking import card, parse_hex, run_box, run_colour, run_row, wait_for_pixels, wait_until
from playwright.sync_api import Download, Page, expect

from epochal import SummaryWriter

PLAIN = "#/scalars?smooth=none"
SVG = "{http://www.w3.org/2000/svg}"
Open = Callable[..., Page]
Serve = Callable[..., Server]
Points = list[list[float]]

# Values that text may not change: thirds, the smallest float32 steps, huge and tiny ones.
LOSS = [1 / 3, 0.1 + 0.2, 1e-30, 16777217.0, 123456.789]


def write_runs(logdir: Path) -> None:
    """Runs `a` and `b, c` with tags `loss` and `acc`; point i is at step 10 i, i seconds later."""
    for run, factor in (("a", 1.0), ("b, c", 2.0)):
        with SummaryWriter(logdir / run) as writer:
            for i, value in enumerate(LOSS):
                writer.add_scalar("loss", factor * value, 10 * i, START + i)
                writer.add_scalar("acc", factor * i, 10 * i, START + i)


def logged(run: str, tag: str) -> Points:
    """[wall time, step, value] as a float32 event file holds them."""
    import numpy as np

    factor = 1.0 if run == "a" else 2.0
    values = [factor * (value if tag == "loss" else i) for i, value in enumerate(LOSS)]
    return [[START + i, 10 * i, float(np.float32(value))] for i, value in enumerate(values)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_runs, tmp_path_factory.mktemp("pair") / "logs")


def open_menu(page: Page, title: str) -> None:
    chart = card(page, title)
    chart.hover()
    chart.get_by_role("button", name=f"More for {title}").click()


def download_by(page: Page, act: Callable[[], None]) -> Download:
    with page.expect_download() as download:
        act()
    return download.value


def text_of(download: Download) -> str:
    return Path(download.path()).read_text(encoding="utf-8")


def from_menu(page: Page, title: str, entry: str) -> Download:
    open_menu(page, title)
    return download_by(page, lambda: page.get_by_role("menuitem", name=entry).click())


def rows_of(text: str) -> tuple[list[str], list[list[str]]]:
    head, *rows = csv.reader(io.StringIO(text))
    return head, rows


def test_csv_and_json_hold_what_was_logged(pair: str, open_page: Open) -> None:
    page = open_page(pair + PLAIN)
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "a"))
    download = from_menu(page, "loss", "Download CSV")
    assert download.suggested_filename == "loss.csv"
    head, rows = rows_of(text_of(download))
    assert head == ["Run", "Tag", "Wall time", "Step", "Value"]
    expected = [(run, "loss", *point) for run in ("a", "b, c") for point in logged(run, "loss")]
    assert [(run, tag, float(wall), float(step), float(value)) for run, tag, wall, step, value in rows] == expected
    found = json.loads(text_of(from_menu(page, "loss", "Download JSON")))
    assert found == {run: {"loss": logged(run, "loss")} for run in ("a", "b, c")}


def test_one_run_is_as_tensorboard_has_it_and_all_charts_are_one_file(pair: str, open_page: Open) -> None:
    page = open_page(pair + PLAIN)
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "a"))
    open_menu(page, "loss")
    page.get_by_role("menuitem", name="Download one run").click()
    dialog = page.get_by_role("dialog", name="Download loss")
    dialog.get_by_role("combobox", name="Runs").select_option("b, c")
    expect(dialog.get_by_text("Wall time,Step,Value", exact=True)).to_be_visible()
    download = download_by(page, lambda: dialog.get_by_role("button", name="Download").click())
    head, rows = rows_of(text_of(download))
    assert head == ["Wall time", "Step", "Value"]
    assert [[float(cell) for cell in row] for row in rows] == logged("b, c", "loss")
    expect(dialog).to_have_count(0)
    # From the palette: everything that is checked.
    run_box(page, "a").click()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Tags, runs, actions").fill("download all")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Download all charts")
    dialog.get_by_role("radiogroup", name="Format").get_by_text("JSON", exact=True).click()
    download = download_by(page, lambda: dialog.get_by_role("button", name="Download").click())
    assert json.loads(text_of(download)) == {"b, c": {tag: logged("b, c", tag) for tag in ("acc", "loss")}}


def test_svg_is_a_drawing_of_the_values(pair: str, open_page: Open) -> None:
    page = open_page(pair + PLAIN)
    chart = card(page, "acc")
    wait_for_pixels(page, chart, run_colour(page, "a"))
    download = from_menu(page, "acc", "Download SVG")
    assert download.suggested_filename == "acc.svg"
    text = text_of(download)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    ends = {}
    for run in ("a", "b, c"):
        colour = run_colour(page, run)
        paths = [path for path in root.iter(f"{SVG}path") if colour_of(path.get("stroke")) == colour]
        longest = max(paths, key=lambda path: len(path.get("d", "")))
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+) ([\d.]+)", longest.get("d", ""))]
        assert len(points) >= len(LOSS)
        ends[run] = (points[0], points[-1])
    # Both begin at (0, 0); `b, c` climbs twice as high by the same step. y grows downwards.
    (start_a, end_a), (start_b, end_b) = ends["a"], ends["b, c"]
    assert start_a == pytest.approx(start_b, abs=0.5)
    assert end_a[0] == pytest.approx(end_b[0], abs=0.5)
    assert start_b[1] - end_b[1] == pytest.approx(2 * (start_a[1] - end_a[1]), abs=1)
    # Its words are text, its font is inside, and nothing is fetched from anywhere.
    words = {node.text for node in root.iter(f"{SVG}text")}
    assert {"acc", "a", "b, c"} <= words
    assert "@font-face" in text
    assert set(re.findall(r"https?://[^\s\"')]+", text)) <= {"http://www.w3.org/2000/svg"}


def colour_of(stroke: str | None) -> tuple[int, int, int] | None:
    return parse_hex(stroke) if stroke and stroke.startswith("#") else None


def test_png_is_a_picture(pair: str, open_page: Open) -> None:
    page = open_page(pair + PLAIN)
    wait_for_pixels(page, card(page, "acc"), run_colour(page, "a"))
    download = from_menu(page, "acc", "Download PNG")
    data = Path(download.path()).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    box = card(page, "acc").locator("canvas").first.bounding_box()
    assert box
    assert width == pytest.approx(2 * box["width"], abs=4)
    assert height > 2 * box["height"]


def test_a_chart_is_copied_as_a_markdown_table(pair: str, open_page: Open) -> None:
    page = open_page(pair + PLAIN)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wait_for_pixels(page, card(page, "acc"), run_colour(page, "a"))
    open_menu(page, "acc")
    page.get_by_role("menuitem", name="Copy as Markdown table").click()

    def lines() -> list[str]:
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text.split("\n")

    wait_until(page, lambda: len(lines()) == 4, "a table of two runs")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines()]
    assert cells[0] == ["Run", "End", "Min", "Min at", "Max", "Max at", "Mean", "To"]
    assert cells[2:] == [["a", "4", "0", "0", "4", "40", "2", "40"], ["b, c", "8", "0", "0", "8", "40", "4", "40"]]


def test_views_are_saved_opened_renamed_deleted_and_handed_on(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    write_runs(tmp_path / "logs")
    server = serve(tmp_path / "logs")
    page = open_page(server.url + "#/scalars?x=relative&y=log&step=20&tags=loss")
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "a"))
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Views")
    dialog.get_by_role("textbox", name="Name of the new view").fill("log losses")
    dialog.get_by_role("button", name="Save view").click()
    page.keyboard.press("Escape")
    saved = page.evaluate("location.hash")
    page.wait_for_timeout(600)  # until the server was told
    # Another window, another day.
    other = open_page(server.url + "#/scalars")
    wait_for_pixels(other, card(other, "acc"), run_colour(other, "a"))
    other.keyboard.press("Control+k")
    other.get_by_role("combobox", name="Tags, runs, actions").fill("log losses")
    other.keyboard.press("Enter")
    wait_until(other, lambda: other.evaluate("location.hash") == saved, "the saved address")
    expect(card(other, "acc")).to_have_count(0)
    expect(other.get_by_role("radiogroup", name="Y axis").get_by_role("radio", name="Log")).to_be_checked()
    # Back is what was shown before.
    other.go_back()
    expect(card(other, "acc")).to_be_visible()

    other.get_by_role("button", name="Views", exact=True).click()
    dialog = other.get_by_role("dialog", name="Views")
    dialog.get_by_role("button", name="More for the view log losses").click()
    other.get_by_role("menuitem", name="Rename").click()
    dialog.get_by_role("textbox", name="New name of log losses").fill("a better name")
    other.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="a better name Scalars")).to_be_visible()
    download = download_by(other, lambda: dialog.get_by_role("button", name="Export as JSON").click())
    assert json.loads(text_of(download))["views"]["a better name"]["hash"] == saved
    dialog.get_by_role("button", name="More for the view a better name").click()
    other.get_by_role("menuitem", name="Delete").click()
    expect(dialog.get_by_role("button", name="a better name Scalars")).to_have_count(0)
    dialog.get_by_label("File of views").set_input_files(download.path())
    expect(dialog.get_by_role("button", name="a better name Scalars")).to_be_visible()
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]")
    dialog.get_by_label("File of views").set_input_files(wrong)
    expect(dialog.get_by_role("alert")).to_have_text("This file holds no views.")


def test_the_latest_run_is_a_view_that_follows(serve: Serve, open_page: Open, tmp_path: Path) -> None:
    write_runs(tmp_path / "logs")
    server = serve(tmp_path / "logs")
    page = open_page(server.url + PLAIN)
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "a"))
    page.keyboard.press("v")
    page.get_by_role("dialog", name="Views").get_by_role("button", name="Latest run").click()
    page.wait_for_url("**runs=@latest**")
    with SummaryWriter(tmp_path / "logs" / "newest") as writer:
        for step in range(5):
            writer.add_scalar("loss", step, step)
        writer.flush()
        run_row(page, "newest").wait_for()
        expect(run_box(page, "newest")).to_have_attribute("aria-checked", "true")
        expect(run_box(page, "a")).to_have_attribute("aria-checked", "false")


def test_an_address_holds_the_whole_view(pair: str, open_page: Open) -> None:
    address = (
        pair + "#/scalars?smooth=0.3&y=symlog&step=10..30&runs=a&pin=loss&cards=loss~zero%3D1&zoom=acc~s~5~35~~"
    )
    page = open_page(address)
    wait_for_pixels(page, card(page, "acc"), run_colour(page, "a"))
    page.get_by_role("region", name="acc at steps 10 to 30").wait_for()
    page.wait_for_timeout(400)
    again = open_page(page.url)
    wait_for_pixels(again, card(again, "acc"), run_colour(again, "a"))
    again.get_by_role("region", name="acc at steps 10 to 30").wait_for()
    for each in (page, again):
        expect(card(each, "acc").get_by_text("zoomed")).to_be_visible()
        expect(run_box(each, "b, c")).to_have_attribute("aria-checked", "false")
        expect(each.get_by_role("article").first).to_contain_text("loss")
        expect(each.get_by_role("textbox", name="Smooth, as a number")).to_have_value("0.30")
    assert again.url == page.url


def test_a_copied_link_holds_a_selection_that_is_too_long_for_the_address(
    serve: Serve, open_page: Open, tmp_path: Path
) -> None:
    for number in range(40):
        with SummaryWriter(tmp_path / "logs" / f"{number:02} {'n' * 80}") as writer:
            writer.add_scalar("loss", number, 0)
    server = serve(tmp_path / "logs")
    page = open_page(server.url + PLAIN, height=1800)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for number in range(0, 40, 2):
        run_box(page, f"{number:02} {'n' * 80}").click()
    status = page.get_by_role("contentinfo", name="Status")
    expect(status).to_contain_text("20 of 40 runs")
    open_menu(page, "loss")
    page.get_by_role("menuitem", name="Copy link").click()
    wait_until(page, lambda: "runs=" in page.evaluate("navigator.clipboard.readText()"), "a link with its runs")
    other = open_page(page.evaluate("navigator.clipboard.readText()"))
    expect(other.get_by_role("contentinfo", name="Status")).to_contain_text("20 of 40 runs")
