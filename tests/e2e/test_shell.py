"""What every page shares: tabs, addresses, runs, palette, theme, settings, help."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from looking import card, find_pixels, run_box, run_colour, run_row, wait_for_pixels, wait_until
from playwright.sync_api import Page, expect

Open = Callable[..., Page]


def open_tab(page: Page) -> str:
    return page.get_by_role("navigation").locator("[aria-current=page]").inner_text()


def test_tabs_and_the_back_button(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    tabs = page.get_by_role("navigation").get_by_role("link")
    expect(tabs).to_have_text(["Scalars", "Images", "Distributions", "Histograms", "Text"])
    for name in ("Images", "Text", "Histograms", "Distributions", "Scalars"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        assert page.url.endswith(f"#/{name.lower()}")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Distributions")


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("#scalars", "Scalars"),
        ("#timeseries", "Scalars"),
        ("#images", "Images"),
        ("#histograms", "Histograms"),
        ("#distributions", "Distributions"),
        ("#text", "Text"),
        ("#scalars&tagFilter=zig", "Scalars"),
    ],
)
def test_tensorboards_addresses_open_the_same_pages(
    gallery: str, open_page: Open, address: str, title: str
) -> None:
    page = open_page(gallery + address)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert open_tab(page) == title


def test_kinds_without_data_are_under_more(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    page.get_by_role("button", name="More kinds of data").click()
    names = [text.split("\n")[0] for text in page.get_by_role("menuitem").all_inner_texts()]
    assert names == ["Audio", "Video", "Graphs", "PR curves", "Projector", "HParams", "Mesh"]
    page.get_by_role("menuitem", name="Audio").click()
    expect(page.get_by_text("No audio in these logs")).to_be_visible()


def test_run_filter_changes_the_list_not_the_selection(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/scalars?smooth=none")
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    colours = run_colour(page, "ramp"), run_colour(page, "flat")
    field = page.get_by_role("searchbox", name="Filter runs")
    field.fill("fla")
    expect(run_row(page, "ramp")).to_have_count(0)
    expect(run_row(page, "flat")).to_be_visible()
    page.wait_for_timeout(300)
    assert all(find_pixels(chart, colour) for colour in colours), "both runs are still drawn"
    field.fill("nothing like it")
    expect(page.get_by_text("None of the 2 runs matches")).to_be_visible()
    field.press("Escape")
    expect(run_row(page, "ramp")).to_be_visible()


def test_double_click_isolates_a_run_and_brings_the_others_back(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/scalars?smooth=none")
    chart = card(page, "shape/line")
    flat = run_colour(page, "flat")
    wait_for_pixels(page, chart, flat)
    run_row(page, "ramp").locator(".name").dblclick()
    expect(run_box(page, "flat")).to_have_attribute("aria-checked", "false")
    wait_until(page, lambda: not find_pixels(chart, flat), "the other run goes")
    run_row(page, "ramp").locator(".name").dblclick()
    expect(run_box(page, "flat")).to_have_attribute("aria-checked", "true")
    page.mouse.move(1, 1)  # the run under the pointer pales the others
    wait_for_pixels(page, chart, flat)


def test_selection_outlives_a_reload(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    run_row(page, "flat").locator(".check").click()
    expect(run_box(page, "flat")).to_have_attribute("aria-checked", "false")
    page.wait_for_timeout(400)
    page.reload()
    expect(run_box(page, "flat")).to_have_attribute("aria-checked", "false")
    expect(run_box(page, "ramp")).to_have_attribute("aria-checked", "true")


def test_palette_finds_tags_runs_and_actions(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    card(page, "shape/line").wait_for()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Tags, runs, actions")
    field.fill("zigzag")
    expect(page.get_by_role("option").first).to_contain_text("shape/zigzag")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Filter tags")).to_have_value("shape/zigzag")
    expect(page.get_by_role("article")).to_have_count(1)
    page.keyboard.press("Control+k")
    field.fill("dark")
    expect(page.get_by_role("option").first).to_contain_text("Theme: dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_theme_is_kept_without_a_flash(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.get_by_role("button", name="Theme:")
    while html.get_attribute("data-theme") != "dark":
        button.click()
        page.wait_for_timeout(50)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => {"
        " window.themeAtStart = document.documentElement.dataset.theme })"
    )
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    assert page.evaluate("window.themeAtStart") == "dark", "the theme stands before the page is drawn"


def test_settings_take_effect_and_stay(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    chart = card(page, "group")
    chart.wait_for()
    before = chart.bounding_box()
    page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog", name="Settings")
    dialog.get_by_role("radiogroup", name="Size of cards").get_by_text("XL").click()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    wait_until(page, lambda: chart.bounding_box()["width"] > 1.5 * before["width"], "larger cards")  # type: ignore[index]
    page.reload()
    chart.wait_for()
    wait_until(page, lambda: chart.bounding_box()["width"] > 1.5 * before["width"], "larger cards")  # type: ignore[index]


def test_help_lists_the_shortcuts(gallery: str, open_page: Open) -> None:
    page = open_page(gallery)
    card(page, "shape/line").wait_for()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    for words in ("Filter tags", "Next card", "Draw only this run", "Histograms"):
        expect(dialog.get_by_text(words).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_journey_without_a_mouse(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/scalars?smooth=none")
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_text("Skip to the charts")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    # Filter the tags, step into the one card, read points.
    press("/")
    page.keyboard.type("shape/line")
    expect(page.get_by_role("article")).to_have_count(1)
    press("Escape")
    press("Escape")
    press("/")
    page.keyboard.type("shape/line")
    press("Tab")
    page.evaluate("document.activeElement.blur()")
    press("j")
    expect(chart).to_be_focused()
    press("Enter")
    expect(chart.get_by_role("application")).to_be_focused()
    press("Home")
    press("ArrowRight")
    expect(chart.locator("[aria-live]").first).to_contain_text("step 1,", timeout=3000)
    press("Escape")
    expect(chart).to_be_focused()
    # Another page, and the runs.
    press("g")
    press("i")
    expect(page.get_by_role("heading", level=1)).to_have_text("Images")
    press("r")
    expect(page.get_by_role("searchbox", name="Filter runs")).to_be_focused()
    press("Escape")
    page.get_by_role("treegrid", name="Runs").focus()
    press("ArrowDown")
    press("Space")
    expect(run_box(page, "ramp")).to_have_attribute("aria-checked", "false")
    press("s")
    expect(run_box(page, "ramp")).to_have_attribute("aria-checked", "true")
    expect(run_box(page, "flat")).to_have_attribute("aria-checked", "false")
    # Resize the run panel.
    splitter = page.get_by_role("separator", name="Width of the run panel")
    width = int(splitter.get_attribute("aria-valuenow") or 0)
    splitter.focus()
    press("ArrowRight")
    assert int(splitter.get_attribute("aria-valuenow") or 0) == width + 16


def test_a_phone_has_a_drawer_and_a_select(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/scalars?smooth=none", width=390, height=844)
    wait_for_pixels(page, card(page, "group"), wait_for_colour(page))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing scrolls sideways"
    page.get_by_role("combobox", name="Kind of data").select_option("images")
    expect(page.get_by_role("heading", level=1)).to_have_text("Images")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Runs", exact=True).click()
    run_row(page, "ramp").locator(".check").click()
    expect(run_box(page, "ramp")).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("treegrid", name="Runs")).to_have_count(0)
    expect(page.get_by_role("img", name="colours, flat")).to_have_count(1)
    expect(page.get_by_role("img", name="colours, ramp")).to_have_count(0)


def wait_for_colour(page: Page) -> tuple[int, int, int]:
    """The run's colour, from the drawer, which is closed again."""
    page.get_by_role("button", name="Runs", exact=True).click()
    run_row(page, "ramp").wait_for()
    colour = run_colour(page, "ramp")
    page.locator(".scrim").click(position={"x": 380, "y": 400})
    expect(page.get_by_role("treegrid", name="Runs")).to_have_count(0)
    return colour
