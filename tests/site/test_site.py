"""The documentation as a site: it builds, its links hold, and a browser asks no other host."""

import importlib.util
import os
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

import ibsweep
from tests.conftest import ROOT
from tests.support.accessibility import barriers
from tests.support.browser import started, visit
from tests.support.site import broken, pages

WIDTHS = [1280, 390]
OPENED = [
    "index.html",
    "estimators.html",
    "calibration.html",
    "configuration/estimator.html",
    "api.html",
    "commands.html",
    "metrics.html",
    "gallery.html",
    "notebooks/first-plane.html",
]
CHECKED = ["index.html", "configuration/estimator.html", "gallery.html", OPENED[-1]]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *_):
        """Print nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if importlib.util.find_spec("mkdocs") is None and "CI" not in os.environ:
        pytest.skip("mkdocs is not installed")
    folder = (tmp_path_factory.mktemp("built") / "site").resolve()
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    ended = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def address(site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


def test_every_link_leads_somewhere(site):
    known = pages(site)
    assert not {path.name: links for path, page in known.items() if (links := broken(page, known))}


def test_pages_load_nothing_from_other_hosts(site):
    loaded = {address for page in pages(site).values() for address in page.loaded}
    assert not [address for address in loaded if urlsplit(address).netloc]


def test_the_menu_leads_to_every_page(site):
    known = pages(site)
    listed = {(site / urlsplit(link).path).resolve() for link in known[site / "index.html"].links}
    assert set(known) <= listed


def test_every_public_name_has_its_place(site):
    anchors = pages(site)[site / "api.html"].anchors
    assert {f"ibsweep.{name}" for name in ibsweep.__all__} <= anchors


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", OPENED)
def test_a_page_in_a_browser(address, browser, name, width):
    with visit(browser, f"{address}/{name}", width=width) as visited:
        assert visited.page.locator("h1").first.is_visible()
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= width
        assert not visited.complaints
        assert all(request.startswith(address) for request in visited.requests)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
@pytest.mark.parametrize("name", CHECKED)
def test_a_page_has_no_serious_barrier(address, browser, axe, name, width, dark):
    with visit(browser, f"{address}/{name}", width=width, dark=dark) as visited:
        visited.page.wait_for_load_state("networkidle")
        assert barriers(visited.page, axe) == []


def test_the_search_finds_a_page(address, browser):
    with visit(browser, f"{address}/index.html", width=1280) as visited:
        visited.page.click("input.md-search__input")
        visited.page.keyboard.type("checkpoint")
        visited.page.wait_for_selector(".md-search-result__link[href*='running.html']")
        assert not visited.complaints
