"""Looking at a page as a person does: cards by title, pixels by colour, what the tooltip says."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

# Tenfold what is promised.
PATIENCE_SECS = 10.0


def wait_until(page: Page, condition: Callable[[], object], what: str, secs: float = PATIENCE_SECS) -> None:
    """Poll until `condition` is true; the page goes on meanwhile."""
    end = time.monotonic() + secs
    while not condition():
        assert time.monotonic() < end, f"not within {secs:g} s: {what}"
        page.wait_for_timeout(50)


def card(page: Page, title: str) -> Locator:
    """The card of a tag."""
    heading = page.locator("h3").filter(has_text=re.compile(f"^{re.escape(title)}$"))
    return page.get_by_role("article").filter(has=heading)


def run_row(page: Page, run: str) -> Locator:
    return page.get_by_role("treegrid", name="Runs").get_by_role("row", name=run, exact=True)


def run_box(page: Page, run: str) -> Locator:
    """The box that says whether a run is drawn."""
    return run_row(page, run).get_by_role("checkbox")


def run_colour(page: Page, run: str) -> tuple[int, int, int]:
    """Colour of the swatch in the list of runs."""
    css = run_row(page, run).locator(".swatch").evaluate("element => element.style.getPropertyValue('--color')")
    return parse_hex(css)


def parse_hex(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text.strip())
    assert match, f"not a colour: {text!r}"
    return int(match[1], 16), int(match[2], 16), int(match[3], 16)


# Pixels within `tolerance` of a colour in each channel, as [x, y] pairs in CSS pixels of the canvas. A pixel that
# a line covers by less than `coverage` (its soft edge, or a pale line) does not count.
FIND_PIXELS = """(canvas, [red, green, blue, tolerance, coverage]) => {
  const { width, height } = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const ratio = width / canvas.clientWidth;
  const found = [];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255 * coverage) continue;
    const far = Math.max(Math.abs(data[i] - red), Math.abs(data[i + 1] - green), Math.abs(data[i + 2] - blue));
    if (far <= tolerance) found.push([((i / 4) % width) / ratio, Math.floor(i / 4 / width) / ratio]);
  }
  return found;
}"""


@dataclass(frozen=True)
class Pixels:
    """Where a colour stands on a canvas."""

    points: tuple[tuple[float, float], ...]

    def __bool__(self) -> bool:
        return bool(self.points)

    @property
    def left(self) -> float:
        return min(x for x, _ in self.points)

    @property
    def right(self) -> float:
        return max(x for x, _ in self.points)

    def row_at(self, column: float) -> float:
        """Middle of the coloured pixels within a pixel of a column."""
        rows = [y for x, y in self.points if abs(x - column) <= 1]
        assert rows, f"nothing is drawn at x = {column:g}"
        return (min(rows) + max(rows)) / 2

    @property
    def height(self) -> float:
        return max(y for _, y in self.points) - min(y for _, y in self.points)


def canvas_of(shown: Locator) -> Locator:
    return shown.locator("canvas").first


def find_pixels(shown: Locator, colour: Iterable[int], tolerance: int = 24, coverage: float = 0.4) -> Pixels:
    found = canvas_of(shown).evaluate(FIND_PIXELS, [*colour, tolerance, coverage])
    return Pixels(tuple((x, y) for x, y in found))


def wait_for_pixels(page: Page, shown: Locator, colour: Iterable[int]) -> Pixels:
    """The line of that colour, once it is drawn."""
    colour = tuple(colour)
    canvas_of(shown).wait_for()
    wait_until(page, lambda: find_pixels(shown, colour), f"pixels of colour {colour}")
    return find_pixels(shown, colour)


def picture_of(shown: Locator) -> str:
    """The canvas as a data URL: equal exactly when the pixels are."""
    url: str = canvas_of(shown).evaluate("canvas => canvas.toDataURL()")
    return url


def wait_for_rest(page: Page, shown: Locator) -> str:
    """The picture once its data are drawn and it has stayed the same for a quarter of a second."""
    seen = ["", ""]
    waiting = shown.locator("[aria-busy=true], [role=progressbar]")

    def rests() -> bool:
        page.wait_for_timeout(250)
        seen[:] = [seen[1], picture_of(shown)]
        return seen[0] == seen[1] and waiting.count() == 0

    wait_until(page, rests, "a drawing that rests")
    return seen[1]


def hover(shown: Locator, x: float, y: float) -> None:
    """Point at a position of the card's canvas."""
    canvas_of(shown).scroll_into_view_if_needed()
    box = canvas_of(shown).bounding_box()
    assert box
    shown.page.mouse.move(box["x"] + x, box["y"] + y)


def drag(shown: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    hover(shown, *start)
    shown.page.mouse.down()
    hover(shown, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    hover(shown, *end)
    shown.page.mouse.up()


def tooltip(page: Page) -> Locator:
    """The chart's tooltip; a button that has the focus may show its own."""
    return page.locator(".tooltip:popover-open:not([role=tooltip])")


def tooltip_values(page: Page) -> dict[str, list[str]]:
    """Rows of the tooltip, once it is there: line → its values."""
    tooltip(page).wait_for()
    rows = tooltip(page).locator("tbody tr")
    return {
        row.locator(".label").inner_text().strip(): [
            cell.strip() for cell in row.locator(".value").all_inner_texts()
        ]
        for row in rows.all()
    }


def table_rows(region: Locator) -> list[list[str]]:
    """Cells of each row, the line's name first."""
    region.locator("tbody th").first.wait_for()
    rows = region.locator("tbody tr:not([aria-hidden])").all()
    return [[cell.strip().replace("\n", "") for cell in row.locator("th, td").all_inner_texts()] for row in rows]


COUNT_FOCUS_PIXELS = """async png => {
  const bytes = Uint8Array.from(atob(png), each => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--focus");
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    const far = [red, green, blue].map((each, channel) => Math.abs(data[i + channel] - each));
    if (Math.max(...far) < 12) found++;
  }
  return found;
}"""


def ring_sides(page: Page, left: float, top: float, right: float, bottom: float) -> dict[str, bool]:
    """Whether a focus ring shows in the middle of each side of a box, at most five pixels off its edge."""
    reach = 5
    x, y = (left + right) / 2, (top + bottom) / 2
    places = {"left": (left, y), "right": (right, y), "top": (x, top), "bottom": (x, bottom)}
    # of a row in the list, that is over its name
    places["name"] = (left + (right - left) / 8, top)
    found = {}
    for side, (at_x, at_y) in places.items():
        clip = {"x": max(0, at_x - reach), "y": at_y - reach, "width": 2 * reach, "height": 2 * reach}
        png = base64.b64encode(page.screenshot(clip=clip)).decode()  # type: ignore[arg-type]
        found[side] = page.evaluate(COUNT_FOCUS_PIXELS, png) >= reach
    return found
