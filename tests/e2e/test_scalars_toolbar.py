"""The toolbar over the charts: one row on a laptop, within a phone's width."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

# Boxes of the toolbar's controls that a pointer could not reach, and the rows that all of them stand in.
TOOLBAR = """bar => {
  const width = document.documentElement.clientWidth;
  const controls = [...bar.querySelectorAll("input:not([type=radio]), button, label")];
  const boxes = controls.map(each => each.getBoundingClientRect());
  const middles = boxes.map(({ top, bottom }) => (top + bottom) / 2).sort((a, b) => a - b);
  return {
    outside: boxes.filter(({ left, right }) => left < 0 || right > width).length,
    rows: middles.filter((middle, index) => index === 0 || middle - middles[index - 1] > 8).length,
    filter: bar.querySelector("[data-tag-filter]").closest(".filter").getBoundingClientRect().width,
  };
}"""


@pytest.mark.parametrize("query", ["", "&tags=/", "&x=active&yscale=symlog"])
def test_the_toolbar_stays_in_one_row(gallery: str, open_page: Open, query: str) -> None:
    page = open_page(f"{gallery}#/scalars?group=regex:(.)&step=12..24{query}", width=360)
    bar = page.get_by_role("group", name="Scalars")
    bar.get_by_role("textbox", name="Shared step or range").wait_for()
    if "tags" in query:
        bar.get_by_role("button", name=re.compile("Overlay all")).wait_for()
    for width, rows in ((360, 4), (390, 4 if "x=" in query else 3), (1280, 1), (1440, 1)):
        page.set_viewport_size({"width": width, "height": 800})
        # the panel of runs comes and goes with the width
        expect(page.get_by_role("button", name="Runs", exact=True)).to_be_visible(visible=width < 900)
        found = bar.evaluate(TOOLBAR)
        assert found["outside"] == 0, width
        assert found["rows"] <= rows, width
        # enough for a word
        assert found["filter"] >= 120, width
