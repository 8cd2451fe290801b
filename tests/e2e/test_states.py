"""What goes wrong in practice: nothing there yet, damage, a server that goes away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from e2e_logs import START, damage
from e2e_server import LIVE_TIMEOUT_MS, Complaints, Server
from looking import card, find_pixels, run_colour, run_row, wait_for_pixels
from playwright.sync_api import Page, expect

from epochal import SummaryWriter

Open = Callable[..., Page]
Serve = Callable[..., Server]


def write_run(logdir: Path, points: int = 100) -> Path:
    """One run of one tag; returns its event file."""
    with SummaryWriter(logdir) as writer:
        for step in range(points):
            writer.add_scalar("loss", step, step, START + step)
    [path] = logdir.glob("events.out.tfevents.*")
    return path


def test_an_empty_logdir_says_what_to_do(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    logdir = tmp_path / "empty"
    logdir.mkdir()
    write_run(tmp_path / "neighbour")
    page = open_page(serve(logdir).url)
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    main = page.get_by_role("main")
    expect(main).to_contain_text(str(logdir))
    expect(main).to_contain_text("add_scalar")
    expect(main).to_contain_text("Watching for new files")
    expect(main).to_contain_text("neighbour")
    write_run(logdir / "first")
    expect(run_row(page, "first")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "first"))


def test_a_logdir_that_appears_later(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    logdir = tmp_path / "not" / "yet"
    page = open_page(serve(logdir).url)
    expect(page.get_by_text("There is no such directory yet")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(str(logdir))
    write_run(logdir / "first")
    expect(run_row(page, "first")).to_be_visible(timeout=2 * LIVE_TIMEOUT_MS)


def test_damage_is_listed_and_the_rest_is_kept(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    path = write_run(tmp_path / "hurt")
    damage(path, path.stat().st_size // 2)
    write_run(tmp_path / "whole")
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "events.out.tfevents.1700000000.host").write_bytes(b"this is no event file" * 20)
    page = open_page(serve(tmp_path).url)
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "hurt"))
    # Whose data they were cannot be known: the card says where they lay.
    expect(card(page, "loss")).to_contain_text("1 damaged in its runs")
    page.get_by_label("Status").get_by_role("button", name="problem").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog).to_contain_text(path.name)
    expect(dialog).to_contain_text("events.out.tfevents.1700000000.host")
    # The record of the changed byte: one of 100 like it, in the middle of the file.
    offset = int(re.search(r"at byte ([\d,]+)", dialog.inner_text())[1].replace(",", ""))  # type: ignore[index]
    assert 0 <= offset <= path.stat().st_size
    page.keyboard.press("Escape")
    # 99 of its points are still there.
    expect(page.get_by_label("Status")).to_contain_text("199")


def test_the_server_goes_away_and_comes_back(
    tmp_path: Path, serve: Serve, open_page: Open, complaints: Complaints
) -> None:
    complaints.expect_offline = True
    write_run(tmp_path / "one")
    server = serve(tmp_path)
    page = open_page(server.url + "#/scalars?smooth=none")
    chart = card(page, "loss")
    colour = run_colour(page, "one")
    wait_for_pixels(page, chart, colour)
    server.stop()
    expect(page.get_by_text("Disconnected")).to_be_visible(timeout=2 * LIVE_TIMEOUT_MS)
    expect(page.get_by_role("button", name="Offline")).to_be_visible()
    assert find_pixels(chart, colour), "what was drawn stays"
    write_run(tmp_path / "two")
    port = re.search(r":(\d+)/", server.url)
    assert port
    serve(tmp_path, "--port", port[1])
    page.get_by_role("button", name="Retry now").click()
    expect(page.get_by_text("Disconnected")).to_have_count(0, timeout=2 * LIVE_TIMEOUT_MS)
    expect(run_row(page, "two")).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    expect(page.get_by_role("button", name="Live")).to_be_visible()
    wait_for_pixels(page, chart, run_colour(page, "two"))


def test_a_kind_without_data_shows_how_to_log_it(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    write_run(tmp_path / "one")
    page = open_page(serve(tmp_path).url + "#/images")
    expect(page.get_by_text("No images in these logs")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("add_image")


def test_the_log_directory_itself_is_a_run(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    logdir = tmp_path / "my-run"
    write_run(logdir)
    page = open_page(serve(logdir).url)
    expect(run_row(page, "my-run")).to_be_visible()
    assert "my-run" in page.title()


def test_a_path_prefix(tmp_path: Path, serve: Serve, open_page: Open, complaints: Complaints) -> None:
    complaints.expect_refusal = True
    write_run(tmp_path / "one")
    server = serve(tmp_path, "--path-prefix", "/some/where")
    assert server.url.endswith("/some/where/")
    # Behind a prefix there is a proxy, so the page asks for the token that was printed.
    link = server.process.stdout.readline()  # type: ignore[union-attr]
    assert "#token=" in link
    page = open_page(link[link.index("http") :].strip())
    wait_for_pixels(page, card(page, "loss"), run_colour(page, "one"))
    assert "token" not in page.url
    # What start.js fetched ahead is what the app then asks for, so that nothing comes twice.
    files: list[str] = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assets = [file for file in files if "/assets/" in file]
    assert len(assets) == len(set(assets)) > 8
    ahead: list[str] = page.locator("head > link[rel=modulepreload][href*=scalars]").evaluate_all(
        "(links) => links.map((link) => link.href)"
    )
    assert [file.startswith(server.url + "assets/") for file in ahead] == [True]
