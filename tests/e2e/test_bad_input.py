"""Logs that break dashboards: crowds of tags, odd names, series at every edge, runs and servers that vanish."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_scalars_logs import HUGE_STEP, TYPED_AND_FOUND, write_crowd, write_edges, write_odd_tags
from e2e_server import LIVE_TIMEOUT_MS, Complaints, Server, serve_shared
from looking import (
    canvas_of,
    card,
    find_pixels,
    hover,
    parse_hex,
    run_colour,
    run_row,
    tooltip,
    tooltip_values,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
Serve = Callable[..., Server]

PLAIN = "#/scalars?smooth=none"


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_edges, tmp_path_factory.mktemp("edges"))


@pytest.fixture(scope="module")
def odd_tags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_odd_tags, tmp_path_factory.mktemp("odd"))


def titles(page: Page) -> list[str]:
    """Titles of the mounted cards, in their order on the page."""
    return [title or "" for title in page.locator("article h3").evaluate_all("all => all.map(e => e.ariaLabel)")]


def test_ten_thousand_tags_in_one_run(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_crowd(tmp_path, runs=1, tags=10_000, points=3)
    page = open_page(serve(tmp_path).url + PLAIN)
    expect(page.get_by_text("10,000 charts")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    wait_for_pixels(page, card(page, "group0/tag0"), run_colour(page, "sweep-0/run-0000"))
    assert page.locator("article").count() < 120, "only what is near is there"
    scroller = page.locator(".scroller")
    scroller.evaluate("element => element.scrollTop = element.scrollHeight / 2")
    expect(card(page, "group0/tag0")).to_have_count(0)
    scroller.evaluate("element => element.scrollTop = element.scrollHeight")
    last = card(page, "group4/tag9999")
    wait_for_pixels(page, last, run_colour(page, "sweep-0/run-0000"))
    assert page.locator("article").count() < 120
    page.get_by_role("searchbox", name="Filter tags").fill("tag777")
    expect(page.get_by_text("11 charts")).to_be_visible()
    assert titles(page)[:3] == ["group0/tag7770", "group0/tag7775", "group1/tag7771"]


def test_odd_tags_are_drawn_and_sorted(odd_tags: str, open_page: Open) -> None:
    page = open_page(odd_tags + PLAIN, height=4000)
    colour = run_colour(page, "odd")
    for tag in TYPED_AND_FOUND.values():
        wait_for_pixels(page, card(page, tag), colour)
    shown = titles(page)
    assert [title for title in shown if title.startswith("order/")] == [f"order/layer{n}" for n in (1, 2, 9, 10)]
    # Whatever the case and the marks: as in a telephone book, not by code point.
    names = [title.split("/")[1] for title in shown if title.startswith("isimler/")]
    assert names == ["ali", "ilker", "Işık", "Ömer", "Zeki"]
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440, "a long tag stretches nothing"


def test_odd_tags_are_found_whatever_their_case(odd_tags: str, open_page: Open) -> None:
    page = open_page(odd_tags + PLAIN, height=4000)
    field = page.get_by_role("searchbox", name="Filter tags")
    expect(page.locator("article")).to_have_count(len(set(TYPED_AND_FOUND.values())) + 9)
    for typed, tag in TYPED_AND_FOUND.items():
        field.fill(typed)
        wait_until(page, lambda tag=tag: titles(page) == [tag], typed)
    field.fill("/^(istanbul|손실)/")
    wait_until(page, lambda: titles(page) == ["İSTANBUL/kayıp", "손실/훈련"], "two by an expression")


def test_the_palette_finds_odd_tags(odd_tags: str, open_page: Open) -> None:
    page = open_page(odd_tags)
    expect(page.get_by_role("article").first).to_be_visible()  # the page hears its keys
    for typed, tag in TYPED_AND_FOUND.items():
        if not typed[0].isalnum():
            continue  # marks are separators there
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Tags, runs, actions").fill(typed)
        expect(page.get_by_role("option").first, typed).to_contain_text(tag[:40])
        page.keyboard.press("Escape")


def test_a_broken_expression_is_explained_and_charts_stay(odd_tags: str, open_page: Open) -> None:
    page = open_page(odd_tags + PLAIN)
    field = page.get_by_role("searchbox", name="Filter tags")
    field.fill("/order/")
    wait_until(page, lambda: len(titles(page)) == 4, "four cards")
    field.fill("/order(/")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Not a regular expression")).to_be_visible()
    assert set(titles(page)) >= {f"order/layer{n}" for n in (1, 2, 9, 10)}


def test_series_at_the_edges(edges: str, open_page: Open) -> None:
    page = open_page(edges + PLAIN, height=2400)
    colour = run_colour(page, "edges")
    for tag in ("one point", "constant", "huge steps", "negative steps", "huge values", "tiny values", "idle gap"):
        wait_for_pixels(page, card(page, tag), colour)
    # Each chart has its sentence.
    expect(card(page, "constant")).to_contain_text("constant 42")
    expect(card(page, "one point")).to_contain_text("0.25 at step 5")
    expect(card(page, "all NaN").locator("footer")).to_contain_text("10 points, none finite")
    expect(card(page, "some not finite")).to_contain_text("at 7")
    # What has no finite value is marked at the edge, from the first point to the last.
    warning = parse_hex(page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--warning')"))
    marks = wait_for_pixels(page, card(page, "all NaN"), warning)
    wide = canvas_of(card(page, "all NaN")).bounding_box()
    assert wide
    assert marks.right - marks.left > wide["width"] * 0.7
    wait_for_pixels(page, card(page, "one NaN"), warning)
    # A flat line is drawn once, inside the plot, not at its edge.
    flat = find_pixels(card(page, "constant"), colour)
    box = canvas_of(card(page, "constant")).bounding_box()
    assert box
    assert flat.height < 10
    assert 0.2 * box["height"] < flat.row_at((flat.left + flat.right) / 2) < 0.8 * box["height"]


def test_marks_of_values_that_are_not_finite(edges: str, open_page: Open) -> None:
    page = open_page(edges + PLAIN, height=2400)
    chart = card(page, "some not finite")
    line = wait_for_pixels(page, chart, run_colour(page, "edges"))
    for step, value in ((7, "NaN"), (20, "∞"), (33, "−∞")):
        hover(chart, line.left + (line.right - 2 - line.left) * step / 49, 60)
        expect(tooltip(page)).to_contain_text(f"step {step}")
        assert tooltip_values(page)["edges"] == [value]


def test_steps_beyond_two_to_the_53(edges: str, open_page: Open) -> None:
    page = open_page(edges + PLAIN, height=2400)
    chart = card(page, "huge steps")
    line = wait_for_pixels(page, chart, run_colour(page, "edges"))
    box = canvas_of(chart).bounding_box()
    assert box
    # 100 points of 0…99 over the whole width: a straight rise, not a column of points on one another.
    assert line.right - line.left > box["width"] * 0.7
    assert line.row_at(line.left + 2) - line.row_at(line.right - 4) > box["height"] * 0.5
    hover(chart, line.left, line.row_at(line.left))
    expect(tooltip(page)).to_contain_text(f"step {HUGE_STEP:,}")
    assert tooltip_values(page)["edges"] == ["0"]
    page.mouse.move(1, 1)
    hover(chart, line.right - 2, line.row_at(line.right - 2))
    # Beyond 2^53 only every other integer is a number of JavaScript's: the last three points share one.
    expect(tooltip(page)).to_contain_text(re.compile("step 9,007,199,254,741,04[012]"))
    assert tooltip_values(page)["edges"][0] in ("97", "98", "99")


def test_a_run_that_vanishes(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_crowd(tmp_path, runs=3, tags=2, points=20)
    page = open_page(serve(tmp_path).url + PLAIN)
    chart = card(page, "group0/tag0")

    def drawn() -> set[str]:
        """Runs in the tooltip of the middle of the chart."""
        line = find_pixels(chart, run_colour(page, "sweep-2/run-0002"))
        hover(chart, (line.left + line.right) / 2, 60)
        runs = set(tooltip_values(page))
        page.mouse.move(1, 1)
        return runs

    wait_for_pixels(page, chart, run_colour(page, "sweep-2/run-0002"))
    names = {f"sweep-{number}/run-000{number}" for number in range(3)}
    wait_until(page, lambda: drawn() == names, "three runs")
    shutil.rmtree(tmp_path / "sweep-1")
    expect(run_row(page, "sweep-1/run-0001")).to_have_count(0, timeout=2 * LIVE_TIMEOUT_MS)
    wait_until(page, lambda: drawn() == names - {"sweep-1/run-0001"}, "two runs")
    shutil.rmtree(tmp_path / "sweep-0")
    shutil.rmtree(tmp_path / "sweep-2")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible(timeout=2 * LIVE_TIMEOUT_MS)


def test_without_the_server_the_last_data_stay(
    tmp_path: Path, serve: Serve, open_page: Open, complaints: Complaints
) -> None:
    complaints.expect_offline = True
    write_crowd(tmp_path, runs=2, tags=3, points=20)
    server = serve(tmp_path)
    page = open_page(server.url + PLAIN)
    chart = card(page, "group0/tag0")
    first, second = run_colour(page, "sweep-0/run-0000"), run_colour(page, "sweep-1/run-0001")
    wait_for_pixels(page, chart, first)
    wait_for_pixels(page, chart, second)
    wait_for_rest(page, chart)
    server.stop()
    banner = page.get_by_role("status").filter(has_text="Disconnected")
    expect(banner).to_contain_text(re.compile(r"Disconnected \d+ s"), timeout=2 * LIVE_TIMEOUT_MS)
    expect(banner).to_contain_text(re.compile(r"data are those of \d\d:\d\d:\d\d"))
    assert find_pixels(chart, first)
    # What is there can still be read: the values under the pointer, one run, a filter.
    hover(chart, find_pixels(chart, first).right - 6, 60)
    assert len(tooltip_values(page)) == 2
    page.mouse.move(1, 1)
    run_row(page, "sweep-1/run-0001").locator(".check").click()
    wait_until(page, lambda: not find_pixels(chart, second), "the unchecked run goes")
    assert find_pixels(chart, first), "what was drawn stays"


@pytest.mark.parametrize("runs", [1, 10, 100, 1000])
def test_any_number_of_runs(runs: int, tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_crowd(tmp_path, runs=runs, tags=6, points=30)
    page = open_page(serve(tmp_path).url + PLAIN)
    expect(page.get_by_label("Status")).to_contain_text(f"{runs:,} of {runs:,} runs", timeout=2 * LIVE_TIMEOUT_MS)
    chart = card(page, "group0/tag0")
    canvas_of(chart).wait_for()
    picture = wait_for_rest(page, chart)
    assert len(picture) > 3000, "a blank canvas compresses to less"
    page.get_by_role("searchbox", name="Filter runs").fill("run-0000")
    expect(
        page.get_by_text(f"1 of {runs} match" if runs < 1000 else re.compile(r"1 of 1,?000 match"))
    ).to_be_visible()
    run_row(page, "sweep-0/run-0000").locator(".name").dblclick()
    expect(page.get_by_label("Status")).to_contain_text(f"1 of {runs:,} runs")
    page.mouse.move(720, 500)
    wait_for_pixels(page, chart, run_colour(page, "sweep-0/run-0000"))
