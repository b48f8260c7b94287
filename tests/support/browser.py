"""Opening pages in a headless browser, for tests of what a reader sees."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visit(NamedTuple):
    """An open page; what it complained of, and what it asked the network for."""

    page: object
    complaints: list[str]
    requests: list[str]


@contextmanager
def started() -> Iterator[object]:
    """Start a browser; skip the test if there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    browser_path = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser_path is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def visit(browser, place: Path | str, *, width=1100, height=900, dark=False) -> Iterator[Visit]:
    """Open a file, or an address."""
    size, scheme = {"width": width, "height": height}, "dark" if dark else "light"
    page = browser.new_page(viewport=size, color_scheme=scheme)
    visited = Visit(page, [], [])
    page.on("pageerror", lambda error: visited.complaints.append(str(error)))
    page.on(
        "console",
        lambda line: (
            visited.complaints.append(line.text) if line.type in ("error", "warning") else None
        ),
    )
    page.on("request", lambda request: visited.requests.append(request.url))
    page.goto(place.as_uri() if isinstance(place, Path) else place)
    yield visited
    page.close()
