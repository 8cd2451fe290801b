"""Options of the scalars page and of single charts, groups of runs: what is set is what is drawn, and stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import serve_shared
from e2e_logs import START
from e2e_scalars_logs import SEEDS, loss_of, write_edges, write_restart_and_lanes, write_sweep
from e2e_server import Server
from looking import (
    canvas_of,
    card,
    drag,
    find_pixels,
    hover,
    picture_of,
    run_colour,
    tooltip,
    tooltip_values,
    wait_for_pixels,
    wait_for_rest,
    wait_until,
)
from playwright.sync_api import Locator, Page, expect

from epochal import SummaryWriter

PLAIN = "#/scalars?smooth=none"
Open = Callable[..., Page]
Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_sweep`'s runs; no test changes them."""
    yield from serve_shared(write_sweep, tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_edges`'s run and `write_restart_and_lanes`'s."""
    folder = tmp_path_factory.mktemp("edges")
    write_restart_and_lanes(folder)
    yield from serve_shared(write_edges, folder)


def open_options(page: Page) -> Locator:
    page.get_by_role("button", name="Options of all charts").click()
    options = page.get_by_role("dialog", name="Options of all charts")
    options.get_by_role("combobox").first.wait_for()
    return options


def open_own(page: Page, chart: Locator) -> Locator:
    chart.focus()
    page.keyboard.press("o")
    options = page.get_by_role("dialog", name=re.compile("^Options of this chart"))
    options.get_by_role("combobox").first.wait_for()
    return options


def head_at(page: Page, chart: Locator, share: float) -> str:
    """What the tooltip's head says at a share of the chart's width."""
    page.mouse.move(1, 1)
    box = canvas_of(chart).bounding_box()
    assert box
    hover(chart, box["width"] * share, box["height"] / 2)
    return tooltip(page).locator(".head").inner_text()


def settle(page: Page) -> None:
    """The address follows within a quarter of a second."""
    page.wait_for_timeout(400)


def test_every_x_axis(edges: str, open_page: Open) -> None:
    page = open_page(f"{edges}{PLAIN}&tags=idle")
    chart = card(page, "idle gap")
    wait_for_pixels(page, chart, run_colour(page, "edges"))
    drawn = {"step": wait_for_rest(page, chart)}
    options = open_options(page)
    for axis in ("relative", "active", "wall_time", "relative_step"):
        options.get_by_label("Values of the x axis").select_option(axis)
        page.wait_for_url(f"**x={axis}**")
        drawn[axis] = wait_for_rest(page, chart)
    page.keyboard.press("Escape")
    # Relative time holds the idle hour that active time leaves out; relative steps begin at 0 as these steps do.
    assert len(set(drawn.values())) == 4
    assert drawn["step"] == drawn["relative_step"]
    page.get_by_role("radiogroup", name="X axis").get_by_text("Step", exact=True).click()
    wait_until(page, lambda: wait_for_rest(page, chart) == drawn["step"], "steps again")


def test_active_time_leaves_the_idle_hour_out(edges: str, open_page: Open) -> None:
    page = open_page(f"{edges}{PLAIN}&tags=idle&x=active")
    chart = card(page, "idle gap")
    line = wait_for_pixels(page, chart, run_colour(page, "edges"))
    # One point a second all along: a straight line, which the idle hour would break at its middle.
    middle = (line.left + line.right) / 2
    for share in (0.25, 0.75):
        at = line.left + (line.right - line.left) * share
        expected = line.row_at(middle) + (0.5 - share) * line.height
        assert line.row_at(at) == pytest.approx(expected, abs=3)


def test_another_tag_as_x(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=accuracy")
    chart = card(page, "train/accuracy")
    canvas_of(chart).wait_for()
    options = open_options(page)
    options.get_by_label("Values of the x axis").select_option("tag")
    field = options.get_by_role("combobox", name="Tag whose values are the x axis")
    field.fill("examples")
    field.press("Enter")
    page.wait_for_url("**x=tag:examples**")
    page.keyboard.press("Escape")
    wait_for_rest(page, chart)
    # examples = 64 × step
    found = re.match(r"([\d,.]+)\s*step ([\d,]+)", head_at(page, chart, 0.5).replace("\n", " "))
    assert found
    assert float(found[1].replace(",", "")) == 64 * int(found[2].replace(",", ""))


def test_scales_of_both_axes(gallery: str, open_page: Open) -> None:
    page = open_page(f"{gallery}{PLAIN}")
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    pictures = {wait_for_rest(page, chart)}
    options = open_options(page)
    for axis, key in (("x", "xs"), ("y", "y")):
        for scale in ("Log", "Symlog"):
            scales = options.get_by_role("radiogroup", name=f"Scale of the {axis} axis")
            scales.get_by_text(scale, exact=True).click()
            page.wait_for_url(f"**{key}={scale.lower()}**")
            pictures.add(wait_for_rest(page, chart))
    assert len(pictures) == 5
    options.get_by_role("button", name="Defaults").click()
    page.wait_for_url(lambda url: "xs=" not in url and "y=" not in url)


def test_a_chart_of_its_own_and_back(gallery: str, open_page: Open) -> None:
    page = open_page(f"{gallery}{PLAIN}")
    chart, other = card(page, "shape/line"), card(page, "shape/decay")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    wait_for_pixels(page, other, run_colour(page, "ramp"))
    before, others = wait_for_rest(page, chart), wait_for_rest(page, other)
    options = open_own(page, chart)
    options.get_by_role("radiogroup", name="Scale of the y axis").get_by_text("Symlog").click()
    options.get_by_label("Kind of smoothing").select_option("median")
    page.wait_for_url("**cards=shape/line~**")
    options.get_by_role("button", name="Done").click()
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    wait_until(page, lambda: wait_for_rest(page, chart) != before, "its own options")
    assert wait_for_rest(page, other) == others
    expect(chart.get_by_text("symlog")).to_be_visible()
    # It keeps them while the page changes, and over a reload.
    own = wait_for_rest(page, chart)
    page.get_by_role("radiogroup", name="Y axis").get_by_text("Log", exact=True).click()
    wait_until(page, lambda: wait_for_rest(page, other) != others, "the page's options")
    assert wait_for_rest(page, chart) == own
    settle(page)
    page.reload()
    wait_until(page, lambda: wait_for_rest(page, chart) == own, "the same after a reload")
    page.get_by_role("radiogroup", name="Y axis").get_by_text("Linear", exact=True).click()
    chart.get_by_role("button", name="own options").click()
    page.mouse.move(1, 1)
    wait_until(page, lambda: wait_for_rest(page, chart) == before, "the page's options again")
    settle(page)
    assert "cards=" not in page.url


def test_typed_limits(gallery: str, open_page: Open) -> None:
    page = open_page(f"{gallery}{PLAIN}")
    chart = card(page, "shape/line")
    whole = wait_for_pixels(page, chart, run_colour(page, "flat"))
    chart.hover()
    chart.get_by_role("button", name="More for shape/line").click()
    page.get_by_role("menuitem", name="Limits of the axes").click()
    form = page.get_by_role("dialog", name="Limits of the axes: shape/line")
    form.get_by_label("Y axis, to").fill("50")
    form.get_by_label("Y axis, to").press("Enter")
    form.get_by_label("Y axis, from").fill("0")
    form.get_by_label("Y axis, from").press("Enter")
    # `flat` is 25: now half way up, where it was a quarter. `ramp` leaves the chart, and that is counted.
    flat = run_colour(page, "flat")
    wait_until(page, lambda: find_pixels(chart, flat).row_at(60) < whole.row_at(60) - 20, "limits")
    expect(chart.get_by_text(re.compile(r"▲ \d+ outside"))).to_be_visible()
    form.get_by_label("Y axis, from").fill("60")
    form.get_by_label("Y axis, from").press("Enter")
    expect(form.get_by_role("status")).to_contain_text("below")
    form.get_by_label("Y axis, from").fill("x")
    form.get_by_label("Y axis, from").press("Enter")
    expect(form.get_by_role("status")).to_contain_text("not a number")
    # The other end is right, this one still is not: the complaint and the text stay.
    form.get_by_label("Y axis, to").fill("40")
    form.get_by_label("Y axis, to").press("Enter")
    expect(form.get_by_role("status")).to_contain_text("“x” is not a number")
    expect(form.get_by_label("Y axis, from")).to_have_value("x")
    form.get_by_label("Y axis, from").fill("0")
    form.get_by_label("Y axis, to").fill("50")
    form.get_by_label("Y axis, to").press("Enter")
    expect(form.get_by_role("status")).to_be_empty()
    settle(page)
    assert "cards=shape/line~lim%3D::0:50" in page.url
    form.get_by_role("button", name="Use for all charts").click()
    settle(page)
    assert "&lim=::0:50" in page.url
    assert "cards=" not in page.url
    form.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Options of all charts").click()
    page.get_by_role("button", name="Defaults").click()
    page.keyboard.press("Escape")
    expect(chart.get_by_text(re.compile("outside"))).to_have_count(0)
    page.goto(f"{gallery}{PLAIN}&cards=shape/line~lim%3D::0:50")
    chart.get_by_role("button", name=re.compile("outside")).click()
    expect(chart.get_by_text(re.compile("outside"))).to_have_count(0)


def test_outliers_are_left_out_on_demand_and_said(edges: str, open_page: Open) -> None:
    page = open_page(f"{edges}{PLAIN}&tags=outlier&runs=edges")
    chart = card(page, "outlier")
    flat = wait_for_pixels(page, chart, run_colour(page, "edges"))
    assert flat.height > 60  # the spike
    options = open_options(page)
    options.get_by_text("Fit without outliers").click()
    page.keyboard.press("Escape")
    badge = chart.get_by_role("button", name=re.compile(r"▲ 1 outside"))
    expect(badge).to_be_visible()
    badge.click()
    expect(badge).to_have_count(0)
    wait_until(page, lambda: "cards=outlier~out" in page.url, "this chart shows all")


def test_zero_and_last_values(gallery: str, open_page: Open) -> None:
    page = open_page(f"{gallery}{PLAIN}&tags=decay&runs=flat")
    chart = card(page, "shape/decay")
    wait_for_pixels(page, chart, run_colour(page, "flat"))
    picture = wait_for_rest(page, chart)
    options = open_options(page)
    options.get_by_text("Zero on the y axis").click()
    page.wait_for_url("**zero=1**")
    with_zero = wait_for_rest(page, chart)
    options.get_by_text("Last values beside the lines").click()
    page.wait_for_url("**last=1**")
    assert len({picture, with_zero, wait_for_rest(page, chart)}) == 3


@pytest.mark.parametrize("kind", ["time_weighted", "mean", "median"])
def test_kinds_of_smoothing(gallery: str, open_page: Open, kind: str) -> None:
    page = open_page(f"{gallery}#/scalars?tags=zigzag")
    chart = card(page, "shape/zigzag")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    before = wait_for_rest(page, chart)
    options = open_options(page)
    options.get_by_label("Kind of smoothing").select_option(kind)
    field = options.get_by_role("textbox", name="Strength of smoothing, as a number")
    field.fill("0.8" if kind == "time_weighted" else "9")
    field.press("Enter")
    page.wait_for_url(f"**smooth={kind}:{'0.8' if kind == 'time_weighted' else '9'}**")
    assert wait_for_rest(page, chart) != before


def test_replaced_points_and_lanes(edges: str, open_page: Open) -> None:
    page = open_page(f"{edges}{PLAIN}&tags=loss&runs=restarted,lanes")
    chart = card(page, "loss")
    wait_for_pixels(page, chart, run_colour(page, "restarted"))
    before = wait_for_rest(page, chart)
    chart.get_by_role("button", name="20 replaced").click()
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    wait_until(page, lambda: wait_for_rest(page, chart) != before, "replaced points")
    chart.get_by_role("button", name="20 replaced").click()
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    wait_until(page, lambda: wait_for_rest(page, chart) == before, "without them")
    options = open_options(page)
    options.get_by_text("Last lane of each run only").click()
    page.keyboard.press("Escape")
    page.wait_for_url("**lanes=last**")
    hover(chart, 120, 60)
    expect(tooltip(page)).to_contain_text("lanes (lane 2)")
    assert "lanes" not in tooltip_values(page)
    # Groups are made without what was replaced: nothing offers to show it.
    page.goto(f"{edges}{PLAIN}&tags=loss&runs=restarted,lanes&group=folder:1&sup=1")
    page.reload()
    expect(chart.get_by_text("20 replaced")).to_be_visible()
    expect(chart.get_by_role("button", name="20 replaced")).to_have_count(0)
    box = open_options(page).get_by_role(
        "checkbox", name=re.compile("restart replaced .not drawn while runs are grouped")
    )
    expect(box).to_be_disabled()
    expect(box).not_to_be_checked()


def test_shared_limits(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}")
    loss, accuracy = card(page, "train/loss"), card(page, "train/accuracy")
    wait_for_pixels(page, loss, run_colour(page, "baseline"))
    before, flat = wait_for_rest(page, loss), wait_for_rest(page, accuracy)
    options = open_options(page)
    options.get_by_label("Limits of y axes").select_option("section")
    page.wait_for_url("**sharey=1**")
    page.keyboard.press("Escape")
    # accuracy 0…1 beside losses up to 33: both on one axis from 0 to 33
    wait_until(page, lambda: wait_for_rest(page, accuracy) != flat, "a shared axis")
    wait_until(page, lambda: wait_for_rest(page, loss) != before, "the loss from zero on")


def test_zoom_of_all_charts(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&link=1")
    loss, accuracy = card(page, "train/loss"), card(page, "train/accuracy")
    wait_for_pixels(page, loss, run_colour(page, "baseline"))
    wait_for_rest(page, accuracy)
    box = canvas_of(loss).bounding_box()
    assert box
    drag(loss, (box["width"] * 0.3, 60), (box["width"] * 0.6, 61))
    for chart in (loss, accuracy):
        expect(chart.get_by_text("zoomed")).to_be_visible()
    settle(page)
    page.reload()
    expect(accuracy.get_by_text("zoomed")).to_be_visible()
    accuracy.get_by_text("zoomed").click()
    for chart in (loss, accuracy):
        expect(chart.get_by_text("zoomed")).to_have_count(0)


def test_groups_equal_the_mean_of_their_runs(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=loss")
    chart = card(page, "train/loss")
    wait_for_pixels(page, chart, run_colour(page, "baseline"))
    page.get_by_role("button", name="Group").click()
    form = page.get_by_role("dialog", name="Groups of runs")
    form.get_by_label("Group runs by").select_option("folder")
    expect(form.get_by_role("status")).to_contain_text("3 groups")
    page.wait_for_url("**group=folder:1**")
    page.keyboard.press("Escape")
    legend = chart.get_by_role("list", name="Legend")
    # The seeds stop at 100, 90, 80 and 70 points.
    expect(legend).to_contain_text("lr=0.001")
    expect(legend.get_by_role("listitem").filter(has_text="lr=0.01")).to_contain_text("n = 4")
    wait_for_rest(page, chart)
    head = head_at(page, chart, 0.4)
    step = int(re.search(r"step ([\d,]+)", head)[1].replace(",", ""))  # type: ignore[index]
    rows = tooltip_values(page)
    for rate, group in ((0.001, "lr=0.001"), (0.01, "lr=0.01")):
        values = [loss_of(rate, seed, step) for seed in SEEDS]
        shown = next(cells for name, cells in rows.items() if name.endswith(group))
        assert float(shown[0]) == pytest.approx(sum(values) / len(values), rel=1e-3)
        assert shown[1] == f"{min(values):.4g} … {max(values):.4g}" or "…" in shown[1]
        assert shown[2] == "4"


def test_centre_and_band_of_groups(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=loss&group=folder:1")
    chart = card(page, "train/loss")
    chart.get_by_role("list", name="Legend").wait_for()
    seen = {wait_for_rest(page, chart)}
    page.get_by_role("button", name="Group").click()
    form = page.get_by_role("dialog", name="Groups of runs")
    for band in ("std", "sem", "ci95", "none"):
        form.get_by_label("Band of a group").select_option(band)
        page.wait_for_url(f"**agg=mean,{band}**")
        wait_until(page, lambda: wait_for_rest(page, chart) not in seen, band)
        seen.add(wait_for_rest(page, chart))
    form.get_by_label("Band of a group").select_option("percentile")
    form.get_by_label("Lower percentile").fill("10")
    form.get_by_label("Lower percentile").press("Enter")
    form.get_by_label("Middle of a group").select_option("median")
    page.wait_for_url("**agg=median,percentile,10,75**")


def test_groups_by_expression_and_hyperparameter(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=loss")
    chart = card(page, "train/loss")
    page.get_by_role("button", name="Group").click()
    form = page.get_by_role("dialog", name="Groups of runs")
    form.get_by_label("Group runs by").select_option("regex")
    field = form.get_by_role("textbox", name="Regular expression for runs")
    field.fill("(seed=")
    expect(form).to_contain_text("Not a regular expression")
    field.fill("(seed=\\d)")
    legend = chart.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem").filter(has_text="seed=3")).to_contain_text("n = 2")
    form.get_by_label("Group runs by").select_option("hparam")
    field = form.get_by_role("combobox", name="Hyperparameter")
    field.fill("lr")
    field.press("Enter")
    expect(legend.get_by_role("listitem").filter(has_text="lr = 0.01")).to_contain_text("n = 4")
    form.get_by_label("Group runs by").select_option("none")
    expect(legend).to_have_count(0)


def test_a_groups_runs_show_on_hover(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=loss&group=folder:1&agg=mean,none")
    chart = card(page, "train/loss")
    legend = chart.get_by_role("list", name="Legend")
    legend.wait_for()
    before = wait_for_rest(page, chart)
    legend.get_by_role("button").first.hover()
    wait_until(page, lambda: wait_for_rest(page, chart) != before, "its runs")
    page.mouse.move(1, 1)
    wait_until(page, lambda: wait_for_rest(page, chart) == before, "the group alone")


def test_the_tooltips_order_and_rows(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=loss")
    chart = card(page, "train/loss")
    wait_for_pixels(page, chart, run_colour(page, "baseline"))
    options = open_options(page)
    options.get_by_label("Order of the tooltip's rows").select_option("ascending")
    options.get_by_label("Rows of the tooltip at most").fill("3")
    options.get_by_label("Rows of the tooltip at most").press("Enter")
    page.keyboard.press("Escape")
    page.reload()
    wait_for_pixels(page, chart, run_colour(page, "baseline"))
    head_at(page, chart, 0.3)
    values = [float(cells[0]) for cells in tooltip_values(page).values()]
    assert len(values) == 3
    assert values == sorted(values)
    expect(tooltip(page)).to_contain_text("+6 more")


def test_the_size_of_cards(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + PLAIN)
    chart = card(page, "group")
    widths = []
    options = open_options(page)
    for size in ("S", "M", "L", "XL"):
        options.get_by_role("radiogroup", name="Card size").get_by_text(size, exact=True).click()
        page.wait_for_timeout(100)
        widths.append(chart.bounding_box()["width"])  # type: ignore[index]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4
    page.reload()
    wait_until(page, lambda: chart.bounding_box()["width"] == widths[-1], "the same size")  # type: ignore[index]


def test_nothing_of_it_moves_when_points_come(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    """Overlay, order, own options, a window and an open form stay through live updates."""
    with SummaryWriter(tmp_path / "run", flush_secs=1) as writer:

        def log(steps: range, scale: float) -> None:
            for step in steps:
                writer.add_scalar("a", step, step, START + step)
                writer.add_scalar("b", 10 * step, step, START + step)
                writer.add_scalar("c", scale * step, step, START + step)
            writer.flush()

        log(range(20), 1)
        page = open_page(f"{serve(tmp_path).url}#/scalars?over=a~c&order=c~a&cards=b~y%3Dlog&zoom=c~s~2~8~~")
        for tag in ("a", "b", "c"):
            wait_for_pixels(page, card(page, tag), run_colour(page, "run"))
        options = open_own(page, card(page, "b"))
        boxes = [card(page, tag).bounding_box() for tag in ("a", "b", "c")]
        address = page.url
        drawn = picture_of(card(page, "b"))
        # `c` is now of another magnitude: opened anew it would go to an axis of its own.
        log(range(20, 60), 1000)
        wait_until(page, lambda: picture_of(card(page, "b")) != drawn, "new points")
        assert [card(page, tag).bounding_box() for tag in ("a", "b", "c")] == boxes
        assert page.url == address
        expect(options).to_be_visible()
        expect(card(page, "c").get_by_text("zoomed")).to_be_visible()
        sides = card(page, "a").get_by_role("list", name="Legend").locator(".side")
        assert sides.all_text_contents() == ["left", "left"]
        settle(page)
        page.reload()
        wait_until(page, lambda: sides.all_text_contents() == ["left", "right"], "the axis that it would have")


def test_the_baseline_has_a_look_of_its_own(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    for index, name in enumerate(("base", "other")):
        with SummaryWriter(tmp_path / name) as writer:
            for step in range(50):
                writer.add_scalar("loss", step + 10 * index, step, START + step)
    page = open_page(f"{serve(tmp_path).url}{PLAIN}")
    chart = card(page, "loss")
    wait_for_pixels(page, chart, run_colour(page, "base"))
    page.evaluate(
        "changes => fetch('./api/state', {method: 'POST', headers: {'content-type': 'application/json'}, "
        "body: JSON.stringify({changes})}).then(answer => answer.status)",
        [{"section": "prefs", "key": "baseline", "value": "base"}],
    )
    # the colour of text, which no run of the palette has
    line = wait_for_pixels(page, chart, (23, 26, 33))
    assert line.height > 60
    chart.focus()
    page.keyboard.press("f")
    expect(chart.get_by_role("list", name="Legend")).to_contain_text("baseline")
