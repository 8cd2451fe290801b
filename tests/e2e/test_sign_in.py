"""The token page in a real browser, whose policy allows one script and one style by their hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_logs import write_gallery
from e2e_server import LIVE_TIMEOUT_MS, Server
from playwright.sync_api import Browser, BrowserContext, Page, expect

TOKEN = "token-of-the-browser-test"


@pytest.fixture
def guarded(serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EPOCHAL_TOKEN", TOKEN)
    write_gallery(tmp_path)
    return serve(tmp_path, "--auth", "token").url


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(LIVE_TIMEOUT_MS)
    yield context
    context.close()


def expect_app(page: Page) -> None:
    expect(page.get_by_role("main").first).to_be_visible(timeout=LIVE_TIMEOUT_MS)
    expect(page.get_by_placeholder("Token", exact=True)).to_have_count(0)


def test_the_token_is_pasted(guarded: str, profile: BrowserContext) -> None:
    page = profile.new_page()
    violations: list[str] = []
    page.on(
        "console", lambda message: violations.append(message.text) if "Content Security" in message.text else None
    )
    page.goto(guarded)
    field = page.get_by_placeholder("Token", exact=True)
    field.fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("status")).to_have_text("That is not the token this server printed at start.")
    field.fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    expect_app(page)
    assert violations == []
    (cookie,) = profile.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


def test_the_link_signs_in_and_keeps_the_view(guarded: str, profile: BrowserContext) -> None:
    page = profile.new_page()
    page.goto(f"{guarded}#/text?a=1&token={TOKEN}&b=2")
    expect_app(page)
    assert TOKEN not in page.url
    assert "#/text?" in page.url


def test_a_link_from_another_site_needs_no_second_token(guarded: str, profile: BrowserContext) -> None:
    # The strict cookie is not sent along from there; the page notices that it is signed in and loads again.
    page = profile.new_page()
    page.goto(f"{guarded}#token={TOKEN}")
    expect_app(page)
    other = profile.new_page()
    other.goto(f"data:text/html,<a href='{guarded}'>logs</a>")
    other.get_by_role("link").click()
    expect_app(other)
