"""What another process writes appears by itself, and nothing that the reader set moves."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_server import LIVE_TIMEOUT_MS, Server
from looking import (
    canvas_of,
    card,
    find_pixels,
    hover,
    run_box,
    run_colour,
    run_row,
    tooltip,
    tooltip_values,
    wait_for_pixels,
    wait_for_rest,
)
from playwright.sync_api import Page, expect

from epochal import SummaryWriter

Open = Callable[..., Page]

# Logs what it reads: `run tag step value`, one point a line, and answers when the kernel has it.
WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from epochal import SummaryWriter
    writers = {}
    for line in sys.stdin:
        run, tag, step, value = line.split()
        if run not in writers:
            writers[run] = SummaryWriter(Path(sys.argv[1]) / run)
        if tag == "image":
            import numpy as np
            pixels = np.full((8, 8, 3), int(value), dtype=np.uint8)
            writers[run].add_image(tag, pixels, int(step), dataformats="HWC")
        else:
            writers[run].add_scalar(tag, float(value), int(step))
        writers[run].flush()
        print("ok", flush=True)
""")


class Trainer:
    """Another process that logs on command."""

    def __init__(self, logdir: Path) -> None:
        command = [sys.executable, "-c", WRITER, str(logdir)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def log(self, run: str, tag: str, step: int, value: float) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{run} {tag} {step} {value}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def stop(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        self.process.wait(timeout=30)


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    trainer = Trainer(tmp_path)
    yield trainer
    trainer.stop()


Serve = Callable[..., Server]


def test_a_new_point_appears(tmp_path: Path, trainer: Trainer, serve: Serve, open_page: Open) -> None:
    for step in range(3):
        trainer.log("one", "loss", step, 1.0)
    page = open_page(serve(tmp_path).url + "#/scalars?smooth=none")
    chart = card(page, "loss")
    colour = run_colour(page, "one")
    wait_for_pixels(page, chart, colour)
    expect(chart).to_contain_text("constant 1")
    trainer.log("one", "loss", 3, 0.4321)
    expect(chart).to_contain_text("0.4321", timeout=LIVE_TIMEOUT_MS)
    line = find_pixels(chart, colour)
    hover(chart, line.right - 3, 60)
    expect(tooltip(page)).to_contain_text("step 3")
    assert tooltip_values(page)["one"] == ["0.4321"]
    # The tooltip stays and the point under it is still the same when the next one comes.
    trainer.log("one", "loss", 4, 0.2)
    expect(chart).to_contain_text("1 → 0.2,", timeout=LIVE_TIMEOUT_MS)
    expect(tooltip(page)).to_be_visible()


def test_new_runs_and_tags_appear_without_reload(
    tmp_path: Path, trainer: Trainer, serve: Serve, open_page: Open
) -> None:
    trainer.log("one", "loss", 0, 1.0)
    page = open_page(serve(tmp_path).url)
    card(page, "loss").wait_for()
    expect(run_row(page, "two")).to_have_count(0)
    trainer.log("two", "loss", 0, 2.0)
    trainer.log("two", "loss", 1, 3.0)
    expect(run_row(page, "two")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    expect(run_box(page, "two")).to_have_attribute("aria-checked", "true")
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "two"))
    trainer.log("one", "accuracy", 0, 0.5)
    card(page, "accuracy").wait_for()
    trainer.log("one", "image", 0, 128)
    expect(page.get_by_role("navigation").get_by_role("link", name="Images")).to_be_visible(
        timeout=LIVE_TIMEOUT_MS
    )


def test_nothing_moves_while_data_arrive(tmp_path: Path, trainer: Trainer, serve: Serve, open_page: Open) -> None:
    for step in range(50):
        trainer.log("one", "loss", step, 50 - step)
    for number in range(12):
        trainer.log("one", f"tag{number:02}", 0, number)
    page = open_page(serve(tmp_path).url + "#/scalars?smooth=none", height=700)
    chart = card(page, "loss")
    line = wait_for_pixels(page, chart, run_colour(page, "one"))
    box = canvas_of(chart).bounding_box()
    assert box
    page.mouse.move(box["x"] + line.left + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + line.left + 120, box["y"] + 62, steps=4)
    page.mouse.up()
    expect(chart.get_by_text("zoomed")).to_be_visible()
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)
    zoomed = wait_for_rest(page, chart)
    address = page.url
    assert "zoom" in address
    scroller = page.locator(".scroller")
    scroller.evaluate("element => element.scrollTop = 90")
    for step in range(50, 60):
        trainer.log("one", "loss", step, -5.0)
    # The newest values arrived (the card's summary says so) …
    expect(chart).to_contain_text("−5", timeout=LIVE_TIMEOUT_MS)
    # … and the window, the scroll position and the address are as they were.
    assert wait_for_rest(page, chart) == zoomed
    assert scroller.evaluate("element => element.scrollTop") == 90
    assert page.url == address


def test_an_image_step_stays_while_newer_ones_arrive(
    tmp_path: Path, trainer: Trainer, serve: Serve, open_page: Open
) -> None:
    for step in range(3):
        trainer.log("one", "image", step, 10 + step)
    page = open_page(serve(tmp_path).url + "#/images")
    slider = card(page, "image").get_by_role("slider", name="Step of image")
    expect(slider).to_have_attribute("aria-valuetext", "step 2 of 2, 3 of 3")
    # At the end it follows what comes.
    trainer.log("one", "image", 3, 13)
    expect(slider).to_have_attribute("aria-valuetext", "step 3 of 3, 4 of 4", timeout=LIVE_TIMEOUT_MS)
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "step 0 of 3, 1 of 4")
    trainer.log("one", "image", 4, 14)
    expect(slider).to_have_attribute("aria-valuetext", "step 0 of 4, 1 of 5", timeout=LIVE_TIMEOUT_MS)


def test_paused_pages_wait(tmp_path: Path, trainer: Trainer, serve: Serve, open_page: Open) -> None:
    trainer.log("one", "loss", 0, 1.0)
    page = open_page(serve(tmp_path).url)
    chart = card(page, "loss")
    expect(chart).to_contain_text("1 at step 0")
    page.keyboard.press("Shift+P")
    expect(page.get_by_role("button", name="Paused: resume")).to_be_visible()
    trainer.log("one", "loss", 1, 5.0)
    page.wait_for_timeout(2500)
    expect(chart).to_contain_text("1 at step 0")
    page.get_by_role("button", name="resume live updates").click()
    expect(chart).to_contain_text("5", timeout=LIVE_TIMEOUT_MS)


def test_a_click_on_the_live_dot_reads_again(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    # A server that reads once: nothing comes by itself.
    with SummaryWriter(tmp_path / "one") as writer:
        writer.add_scalar("loss", 1.0, 0)
    page = open_page(serve(tmp_path, "--reload-interval", "0").url)
    chart = card(page, "loss")
    expect(chart).to_contain_text("1 at step 0")
    with SummaryWriter(tmp_path / "two") as writer:
        writer.add_scalar("loss", 5.0, 0)
    page.wait_for_timeout(1500)
    expect(run_row(page, "two")).to_have_count(0)
    page.get_by_role("button", name="read again now").click()
    expect(run_row(page, "two")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    expect(chart).to_contain_text("best 1 at 0 (one)")
