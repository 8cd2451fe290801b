"""A real server over logs that the test wrote, and a real Chromium looking at it.

Every page fails its test when the console reports an error, a request fails, the Content-Security-Policy is
violated, or anything but this machine is asked for anything.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))  # for the modules here that test files import by name

from e2e_logs import write_gallery, write_hard_names
from e2e_server import LIVE_TIMEOUT_MS, Complaints, Server, serve_shared, start_server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]


# The machine may be busy with other tests.
expect.set_options(timeout=LIVE_TIMEOUT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start `epochal LOGDIR --port 0 …`; every server ends with the test."""
    with contextlib.ExitStack() as servers:

        def start(logdir: Path, *flags: str) -> Server:
            server = start_server(logdir, *flags)
            servers.callback(server.stop)
            return server

        yield start


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_gallery`'s runs; no test changes them."""
    # The page shows the end of the path: always the same, for the pictures.
    folder = tmp_path_factory.mktemp("shared") / "experiments" / "of-the-browser-tests" / "gallery"
    yield from serve_shared(write_gallery, folder)


@pytest.fixture(scope="session")
def hard_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that shows `write_hard_names`'s runs."""
    yield from serve_shared(write_hard_names, tmp_path_factory.mktemp("names"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Open an address in a fresh profile: `open_page(url, width=1440, height=900, theme="light", now=None)`.

    The page's clock stands still at `now` (seconds since the epoch) if that is given; its time zone is UTC.
    """
    pages: list[Page] = []

    def open_(
        url: str, *, width: int = 1440, height: int = 900, theme: str = "light", now: float | None = None
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            timezone_id="UTC",
        )
        context.set_default_timeout(LIVE_TIMEOUT_MS)
        page = context.new_page()
        page.on("console", complaints.on_console)
        page.on("pageerror", lambda error: complaints.found.append(f"uncaught: {error}"))
        page.on("request", complaints.on_request)
        page.on("requestfailed", complaints.on_failure)
        if now is not None:
            page.clock.set_fixed_time(now)
        page.goto(url)
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.context.close()
    assert complaints.found == []
