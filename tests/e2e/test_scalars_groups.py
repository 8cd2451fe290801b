"""Groups of runs in charts: asked for once they are known, told why there are none, hues of a density."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import serve_shared
from e2e_scalars_logs import write_sweep
from looking import canvas_of, card, wait_for_rest
from playwright.sync_api import Page, Request, Route, expect

Open = Callable[..., Page]

# How much more red than blue the pixels of the upper and the lower half have on average.
WARMTH = """canvas => {
  const { width, height } = canvas;
  const half = Math.floor(height / 2);
  return [0, half].map(top => {
    const { data } = canvas.getContext("2d").getImageData(0, top, width, half);
    let [sum, count] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 128) continue;
      sum += data[i] - data[i + 2];
      count += 1;
    }
    return sum / count;
  });
}"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_sweep`'s runs; no test changes them."""
    yield from serve_shared(write_sweep, tmp_path_factory.mktemp("groups"))


def note_questions(page: Page) -> list[dict[str, Any]]:
    """What the page asks about scalars from now on."""
    asked: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if "/api/scalars" in request.url:
            asked.append(request.post_data_json or {})

    page.on("request", note)
    return asked


def answer_late(route: Route) -> None:
    time.sleep(0.5)
    route.continue_()


def test_lines_wait_for_hyperparameters(sweep: str, open_page: Open) -> None:
    page = open_page("about:blank")
    asked = note_questions(page)
    page.route("**/api/hparams", answer_late)
    page.goto(f"{sweep}#/scalars?group=hparam:lr")
    legend = card(page, "train/loss").get_by_role("list", name="Legend")
    expect(legend).to_contain_text("lr = 0.01")
    wait_for_rest(page, card(page, "train/loss"))
    about_loss = [each for each in asked if "train/loss" in str(each)]
    assert [len(each.get("groups", [])) for each in about_loss] == [3], "asked once, for 0.001, 0.01 and no lr"


def test_lines_are_drawn_where_nobody_logged_hyperparameters(sweep: str, open_page: Open) -> None:
    page = open_page("about:blank")
    page.route("**/api/hparams", lambda route: route.fulfill(json={"hparams": [], "sessions": [], "metrics": []}))
    page.goto(f"{sweep}#/scalars?group=hparam:lr")
    legend = card(page, "train/loss").get_by_role("list", name="Legend")
    expect(legend).to_contain_text("no lr")
    wait_for_rest(page, card(page, "train/loss"))


@pytest.mark.parametrize(
    ("group", "why"),
    [("regex:(", "not a regular expression"), ("flavour", "“flavour” is not a way to group")],
)
def test_what_groups_nothing_says_so(sweep: str, open_page: Open, group: str, why: str) -> None:
    page = open_page("about:blank")
    asked = note_questions(page)
    page.goto(f"{sweep}#/scalars?group={group}")
    notice = page.get_by_role("status").filter(has_text="Runs are not grouped:")
    expect(notice).to_contain_text(why)
    wait_for_rest(page, card(page, "train/loss"))
    assert asked
    assert not any("groups" in each for each in asked)
    assert max(len(each["series"]) for each in asked) == 9
    expect(card(page, "train/loss").get_by_role("list", name="Legend")).to_have_count(0)
    notice.get_by_role("button", name="Clear grouping").click()
    expect(notice).to_have_count(0)
    expect(page).not_to_have_url(re.compile("group="))


def test_a_density_has_the_hues_of_groups(sweep: str, open_page: Open) -> None:
    page = open_page(f"{sweep}#/scalars?dens=on&tags=loss")
    chart = card(page, "train/loss")
    legend = chart.get_by_role("list", name="Legend")
    plain = wait_for_rest(page, chart)
    expect(legend).to_have_count(0)
    page.goto(f"{sweep}#/scalars?dens=on&tags=loss&color=folder:1")
    expect(legend.get_by_role("listitem")).to_have_text(["lr=0.001", "lr=0.01", "no folder"])
    assert wait_for_rest(page, chart) != plain
    upper, lower = canvas_of(chart).evaluate(WARMTH)
    assert upper > 5, "lr=0.01 has the higher losses, and amber"
    assert lower < -5, "lr=0.001 has the lower ones, and blue"
