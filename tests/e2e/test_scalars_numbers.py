"""What the scalars page says in numbers is what NumPy says: smoothings, groups of runs, another tag as x."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from e2e_logs import START
from e2e_scalars_logs import RATES, SEEDS, loss_of, steps_of, write_sweep
from e2e_server import serve_shared
from looking import (
    canvas_of,
    card,
    find_pixels,
    hover,
    run_colour,
    tooltip,
    tooltip_values,
    wait_for_pixels,
    wait_for_rest,
)
from playwright.sync_api import Locator, Page, expect

from epochal import SummaryWriter

Open = Callable[..., Page]


def noisy_values() -> np.ndarray:
    """201 values as they are stored: a slope and noise."""
    rng = np.random.default_rng(0)
    return np.array([np.float32(step / 10 + rng.normal(0, 3)) for step in range(201)], dtype=np.float64)


def write_numbers(logdir: Path) -> None:
    """The sweep, and `joined`: noise, and a loss that falls with the examples seen, 64 × step²."""
    write_sweep(logdir)
    with SummaryWriter(logdir / "joined") as writer:
        for step, value in enumerate(noisy_values()):
            writer.add_scalar("noisy", value, step, START + step)
        for step in range(100):
            writer.add_scalar("progress/examples", 64 * step**2, step, START + step)
            writer.add_scalar("progress/loss", 100.0 - step, step, START + step)
        for step in range(200, 205):
            writer.add_scalar("progress/loss", 0.0, step, START + step)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve_shared(write_numbers, tmp_path_factory.mktemp("numbers"))


def head(page: Page) -> str:
    tooltip(page).wait_for()
    text: str = tooltip(page).locator(".head").inner_text()
    return text


def numbers(texts: list[str]) -> list[float]:
    return [
        float(each.replace("−", "-").replace(",", "")) for each in re.findall(r"[−\d.,]+\d|\d", " ".join(texts))
    ]


def rows_at(page: Page, chart: Locator, step: int) -> dict[str, list[float]]:
    """Numbers of the tooltip's rows at a step of 0…99, by group."""
    box = canvas_of(chart).bounding_box()
    assert box
    left, right = plot_ends(chart)
    hover(chart, left + (right - left) * step / 99, box["height"] * 0.3)
    expect(tooltip(page).locator(".head")).to_contain_text(f"step {step}")
    return {group: numbers(texts) for group, texts in tooltip_values(page).items()}


def plot_ends(chart: Locator) -> tuple[float, float]:
    """Columns of step 0 and of step 99, told by what is drawn in any strong colour."""
    found = canvas_of(chart).evaluate(
        """canvas => {
          const { width, height } = canvas;
          const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          let [left, right] = [Infinity, 0];
          for (let i = 0; i < data.length; i += 4) {
            const [red, green, blue, alpha] = data.slice(i, i + 4);
            if (alpha < 200 || Math.max(red, green, blue) - Math.min(red, green, blue) < 60) continue;
            left = Math.min(left, (i / 4) % width);
            right = Math.max(right, (i / 4) % width);
          }
          const ratio = width / canvas.clientWidth;
          return [left / ratio, right / ratio];
        }"""
    )
    return found[0], found[1] - 2


def members_at(rate: float, step: int) -> np.ndarray:
    return np.array([np.float32(loss_of(rate, seed, step)) for seed in SEEDS if step < steps_of(seed)], float)


def interquartile_mean(values: np.ndarray) -> float:
    """Mean of the middle half, of which the outermost values may count in part."""
    cut = len(values) / 4
    weights = np.ones(len(values))
    weights[: int(cut)] = 0
    weights[int(cut)] -= cut - int(cut)
    weights = np.minimum(weights, weights[::-1])
    return float(np.average(np.sort(values), weights=weights))


CENTERS: dict[str, Callable[[np.ndarray], float]] = {
    "mean": np.mean,
    "median": np.median,
    "iqm": interquartile_mean,
}


def smooth_plainly(values: np.ndarray, kind: str, weight: float) -> np.ndarray:
    """Each smoothing by its definition; the points are a second apart."""
    if kind in ("mean", "median"):
        half = int(weight) // 2
        center = np.mean if kind == "mean" else np.median
        windows = [values[max(0, at - half) : at + half + 1] for at in range(len(values))]
        return np.array([center(window) for window in windows])
    smoothed, mass, last = [], 0.0, 0.0
    for value in values:
        last, mass = weight * last + (1 - weight) * value, weight * mass + (1 - weight)
        smoothed.append(last / mass)
    return np.array(smoothed)


@pytest.mark.parametrize(
    ("kind", "weight"), [("exponential", 0.9), ("time_weighted", 0.9), ("mean", 21), ("median", 21)]
)
def test_four_smoothings(logs: str, open_page: Open, kind: str, weight: float) -> None:
    page = open_page(f"{logs}#/scalars?smooth={kind}:{weight}&tags=noisy")
    chart = card(page, "noisy")
    wait_for_rest(page, chart)
    left, right = plot_ends(chart)
    hover(chart, (left + right) / 2, 60)
    [smoothed, value] = numbers(tooltip_values(page)["joined"])
    found = re.search(r"step (\d+)", head(page))
    assert found
    step, logged = int(found[1]), noisy_values()
    assert value == pytest.approx(logged[step], rel=1e-3)
    assert smoothed == pytest.approx(smooth_plainly(logged, kind, weight)[step], rel=2e-3, abs=2e-3)


@pytest.mark.parametrize("center", ["mean", "median", "iqm"])
def test_the_line_of_a_group_is_numpys(logs: str, open_page: Open, center: str) -> None:
    page = open_page(f"{logs}#/scalars?smooth=none&tags=train/loss&group=folder:1&agg={center},minmax")
    chart = card(page, "train/loss")
    wait_for_rest(page, chart)
    # At step 75 the runs of seed 3 have ended: three members are left, nothing is made up.
    rows = rows_at(page, chart, 75)
    for rate in RATES:
        members = members_at(rate, 75)
        expected = [CENTERS[center](members), members.min(), members.max(), len(members)]
        assert rows[f"lr={rate}"] == pytest.approx(expected, rel=1e-3), rate


@pytest.mark.parametrize("band", ["std", "sem", "percentile,10,90", "ci95"])
def test_the_band_of_a_group_is_numpys(logs: str, open_page: Open, band: str) -> None:
    page = open_page(f"{logs}#/scalars?smooth=none&tags=train/loss&group=hparam:lr&agg=mean,{band}")
    chart = card(page, "train/loss")
    wait_for_rest(page, chart)
    rows = rows_at(page, chart, 50)
    for rate in RATES:
        members = members_at(rate, 50)
        mean, spread = float(members.mean()), float(members.std())
        center, low, high, count = next(values for group, values in rows.items() if group.endswith(f"= {rate}"))
        assert center == pytest.approx(mean, rel=1e-3)
        assert count == 4
        if band == "std":
            assert [mean - low, high - mean] == pytest.approx([spread, spread], rel=0.02)
        elif band == "sem":
            # The standard error of a sample: one degree of freedom less.
            error = float(members.std(ddof=1)) / 2
            assert [mean - low, high - mean] == pytest.approx([error, error], rel=0.02)
        elif band == "ci95":
            assert members.min() <= low < mean < high <= members.max()
        else:
            assert [low, high] == pytest.approx(np.percentile(members, [10, 90]), rel=1e-3)


def test_another_tag_as_x(logs: str, open_page: Open) -> None:
    page = open_page(f"{logs}#/scalars?smooth=none&tags=progress/loss&x=tag:progress/examples")
    chart = card(page, "progress/loss")
    colour = run_colour(page, "joined")
    # Five points of the loss have no examples at their step: they are left out and counted.
    expect(chart).to_contain_text("5 without x")
    wait_for_pixels(page, chart, colour)
    wait_for_rest(page, chart)
    # x = 64 step², y = 100 − step: at a quarter of the width half of the steps are done.
    line = find_pixels(chart, colour)
    top, bottom = line.row_at(line.left + 1), line.row_at(line.right - 3)
    at = line.left + (line.right - 2 - line.left) / 4
    assert line.row_at(at) == pytest.approx((top + bottom) / 2, abs=4)
