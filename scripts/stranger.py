"""What a stranger does, as a program: clone, `make demo`, look at everything, `make test`.

The clone goes into a temporary folder. Once the demo has printed its address, every GET route of openapi.json is
read and every page is photographed, in both themes, wide and narrow. Exits with 0 if all went well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("scalars", "images", "text", "histograms", "distributions")
# One address per width; heights show what a screen shows.
SIZES = ((1440, 900), (390, 844))
# Asked for with WebSockets, not with GET.
NOT_READ = {"/api/live"}


def say(text: str) -> None:
    print(text, flush=True)


def clone(target: Path) -> None:
    """A clone as a stranger gets it: only what is committed."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(target)], check=True)


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[str]:
    """`make demo` until it prints its address; ends it with all that it started."""
    command = ["make", "demo", "OPEN=0", "PORT=0"]
    say(f"$ {' '.join(command)}")
    # A session of its own, so that make, the demo and their children end together.
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            say(f"  {line.rstrip()}")
            if match := re.search(r" at (http://\S+)", line):
                yield match[1].rstrip("/")
                break
        else:
            raise SystemExit(f"make demo ended with {process.wait()} before it printed an address")
    finally:
        for sign in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
                break
        process.stdout.close()


def read(url: str) -> tuple[int, bytes]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def example_parameters(base: str) -> dict[str, dict[str, str]]:
    """By stem: parameters of something that the demo logged."""
    runs: dict[str, Any] = json.loads(read(f"{base}/api/runs")[1])
    found: dict[str, dict[str, str]] = {}
    for stem, entries in runs["tags"].items():
        if entries:
            entry = entries[0]
            found[stem] = {"run": runs["runs"][entry["runs"][0]]["name"], "tag": entry["tag"], "since": "0"}
    query = urllib.parse.urlencode({name: found["images"][name] for name in ("run", "tag")})
    images = json.loads(read(f"{base}/api/images?{query}")[1])
    found["blobs"] = {"key": images["items"][0]["key"], "sample": "0"}
    return found


def read_routes(base: str, folder: Path) -> list[str]:
    """Read every GET route of openapi.json; returns what did not answer 2xx."""
    document = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))
    known = example_parameters(base)
    failures = []
    for path, methods in document["paths"].items():
        if "get" not in methods or path in NOT_READ:
            continue
        stem = next((part for part in path.split("/") if part in known), "scalars")
        values = {**known["scalars"], **known[stem]}
        address, query = path, {}
        for parameter in methods["get"].get("parameters", []):
            name = parameter["name"]
            if parameter["in"] == "path":
                address = address.replace(f"{{{name}}}", urllib.parse.quote(values[name], safe=""))
            elif parameter.get("required"):
                query[name] = values[name]
        url = base + address + (f"?{urllib.parse.urlencode(query)}" if query else "")
        status, body = read(url)
        say(f"  {status} {len(body):>9,} bytes  {urllib.parse.unquote(url.removeprefix(base))}")
        if not 200 <= status < 300:
            failures.append(f"{url}: {status} {body[:200].decode(errors='replace')}")
    return failures


def photograph(base: str, pictures: Path) -> list[str]:
    """Every page in both themes and sizes as PNG; returns what the browser complained about."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return ["playwright is not installed: no pictures"]
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        return ["there is no Chromium: no pictures"]
    pictures.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in ("light", "dark"):
            for width, height in SIZES:
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if theme == "dark" else "light",
                    reduced_motion="reduce",
                )
                page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
                page.on(
                    "console",
                    lambda message: complaints.append(message.text) if message.type == "error" else None,
                )
                for name in PAGES:
                    page.goto(f"{base}/#/{name}")
                    page.locator("main h1").wait_for(state="attached")
                    page.wait_for_timeout(1500)  # pictures and charts come in
                    page.screenshot(path=pictures / f"{name}-{theme}-{width}.png")
                page.close()
        browser.close()
    say(f"  {len(list(pictures.glob('*.png')))} pictures in {pictures}")
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, default=Path("stranger-pictures"), help="where the pictures go")
    parser.add_argument("--test", action="store_true", help="also run `make test` in the clone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="epochal-stranger-") as temporary:
        folder = Path(temporary) / "epochal"
        clone(folder)
        with demo(folder) as base:
            failures = read_routes(base, folder) + photograph(base, options.pictures.absolute())
        if options.test:
            say("$ make test")
            status = subprocess.run(["make", "test"], cwd=folder, check=False).returncode
            if status != 0:
                failures.append(f"make test: {status}")
    for failure in failures:
        say(f"FAILED {failure}")
    say("A stranger would be content." if not failures else f"{len(failures)} things failed.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
