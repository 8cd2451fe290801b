"""Images, text, histograms and distributions: what was logged is what is seen, and nothing of it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from e2e_logs import BLUE, GREEN, RED
from looking import card, find_pixels, picture_of, run_colour, run_row, wait_for_pixels, wait_for_rest, wait_until
from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]

# Colour of the middle pixel of an image element, as the browser decoded it.
MIDDLE_PIXEL = """image => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


def shows(image: Locator, colour: tuple[int, int, int]) -> bool:
    complete = image.evaluate("image => image.complete && image.naturalWidth > 0")
    return bool(complete) and tuple(image.evaluate(MIDDLE_PIXEL)) == colour


def test_images_and_every_step(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    shown = card(page, "colours")
    images = shown.get_by_role("img")
    expect(images).to_have_count(2)
    for image in images.all():
        wait_until(page, lambda image=image: shows(image, BLUE), "the newest image")
        assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [8, 8]
    slider = shown.get_by_role("slider", name="Step of colours")
    expect(slider).to_have_attribute("aria-valuetext", "step 20 of 20, 3 of 3")
    slider.press("ArrowLeft")
    wait_until(page, lambda: shows(images.first, GREEN), "the image before")
    slider.press("Home")
    wait_until(page, lambda: shows(images.first, RED), "the first image")
    expect(slider).to_have_attribute("aria-valuetext", "step 0 of 20, 1 of 3")


def test_the_bar_moves_all_images_and_stays_after_reload(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    image = card(page, "colours").get_by_role("img").first
    wait_until(page, lambda: shows(image, BLUE), "the newest image")
    page.get_by_role("slider", name="Step of all cards").press("Home")
    wait_until(page, lambda: shows(image, RED), "the first image")
    page.wait_for_url("**images.step=0**")
    page.reload()
    wait_until(page, lambda: shows(image, RED), "the first image again")


def test_an_image_fills_the_window_and_reads_pixels(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    page.get_by_role("button", name="Enlarge colours, ramp, step 20").click()
    dialog = page.get_by_role("dialog")
    image = dialog.get_by_role("img")
    wait_until(page, lambda: shows(image, BLUE), "the enlarged image")
    box = image.bounding_box()
    assert box
    assert box["width"] > 300
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(dialog).to_contain_text("x 4, y 4: 40, 80, 220")
    page.keyboard.press("ArrowLeft")
    wait_until(page, lambda: shows(image, GREEN), "the image before")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_brightness_and_contrast_and_their_reset(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    image = card(page, "colours").get_by_role("img").first
    wait_until(page, lambda: shows(image, BLUE), "the newest image")
    plain = image.screenshot()
    page.get_by_role("button", name="Adjust").click()
    for label, value in (("Brightness", "1.8"), ("Contrast", "3")):
        before = image.screenshot()
        field = page.get_by_role("textbox", name=f"{label}, as a number")
        field.fill(value)
        field.press("Enter")
        wait_until(page, lambda before=before: image.screenshot() != before, f"another picture by {label}")
    page.get_by_role("button", name="Reset brightness and contrast").click()
    wait_until(page, lambda: image.screenshot() == plain, "as it was")


def test_actual_size(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    image = card(page, "colours").get_by_role("img").first
    wait_until(page, lambda: shows(image, BLUE), "the newest image")
    assert image.bounding_box()["width"] > 60  # type: ignore[index]
    page.get_by_role("button", name="Adjust").click()
    page.get_by_role("switch", name="Actual size").click()
    wait_until(page, lambda: image.bounding_box()["width"] == 8, "8 pixels are 8 pixels")  # type: ignore[index]


def test_markdown_is_rendered(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/text")
    page.get_by_role("option").filter(has_text="readme").filter(has_text="ramp").click()
    reader = page.get_by_role("article")
    expect(reader.get_by_role("heading", name="Notes on ramp")).to_be_visible()
    assert reader.locator("em").inner_text() == "ramp"
    assert reader.locator("strong").inner_text() == "bold"
    expect(reader.get_by_role("listitem")).to_have_text(["one", "two"])
    assert "64" in reader.get_by_role("table").inner_text()
    reader.get_by_text("Raw", exact=True).click()
    expect(reader.locator("pre")).to_contain_text("**bold**")


def test_every_step_of_a_text(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/text")
    page.get_by_role("option").filter(has_text="readme").filter(has_text="flat").click()
    reader = page.get_by_role("article")
    expect(reader).to_contain_text("step 20 of flat")
    reader.get_by_role("slider").press("Home")
    expect(reader).to_contain_text("step 0 of flat")


def test_markdown_runs_nothing_and_fetches_nothing(gallery: str, open_page: Open) -> None:
    # open_page fails this test if anything but this machine is asked, or the security policy is violated.
    page = open_page(gallery + "#/text")
    page.get_by_role("option").filter(has_text="attack").click()
    reader = page.get_by_role("article")
    expect(reader).to_contain_text("harmless words")
    page.wait_for_timeout(300)
    assert page.evaluate("window.attacked") is None
    for forbidden in ("script", "img", "iframe", "svg[onload]", "[onerror]", "a[href^='javascript']"):
        assert reader.locator(".text").locator(forbidden).count() == 0, forbidden


@pytest.mark.parametrize("view", ["Ridgeline", "Overlay", "Heatmap", "Bands"])
def test_histograms_are_drawn(gallery: str, open_page: Open, view: str) -> None:
    page = open_page(gallery + "#/histograms")
    page.get_by_role("radiogroup", name="View").get_by_text(view).click()
    shown = card(page, "weights/normal")
    picture = wait_for_rest(page, shown)
    assert len(picture) > 4000, "a blank canvas compresses to less"
    run_row(page, "ramp").locator(".check").click()
    expect(shown).to_have_count(0)


def test_a_histogram_says_its_real_bins(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/histograms?tags=bins")
    page.get_by_role("radiogroup", name="View").get_by_text("Overlay").click()
    shown = page.get_by_role("article").filter(has_text="ramp")
    wait_for_rest(page, shown)
    box = shown.locator("canvas").first.bounding_box()
    assert box
    tip = page.locator(".tip:popover-open")
    seen = set()
    for share in range(1, 40):
        page.mouse.move(box["x"] + box["width"] * share / 40, box["y"] + box["height"] * 0.55)
        page.wait_for_timeout(20)
        if tip.count():
            seen.add(tip.locator(".row").first.inner_text().replace("\n", " "))
    # Logged at step 0, 10, 20: 10 values of 0.5 in [0, 1), 20, 21, 22 in [1, 2), 5 of 3 in [2, 4]. As in
    # TensorBoard the outermost bins end where the values do.
    bins = {text.split(")")[0] + ")": text.split(")")[1].strip() for text in seen if ")" in text}
    assert set(bins) == {"[0.5000, 1)", "[1, 2)", "[2, 3)"}
    assert bins["[0.5000, 1)"] == "10"
    assert bins["[1, 2)"] in ("20", "21", "22")
    assert bins["[2, 3)"] == "5"


def test_distributions_follow_the_percentiles(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/distributions?tags=weights")
    shown = card(page, "weights/normal")
    line = wait_for_pixels(page, shown, run_colour(page, "ramp"))
    # The mean goes from 0 to 1.9: the median rises, over the whole width.
    assert line.row_at(line.right - 4) < line.row_at(line.left + 4) - 10
    box = shown.locator("canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + (line.left + line.right) / 2, box["y"] + box["height"] / 2)
    tip = page.locator(".tip:popover-open")
    expect(tip).to_contain_text("median")
    median = float(tip.locator("tr.median td").inner_text().replace("−", "-"))
    assert median == pytest.approx(0.95, abs=0.15)


def test_unchecked_runs_disappear_from_every_page(gallery: str, open_page: Open) -> None:
    page = open_page(gallery + "#/images")
    expect(card(page, "colours").get_by_role("img")).to_have_count(2)
    run_row(page, "flat").locator(".check").click()
    expect(card(page, "colours").get_by_role("img")).to_have_count(1)
    page.get_by_role("navigation").get_by_role("link", name="Text").click()
    expect(page.get_by_role("option").filter(has_text="flat")).to_have_count(0)
    page.get_by_role("navigation").get_by_role("link", name="Histograms").click()
    expect(page.get_by_role("article").filter(has_text="flat")).to_have_count(0)
    page.get_by_role("navigation").get_by_role("link", name="Scalars").click()
    chart = card(page, "shape/line")
    wait_for_pixels(page, chart, run_colour(page, "ramp"))
    assert not find_pixels(chart, run_colour(page, "flat"))
    assert picture_of(chart)
