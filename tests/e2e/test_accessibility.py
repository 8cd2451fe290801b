"""axe-core finds nothing on any page, in both themes, with and without a dialog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_server import Server
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ("scalars", "images", "histograms", "distributions", "text", "audio")

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: cd web && npm ci")


def violations(page: Page) -> list[str]:
    """Rule and element of each violation."""
    # The security policy forbids inline scripts, so axe comes through the driver, not as a script element.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages(gallery: str, open_page: Callable[..., Page], theme: str, width: int) -> None:
    page = open_page(gallery, theme=theme, width=width)
    found = []
    for name in PAGES:
        page.goto(f"{gallery}#/{name}")
        page.locator("main h1").wait_for(state="attached")
        page.wait_for_timeout(400)
        found += [f"{name}: {each}" for each in violations(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs(gallery: str, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(gallery, theme=theme)
    page.get_by_role("article").first.wait_for()
    found = []
    for name, keys in {"help": "?", "palette": "Control+k"}.items():
        page.keyboard.press(keys)
        page.wait_for_timeout(300)
        found += [f"{name}: {each}" for each in violations(page)]
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(300)
    found += [f"settings: {each}" for each in violations(page)]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Select, order, fold").click()
    page.wait_for_timeout(300)
    found += [f"menu: {each}" for each in violations(page)]
    page.keyboard.press("Escape")
    page.goto(f"{gallery}#/images")
    page.get_by_role("button", name="Enlarge").first.click()
    page.wait_for_timeout(500)
    found += [f"lightbox: {each}" for each in violations(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_values_of_charts(gallery: str, open_page: Callable[..., Page], theme: str, width: int) -> None:
    """What is there when somebody reads a chart: tables, a pinned tooltip, dialogs."""
    page = open_page(f"{gallery}#/scalars?step=20..60&tags=shape%2Fline", theme=theme, width=width)
    found = []

    def look(name: str) -> None:
        page.wait_for_timeout(300)
        found.extend(f"{name}: {each}" for each in violations(page))

    page.get_by_role("region", name="shape/line at steps 20 to 60").get_by_text("ramp").wait_for()
    look("table of a range")
    chart = page.get_by_role("article").first
    chart.focus()
    for key in ("Enter", "Home", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("dialog", name="Values at").wait_for()
    look("pinned tooltip")
    page.keyboard.press("Escape")
    chart.focus()
    page.keyboard.press("t")
    page.get_by_role("region", name="Runs of shape/line").get_by_text("ramp").wait_for()
    look("table of runs")
    page.get_by_role("radiogroup", name="Table").get_by_text("Points").click()
    page.get_by_role("region", name="Points of shape/line").wait_for()
    look("table of points")
    chart.focus()
    page.keyboard.press("m")
    page.get_by_role("dialog", name="Lines and events").wait_for()
    look("lines and events")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.get_by_role("dialog", name="Views").wait_for()
    look("views")
    page.keyboard.press("Escape")
    chart.focus()
    chart.get_by_role("button", name="More for shape/line", exact=True).click()
    page.get_by_role("menuitem", name="Download one run").click()
    page.get_by_role("dialog", name="Download shape/line").wait_for()
    look("downloads")
    assert not found, "\n".join(found)


def test_empty(tmp_path: Path, serve: Callable[..., Server], open_page: Callable[..., Page]) -> None:
    page = open_page(serve(tmp_path).url)
    page.get_by_role("heading", name="No runs yet").wait_for()
    assert not violations(page)
