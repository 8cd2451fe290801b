"""torch's add_scalars: its sub-runs are folded under their run, and are lines of one chart of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_server import Server
from looking import card, find_pixels, hover, run_colour, run_row, tooltip_values, wait_for_pixels, wait_until
from playwright.sync_api import Page, expect

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.utils.tensorboard import SummaryWriter as TorchWriter


def write_torch_logs(logdir: Path) -> None:
    """Two runs with two keys each, below a logdir that is a run with keys itself."""
    for folder, height in ((".", 3), ("runs/first", 1), ("runs/second", 2)):
        with TorchWriter(str(logdir / folder)) as writer:
            for step in range(30):
                writer.add_scalar("loss", height / (step + 1), step, walltime=1000.0 + step)
                tag = "root sides" if folder == "." else "sides/both"
                keys = {"low": height * 10.0, "high": height * 10.0 + 5}
                writer.add_scalars(tag, keys, step, walltime=1000.0 + step)


@pytest.fixture
def url(tmp_path: Path, serve: Callable[..., Server]) -> str:
    write_torch_logs(tmp_path / "logs")
    return serve(tmp_path / "logs").url


def test_keys_are_lines_of_one_chart_and_sub_runs_fold(
    url: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(url + "#/scalars?smooth=none")
    chart = card(page, "sides/both")
    expect(page.locator("article")).to_have_count(3)  # loss, and each main tag once
    expect(chart.locator("li.key")).to_have_text(["high", "low"])
    # Folded: three runs, no sub-run; each chart's lines have their run's colour.
    expect(run_row(page, "logs")).to_be_visible()
    expect(page.get_by_text("3 of 3", exact=True)).to_be_visible()
    expect(run_row(page, "runs/first/sides_both_low")).to_have_count(0)
    first = run_colour(page, "runs/first")
    assert first != run_colour(page, "runs/second")
    line = wait_for_pixels(page, chart, first)
    hover(chart, (line.left + line.right) / 2, line.row_at((line.left + line.right) / 2))
    assert tooltip_values(page) == {
        "runs/second · high": ["25"],
        "runs/second · low": ["20"],
        "runs/first · high": ["15"],
        "runs/first · low": ["10"],
    }
    page.mouse.move(1, 1)
    # A run's box stands for its lines too.
    run_row(page, "runs/first").locator(".check").click()
    wait_until(page, lambda: not find_pixels(chart, first), "both lines go")
    run_row(page, "runs/first").locator(".check").click()
    wait_for_pixels(page, chart, first)
    # Unfolded: one box for each key, in the colour of the line.
    run_row(page, "runs/first").locator("[data-expand]").click()
    low = run_row(page, "runs/first/sides_both_low")
    expect(low).to_be_visible()
    assert run_colour(page, "runs/first/sides_both_low") == first
    run_row(page, "runs/second").locator(".check").click()
    low.locator(".check").click()
    both = wait_for_pixels(page, chart, first)
    hover(chart, (both.left + both.right) / 2, 60)
    assert tooltip_values(page) == {"high": ["15"]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_below_the_logdirs_own_run(url: str, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(url + "#/scalars?smooth=none", theme=theme)
    chart = card(page, "root sides")
    line = wait_for_pixels(page, chart, run_colour(page, "logs"))
    hover(chart, (line.left + line.right) / 2, 60)
    assert tooltip_values(page) == {"high": ["35"], "low": ["30"]}
