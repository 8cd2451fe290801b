"""The table of runs: selection, columns, order, colours, and what a user says of a run, kept for every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_scalars_logs import RATES, SEEDS, loss_of, run_of, write_crowd, write_sweep
from e2e_server import Server, serve_shared
from looking import card, parse_hex, run_box, run_colour, run_row, table_rows, wait_for_pixels, wait_until
from playwright.sync_api import Locator, Page, Route, expect

PLAIN = "#/scalars?smooth=none"
SLOW, FAST = 0.001, 0.01
Open = Callable[..., Page]
Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Nine runs: two rates in folders, four seeds each, and a baseline. No test says anything of them."""
    yield from serve_shared(write_sweep, tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def own_sweep(tmp_path: Path, serve: Serve) -> str:
    """The same for a test that renames, colours, hides: the server keeps what it is told."""
    write_sweep(tmp_path / "sweep")
    return serve(tmp_path / "sweep").url


def grid(page: Page) -> Locator:
    return page.get_by_role("treegrid", name="Runs")


def folder_box(page: Page, folder: str) -> Locator:
    return grid(page).get_by_role("row", name=re.compile(f"^{re.escape(folder)}, ")).get_by_role("checkbox")


def shown_runs(page: Page) -> list[str]:
    """Names of the rows of runs from top to bottom, folders left out."""
    names = grid(page).get_by_role("row").evaluate_all("rows => rows.map(row => row.getAttribute('aria-label'))")
    return [name for name in names if name and ", " not in name]


def open_panel_menu(page: Page, entry: str) -> None:
    page.get_by_role("button", name="Select, order, fold").click()
    page.get_by_role("menuitem", name=entry).or_(page.get_by_role("menuitemcheckbox", name=entry)).first.click()


def open_row_menu(page: Page, run: str, entry: str) -> None:
    run_row(page, run).locator(".name").click(button="right")
    page.get_by_role("menuitem", name=entry).or_(page.get_by_role("menuitemcheckbox", name=entry)).first.click()


def show_columns(page: Page, *names: str) -> None:
    page.get_by_role("button", name="Columns", exact=True).click()
    for name in names:
        page.get_by_role("dialog").get_by_role("checkbox", name=name, exact=True).press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def cells(page: Page, run: str) -> list[str]:
    return [text.strip() for text in run_row(page, run).get_by_role("gridcell").all_inner_texts()]


def header(page: Page, name: str) -> Locator:
    return grid(page).get_by_role("columnheader").filter(has=page.get_by_role("button", name=name))


def test_folders_are_tri_state(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    box = folder_box(page, "lr=0.001")
    expect(box).to_have_attribute("aria-checked", "true")
    run_box(page, run_of(SLOW, 1)).click()
    expect(box).to_have_attribute("aria-checked", "mixed")
    box.click()
    expect(box).to_have_attribute("aria-checked", "true")
    expect(run_box(page, run_of(SLOW, 1))).to_have_attribute("aria-checked", "true")
    box.click()
    for seed in SEEDS:
        expect(run_box(page, run_of(SLOW, seed))).to_have_attribute("aria-checked", "false")
    expect(folder_box(page, "lr=0.01")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_label("Status")).to_contain_text("5 of 9 runs")


def test_select_what_matches_and_invert(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    status = page.get_by_label("Status")
    field = page.get_by_role("searchbox", name="Filter runs")
    field.fill("/seed=[02]/")
    expect(page.get_by_text("4 of 9 match")).to_be_visible()
    open_panel_menu(page, "Select only matching")
    field.fill("")
    expect(status).to_contain_text("4 of 9 runs")
    open_panel_menu(page, "Invert selection")
    expect(status).to_contain_text("5 of 9 runs")
    expect(run_box(page, run_of(SLOW, 0))).to_have_attribute("aria-checked", "false")
    expect(run_box(page, run_of(SLOW, 1))).to_have_attribute("aria-checked", "true")
    # The box in the heading stands for all that are listed.
    field.fill("baseline")
    page.get_by_role("checkbox", name="Select all 1 listed").click()
    field.fill("")
    expect(status).to_contain_text("4 of 9 runs")
    page.get_by_role("checkbox", name="Select all 9 listed").click()
    expect(status).to_contain_text("9 of 9 runs")
    open_panel_menu(page, "Select none")
    expect(status).to_contain_text("0 of 9 runs")
    expect(page.get_by_text("No run is checked.")).to_be_visible()


def test_columns_of_hparams_and_values(own_sweep: str, open_page: Open) -> None:
    page = open_page(own_sweep + PLAIN)
    show_columns(page, "lr", "seed", "train/loss")
    # Straight lines: the seeds end at 10 + seed + (99 − 10 seed) / 10.
    last = {run_of(SLOW, seed): 10 + seed + (99 - 10 * seed) / 10 for seed in SEEDS}
    wait_until(page, lambda: len(cells(page, "baseline")) >= 4 and cells(page, "baseline")[-1] != "", "values")
    assert [float(cells(page, run)[-1]) for run in last] == pytest.approx(list(last.values()), abs=0.01)
    assert cells(page, run_of(FAST, 3))[-3:-1] == ["0.01", "3"]  # as they were set, beside 0.001
    # By value, then the other way round; runs without one are at the end both times.
    open_panel_menu(page, "Without folders")
    header(page, "seed").get_by_role("button").click()
    expect(header(page, "seed")).to_have_attribute("aria-sort", "ascending")
    assert [name[-1] for name in shown_runs(page)] == ["0", "0", "1", "1", "2", "2", "3", "3", "e"]
    header(page, "seed").get_by_role("button").click()
    expect(header(page, "seed")).to_have_attribute("aria-sort", "descending")
    assert [name[-1] for name in shown_runs(page)] == ["3", "3", "2", "2", "1", "1", "0", "0", "e"]
    # Another place, by the keyboard; then away with it.
    heads = grid(page).get_by_role("columnheader")
    before = heads.all_inner_texts()
    header(page, "train/loss").get_by_role("button").press("Alt+ArrowLeft")
    wait_until(page, lambda: heads.all_inner_texts() == [*before[:-2], before[-1], before[-2]], "another order")
    header(page, "seed").get_by_role("button").press("Delete")
    expect(header(page, "seed")).to_have_count(0)
    page.wait_for_timeout(600)
    page.reload()
    expect(header(page, "train/loss")).to_have_count(1)
    expect(header(page, "lr")).to_have_count(1)
    expect(header(page, "seed")).to_have_count(0)


def test_columns_of_facts(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_crowd(tmp_path, runs=2, tags=3, points=21)
    page = open_page(serve(tmp_path).url + PLAIN)
    page.get_by_role("button", name="Columns", exact=True).click()
    for name in ("Started", "Duration", "State", "Points"):
        page.get_by_role("dialog").get_by_role("checkbox", name=re.compile(rf"\b{name}\b")).press("Space")
    page.keyboard.press("Escape")
    # Logged from 2023-11-14 22:13:20 UTC on, a point a second: files that were copied here count by their events.
    assert cells(page, "sweep-1/run-0001")[1:] == ["11-14 22:13", "20 s", "finished", "63"]


def test_filter_by_hparam(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    field = page.get_by_role("searchbox", name="Filter runs")
    for typed, count in (("lr<0.005", 4), ("seed:2", 2), ("lr>=0.01 seed>1", 2), ("-lr<0.005", 5)):
        field.fill(typed)
        expect(page.get_by_text(f"{count} of 9 match"), typed).to_be_visible()
    # The list is what changes; the charts do so on demand.
    field.fill("baseline")
    chart = card(page, "train/loss")
    wait_for_pixels(page, chart, run_colour(page, "baseline"))
    page.get_by_role("switch", name="Filter charts too").click()
    page.wait_for_url("**narrow=1**")
    expect(chart).to_contain_text("constant 8")
    expect(card(page, "examples")).to_contain_text("None of the checked runs has this tag.")


def test_a_picked_colour_stays(own_sweep: str, open_page: Open) -> None:
    page = open_page(own_sweep + PLAIN)
    run = run_of(FAST, 0)
    before = {name: run_colour(page, name) for name in shown_runs(page)}
    run_row(page, run).locator(".swatch").click()
    page.get_by_role("radiogroup", name="Palette").get_by_role("radio", name="indigo").click()
    page.keyboard.press("Escape")
    indigo = parse_hex("#2833BD")
    wait_until(page, lambda: run_colour(page, run) == indigo, "the picked colour")
    wait_for_pixels(page, card(page, "train/loss"), indigo)
    assert {name: run_colour(page, name) for name in before if name != run} == {
        name: colour for name, colour in before.items() if name != run
    }
    # Another browser sees it too, also in the dark.
    other = open_page(own_sweep + PLAIN, theme="dark")
    run_row(other, run).wait_for()
    wait_until(other, lambda: run_colour(other, run) == parse_hex("#4E6AF5"), "the same, in the dark palette")


def test_colours_by_folder_regex_and_hparam(own_sweep: str, open_page: Open) -> None:
    page = open_page(own_sweep + PLAIN)
    held: list[Route] = []
    page.route("**/api/hparams*", lambda route: held.append(route))
    run_row(page, "baseline").wait_for()
    plain = {name: run_colour(page, name) for name in shown_runs(page)}
    assert len(set(plain.values())) == 9

    def by(pick: Callable[[float, int], object]) -> bool:
        """Whether runs share a colour exactly if `pick` gives the same of them."""
        seen = {(rate, seed): run_colour(page, run_of(rate, seed)) for rate in (SLOW, FAST) for seed in SEEDS}
        return all((seen[one] == seen[other]) == (pick(*one) == pick(*other)) for one in seen for other in seen)

    open_panel_menu(page, "Colours")
    sheet = page.get_by_role("dialog")
    ways = sheet.get_by_role("radiogroup", name="Colour by")
    ways.get_by_text("Folder").click()
    wait_until(page, lambda: by(lambda rate, seed: rate), "a colour for each folder")
    ways.get_by_text("Regex").click()
    sheet.get_by_label("Regular expression").fill(r"seed=(\d)")
    wait_until(page, lambda: by(lambda rate, seed: seed), "a colour for each seed")
    # What stands in the field is what the colours say, though its list comes later.
    ways.get_by_text("Hyperparameter").click()
    wait_until(page, lambda: held, "a question for the names")
    held.pop().continue_()
    page.unroute("**/api/hparams*")
    page.wait_for_url("**color=hparam:lr**")
    sheet.get_by_role("combobox", name="Hyperparameter").select_option("seed")
    wait_until(page, lambda: by(lambda rate, seed: seed), "a colour for each seed by its value")
    sheet.get_by_role("combobox", name="Hyperparameter").select_option("lr")
    wait_until(page, lambda: by(lambda rate, seed: rate), "a colour for each rate")
    page.wait_for_url("**color=hparam:lr**")
    page.reload()
    run_row(page, "baseline").wait_for()
    wait_until(page, lambda: by(lambda rate, seed: rate), "the same after a reload")
    page.get_by_role("button", name="Colour: lr").click()
    ways.get_by_text("Run", exact=True).click()
    wait_until(page, lambda: {name: run_colour(page, name) for name in plain} == plain, "each its own again")


def test_a_run_is_renamed_starred_noted_and_hidden(own_sweep: str, open_page: Open) -> None:
    page = open_page(own_sweep + PLAIN)
    other = open_page(own_sweep + PLAIN)
    run = run_of(SLOW, 0)
    grid(page).focus()
    run_row(page, run).locator(".name").click()
    grid(page).press("F2")
    expect(page.get_by_role("textbox", name="Shown as")).to_be_focused()
    page.keyboard.type("best so far")
    page.keyboard.press("Enter")
    expect(run_row(page, "best so far")).to_be_visible()
    # Charts say it, other pages too, without a reload; the log directory is as it was.
    expect(card(page, "final")).to_contain_text("best so far")
    expect(run_row(other, "best so far")).to_be_visible(timeout=10_000)
    open_row_menu(page, "best so far", "Star")
    open_row_menu(page, "best so far", "Details and note")
    page.get_by_role("textbox", name="Note").fill("warmup of 500 steps")
    page.keyboard.press("Escape")
    open_panel_menu(page, "Only starred")
    wait_until(page, lambda: shown_runs(page) == ["best so far"], "the starred one")
    page.get_by_role("button", name="List all").click()
    open_row_menu(page, "baseline", "Hide")
    expect(run_row(page, "baseline")).to_have_count(0)
    expect(page.get_by_label("Status")).to_contain_text("of 8 runs")
    page.get_by_role("searchbox", name="Filter runs").fill("note:warmup")
    wait_until(page, lambda: shown_runs(page) == ["best so far"], "the noted one")
    page.get_by_role("searchbox", name="Filter runs").fill("")
    page.wait_for_timeout(600)
    page.reload()
    expect(run_row(page, "best so far")).to_be_visible()
    expect(run_row(page, "baseline")).to_have_count(0)


def test_the_baseline_gives_differences(own_sweep: str, open_page: Open) -> None:
    page = open_page(own_sweep + PLAIN)
    show_columns(page, "train/loss")
    open_row_menu(page, "baseline", "Baseline")
    # Seed 0 ended at 19.9, the baseline at 8.
    wait_until(page, lambda: len(cells(page, run_of(SLOW, 0))) >= 3, "columns of differences")
    wait_until(page, lambda: cells(page, run_of(SLOW, 0))[-2:] == ["+11.90", "+148.7"], "Δ and %")
    assert cells(page, "baseline")[-2:] == ["", ""]


def test_newest_first_and_the_latest_run(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    open_panel_menu(page, "Without folders")
    open_panel_menu(page, "Newest first")
    newest = ["baseline", *(run_of(rate, seed) for rate in (FAST, SLOW) for seed in reversed(SEEDS))]
    wait_until(page, lambda: shown_runs(page) == newest, "the one that was written last on top")
    open_panel_menu(page, "Latest run")
    expect(page.get_by_text("Following the latest run")).to_be_visible()
    expect(page.get_by_label("Status")).to_contain_text("1 of 9 runs")


def test_names_and_paths_are_copied(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def copied() -> str:
        text: str = page.evaluate("navigator.clipboard.readText()")
        return text

    open_row_menu(page, run_of(SLOW, 2), "Copy name")
    wait_until(page, lambda: copied() == run_of(SLOW, 2), "the name")
    open_row_menu(page, run_of(SLOW, 2), "Copy path")
    wait_until(page, lambda: Path(copied()).is_dir() and copied().endswith(run_of(SLOW, 2)), "the path")


def test_the_path_of_the_log_directory_is_copied(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Log directory")
    button.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("sweep")
    button.click()
    wait_until(
        page, lambda: (Path(page.evaluate("navigator.clipboard.readText()")) / "baseline").is_dir(), "the path"
    )


def test_the_table_by_keyboard(sweep: str, open_page: Open) -> None:
    page = open_page(sweep + PLAIN)
    chart = card(page, "train/loss")
    expect(chart).to_contain_text("best 8 at 0 (baseline)")
    grid(page).focus()
    for key in ("Home", "Space"):
        page.keyboard.press(key)
    expect(run_box(page, "baseline")).to_have_attribute("aria-checked", "false")
    expect(chart).not_to_contain_text("baseline")
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Copy name")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Started")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_list_and_the_tables_show_the_groups_that_are_drawn(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}{PLAIN}&tags=train/loss")
    chart = card(page, "train/loss")
    runs = [run_of(rate, seed) for rate in RATES for seed in SEEDS]
    wait_for_pixels(page, chart, run_colour(page, runs[0]))
    own = {run: run_colour(page, run) for run in runs}
    assert len(set(own.values())) == len(runs)
    page.goto(f"{sweep}{PLAIN}&tags=train/loss&group=folder&step=75")
    page.reload()
    table = chart.get_by_role("region", name="train/loss at step 75")
    rows = table_rows(table)
    # Seed 3 ends at step 69, and who has no point at 75 is not in the mean there.
    means = {f"lr={rate}": sum(loss_of(rate, seed, 75) for seed in SEEDS[:3]) / 3 for rate in RATES}
    groups = {cells[0]: cells for cells in rows[:3]}
    assert set(groups) == {*means, "no folder"}
    for name, mean in means.items():
        assert float(groups[name][1]) == pytest.approx(mean, rel=1e-3)
        assert groups[name][2] == "3"
    assert rows[3:]
    assert {cells[0] for cells in rows[3:]} <= {"baseline", *runs}  # as many as are in view
    colours = {rate: {run_colour(page, run_of(rate, seed)) for seed in SEEDS} for rate in RATES}
    assert all(len(each) == 1 for each in colours.values())
    assert colours[RATES[0]] != colours[RATES[1]]
    for each in colours.values():
        wait_for_pixels(page, chart, each.pop())
    # Other pages draw runs.
    page.get_by_role("link", name="HParams").click()
    wait_until(page, lambda: {run: run_colour(page, run) for run in runs} == own, "the runs' own colours")
