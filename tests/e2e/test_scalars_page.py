"""The scalars page as a whole: sections, the order of cards, full screen, several tags in one chart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import serve_shared
from e2e_logs import START
from looking import (
    canvas_of,
    card,
    find_pixels,
    picture_of,
    run_box,
    run_colour,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect
from test_accessibility import AXE, violations

from epochal import SummaryWriter

Open = Callable[..., Page]
TAGS = ("net/a/bias", "net/a/weight", "net/b/bias", "net/b/weight", "net/loss", "lr", "net/lone/x")


def write_tree(logdir: Path) -> None:
    """Two runs with tags some folders deep; `lr` is a thousand times smaller than the rest."""
    for index, run in enumerate(("first", "second")):
        with SummaryWriter(logdir / run) as writer:
            for step in range(50):
                for place, tag in enumerate(TAGS):
                    value = 1e-3 * step / 50 if tag == "lr" else step + 10 * place + index
                    writer.add_scalar(tag, value, step, START + step)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_tree`'s runs; no test changes them."""
    yield from serve_shared(write_tree, tmp_path_factory.mktemp("tree"))


def section(page: Page, title: str) -> Locator:
    # A slash would end the expression where the browser reads it.
    return page.get_by_role("region", name=re.compile(rf"^{re.escape(title).replace('/', '[/]')} \d+$"))


def titles(where: Page | Locator) -> list[str]:
    """Titles of the cards in the order in which they stand."""
    names: list[str] = where.locator("article h3").evaluate_all(
        "all => all.map(h => [h.closest('article').getBoundingClientRect(), h.getAttribute('aria-label')])"
        ".sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, name]) => name)"
    )
    return names


def open_menu(page: Page, chart: Locator, title: str, entry: str) -> None:
    chart.hover()
    chart.get_by_role("button", name=f"More for {title}").click()
    page.get_by_role("menuitem", name=entry).click()


def legend(chart: Locator) -> list[str]:
    """Names in the legend, without what its buttons say."""
    names: list[str] = chart.get_by_role("list", name="Legend").locator(".name").all_inner_texts()
    return names


def test_the_first_questions_are_asked_before_cards_and_runs_are_there(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    page.add_init_script(
        """
        window.asked = [];
        const send = window.fetch;
        window.fetch = (url, init) => {
          const there = document.querySelectorAll("article, [data-row]").length;
          if (String(url).endsWith("api/scalars")) asked.push([init.body, there]);
          return send(url, init);
        };
        """
    )
    page.reload()
    expect(page.locator(".plot[aria-busy=false]")).to_have_count(len(TAGS))
    asked: list[tuple[str, int]] = page.evaluate("asked")
    assert {there for _, there in asked} == {0}
    # The cards, once there, ask nothing else: they are as wide as was foretold.
    assert len({body for body, _ in asked}) == len(asked) == len(TAGS)
    beside: list[int] = page.locator("article").evaluate_all(
        "(all) => all.map((one) => one.offsetWidth - one.querySelector('.plot').offsetWidth)"
    )
    assert beside == [12] * len(TAGS)


def test_charts_that_nobody_sees_follow_those_that_are_seen(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    page.set_viewport_size({"width": 1440, "height": 420})
    # Of seven: two are too far away to be there.
    expect(page.locator(".plot[aria-busy=false]")).to_have_count(5)
    page.evaluate(
        """
        window.changed = [];
        for (const card of document.querySelectorAll("article")) {
          const title = card.querySelector("h3").getAttribute("aria-label");
          const plot = card.querySelector("[role=application]");
          const { top } = plot.getBoundingClientRect();
          const note = () => changed.push({ title, seen: top < innerHeight, when: performance.now() });
          new MutationObserver(note).observe(plot, { attributeFilter: ["aria-label"] });
        }
        """
    )
    run_box(page, "second").uncheck()
    wait_until(page, lambda: page.evaluate("changed.length") == 5, "every chart speaks of one run")
    changed: list[dict[str, float]] = page.evaluate("changed")
    seen, unseen = ([one["when"] for one in changed if one["seen"] == flag] for flag in (True, False))
    assert min(unseen) > max(seen) + 250
    # A chart that comes into sight is as new as the others, at once.
    run_box(page, "first").uncheck()
    run_box(page, "second").check()
    lowest = card(page, page.evaluate("changed.at(-1).title"))
    lowest.scroll_into_view_if_needed()
    wait_for_pixels(page, lowest, run_colour(page, "second"))
    assert not find_pixels(lowest, run_colour(page, "first"))


def test_sections_nest_and_fold_together(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    expect(section(page, "net")).to_have_accessible_name("net 6")
    wait_until(page, lambda: titles(section(page, "net")) == ["net/lone/x", "net/loss"], "a folder's own tags")
    assert titles(section(page, "net/a")) == ["net/a/bias", "net/a/weight"]
    section(page, "net").get_by_role("button", name=re.compile("^net 6")).click()
    expect(section(page, "net/a")).to_have_count(0)
    expect(card(page, "net/loss")).to_have_count(0)
    expect(card(page, "lr")).to_be_visible()
    section(page, "net").get_by_role("button", name=re.compile("^net 6")).click()
    expect(section(page, "net/a")).to_have_count(1)


def test_only_one_section(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    section(page, "net/a").hover()
    section(page, "net/a").get_by_role("button", name="Only this section").click()
    wait_until(page, lambda: titles(page) == ["net/a/bias", "net/a/weight"], "the section's cards")
    page.get_by_role("button", name="All sections").click()
    wait_until(page, lambda: len(titles(page)) == len(TAGS), "all cards")


def test_sections_of_one_folder(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    page.get_by_role("button", name="Options of all charts").click()
    page.get_by_label("Sections by").select_option("1")
    page.keyboard.press("Escape")
    expect(section(page, "net/a")).to_have_count(0)
    wait_until(page, lambda: len(titles(section(page, "net"))) == 6, "one section")


def test_cards_move_by_pointer_and_keyboard_and_stay(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    net = section(page, "net")
    wait_until(page, lambda: titles(net) == ["net/lone/x", "net/loss"], "cards")
    card(page, "net/loss").locator("header").drag_to(card(page, "net/lone/x"), target_position={"x": 8, "y": 100})
    wait_until(page, lambda: titles(net) == ["net/loss", "net/lone/x"], "the moved card first")
    page.wait_for_timeout(400)
    page.reload()
    wait_until(page, lambda: titles(net) == ["net/loss", "net/lone/x"], "the order after a reload")
    card(page, "net/loss").focus()
    page.keyboard.press("Shift+ArrowRight")
    wait_until(page, lambda: titles(net) == ["net/lone/x", "net/loss"], "moved on")
    page.keyboard.press("Shift+ArrowLeft")
    wait_until(page, lambda: titles(net) == ["net/loss", "net/lone/x"], "moved back")
    page.get_by_role("button", name="Options of all charts").click()
    page.get_by_role("button", name="Natural order").click()
    wait_until(page, lambda: titles(net) == ["net/lone/x", "net/loss"], "natural order")


def test_pins_keep_their_order_and_are_cleared_at_once(tree: str, open_page: Open) -> None:
    page = open_page(f"{tree}#/scalars?pin=lr,net/loss")
    pinned = section(page, "Pinned")
    wait_until(page, lambda: titles(pinned) == ["lr", "net/loss"], "pins")
    pinned.get_by_role("article").last.focus()
    page.keyboard.press("Shift+ArrowLeft")
    wait_until(page, lambda: titles(pinned) == ["net/loss", "lr"], "moved pins")
    pinned.get_by_role("button", name="Clear pins").click()
    expect(section(page, "Pinned")).to_have_count(0)
    page.wait_for_url(lambda url: "pin=" not in url)


def test_full_screen_goes_to_the_next_chart(tree: str, open_page: Open) -> None:
    page = open_page(f"{tree}#/scalars?pin=net/a/bias", height=500)
    # Pinned, General, net, net/a without the pinned one, net/b: every chart once.
    order = ["net/a/bias", "lr", "net/lone/x", "net/loss", "net/a/weight", "net/b/bias", "net/b/weight"]
    full = page.locator("article:popover-open")
    card(page, "net/a/bias").first.focus()
    page.keyboard.press("f")
    for title in order:
        expect(full.get_by_role("heading", level=3)).to_have_accessible_name(title)
        wait_for_pixels(page, full, run_colour(page, "second"))
        page.keyboard.press("ArrowRight")
    expect(full.get_by_role("heading", level=3)).to_have_accessible_name(order[-1])
    page.keyboard.press("ArrowLeft")
    expect(full.get_by_role("heading", level=3)).to_have_accessible_name(order[-2])
    page.wait_for_timeout(400)
    page.reload()
    expect(full.get_by_role("heading", level=3)).to_have_accessible_name(order[-2])
    page.keyboard.press("Escape")
    expect(full).to_have_count(0)


def test_a_card_dropped_on_another_is_drawn_there(tree: str, open_page: Open) -> None:
    page = open_page(f"{tree}#/scalars?smooth=none")
    host = card(page, "net/loss")
    wait_for_pixels(page, host, run_colour(page, "first"))
    alone = wait_for_rest(page, host)
    card(page, "net/lone/x").locator("header").drag_to(host)
    wait_until(page, lambda: legend(host) == ["net/loss", "net/lone/x"], "both tags in the legend")
    wait_until(page, lambda: wait_for_rest(page, host) != alone, "more lines")
    expect(card(page, "net/lone/x")).to_be_visible()
    # The same magnitude shares the axis, and the address holds it.
    page.wait_for_url("**over=net/loss~net/lone/x**")
    page.get_by_role("button", name="Undo").click()
    expect(host.get_by_role("list", name="Legend")).to_have_count(0)
    page.mouse.move(1, 1)
    wait_until(page, lambda: wait_for_rest(page, host) == alone, "alone again")


def test_another_magnitude_has_an_axis_of_its_own(tree: str, open_page: Open) -> None:
    page = open_page(f"{tree}#/scalars?smooth=none&over=net/loss~lr")
    host = card(page, "net/loss")
    colour = run_colour(page, "first")
    lines = wait_for_pixels(page, host, colour)
    sides = host.get_by_role("button", name=re.compile("axis: move"))
    expect(sides.nth(0)).to_have_text("left")
    expect(sides.nth(1)).to_have_text("right")
    # `lr` rises over the whole height like `net/loss`; on one axis it would lie flat on the ground.
    both = wait_for_rest(page, host)
    assert lines.height > 60
    sides.nth(1).click()
    expect(sides.nth(1)).to_have_text("left")
    page.mouse.move(1, 1)
    wait_until(page, lambda: wait_for_rest(page, host) != both, "one axis")
    page.wait_for_timeout(400)
    page.reload()
    wait_until(page, lambda: legend(host) == ["net/loss", "lr"], "the overlay after a reload")
    host.hover()
    expect(sides.nth(1)).to_have_text("left")
    # Out again.
    host.get_by_role("button", name="Take lr out of this chart").click()
    expect(host.get_by_role("list", name="Legend")).to_have_count(0)


def test_tags_to_overlay_are_picked_from_a_list(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    host = card(page, "lr")
    open_menu(page, host, "lr", "Overlay another tag")
    picker = page.get_by_role("dialog", name="Overlay another tag: lr")
    picker.get_by_role("searchbox").fill("/a.*weight$/")
    expect(picker.get_by_role("checkbox")).to_have_count(1)
    picker.get_by_role("checkbox").check(force=True)
    wait_until(page, lambda: legend(host) == ["lr", "net/a/weight"], "the picked tag")
    picker.get_by_role("searchbox").fill("bias")
    picker.get_by_role("button", name="Overlay all 2").click()
    wait_until(page, lambda: len(legend(host)) == 4, "all that match")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(picker).not_to_be_visible()
    open_menu(page, host, "lr", "Take the overlay apart")
    expect(host.get_by_role("list", name="Legend")).to_have_count(0)


def test_all_that_match_the_filter_in_one_chart(tree: str, open_page: Open) -> None:
    page = open_page(tree)
    page.get_by_role("searchbox", name="Filter tags").fill("/bias$/")
    page.get_by_role("button", name="Overlay all 2").click()
    chart = section(page, "Overlays").get_by_role("article")
    wait_until(page, lambda: legend(chart) == ["net/a/bias", "net/b/bias"], "both tags")
    wait_for_pixels(page, chart, run_colour(page, "second"))
    chart.get_by_role("button", name="Take net/a/bias out of this chart").click()
    wait_until(page, lambda: legend(chart) == [], "a lone tag needs no legend")
    page.get_by_role("searchbox", name="Filter tags").fill("")
    page.wait_for_timeout(400)
    page.reload()
    wait_for_pixels(page, section(page, "Overlays").get_by_role("article"), run_colour(page, "second"))
    assert canvas_of(chart).count() == 1


def test_dashes_say_the_tag_and_colours_the_run(tree: str, open_page: Open) -> None:
    page = open_page(f"{tree}#/scalars?smooth=none&over=net/a/bias~net/b/weight")
    host = card(page, "net/a/bias")
    wait_for_pixels(page, host, run_colour(page, "first"))
    wait_for_rest(page, host)
    samples = host.get_by_role("list", name="Legend").locator("line")
    assert samples.nth(0).get_attribute("stroke-dasharray") == ""
    assert samples.nth(1).get_attribute("stroke-dasharray") != ""
    assert find_pixels(host, run_colour(page, "second"))


def test_charts_without_checked_runs_can_be_hidden(gallery: str, open_page: Open) -> None:
    page = open_page(f"{gallery}#/scalars?runs=flat")
    expect(card(page, "shape/broken")).to_contain_text("None of the checked runs has this tag.")
    page.get_by_role("button", name="Options of all charts").click()
    page.get_by_text("Hide charts without a checked run").click()
    expect(card(page, "shape/broken")).to_have_count(0)
    expect(card(page, "shape/line")).to_be_visible()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: cd web && npm ci")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(tree: str, open_page: Open, theme: str) -> None:
    page = open_page(f"{tree}#/scalars?over=net/loss~lr&group=folder:1&pin=net/loss", theme=theme)
    wait_until(page, lambda: picture_of(card(page, "net/loss").first), "a chart")
    found = [f"page: {each}" for each in violations(page)]
    for name in ("Options of all charts", "Group"):
        page.get_by_role("button", name=name).first.click()
        page.get_by_role("dialog", name=re.compile("^(Options|Groups)")).get_by_role("combobox").first.wait_for()
        found += [f"{name}: {each}" for each in violations(page)]
        page.keyboard.press("Escape")
    for entry in ("Options of this chart", "Limits of the axes", "Overlay another tag"):
        open_menu(page, card(page, "lr"), "lr", entry)
        page.get_by_role("dialog", name=re.compile(": lr$")).get_by_role("button", name="Done").wait_for()
        found += [f"{entry}: {each}" for each in violations(page)]
        page.keyboard.press("Escape")
    assert not found, "\n".join(found)
