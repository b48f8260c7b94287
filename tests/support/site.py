"""A built site: the links and other addresses of its pages."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {  # elements whose address a browser loads without a click
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
}


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that links may name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note an element's addresses."""
        values = {name: value for name, value in attrs if value is not None}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in _LOADED and _LOADED[tag] in values:
            self.loaded.append(values[_LOADED[tag]])


def pages(site: Path) -> dict[Path, Page]:
    """Return every page of a site, by its path; but not 404.html, which stands for all others."""
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def broken(page: Page, known: dict[Path, Page]) -> list[str]:
    """Return the links of a page that lead to no file of the site, or to no place in it."""
    links = [*page.links, *page.loaded]
    return [link for link in links if not _leads_somewhere(link, page, known)]


def _leads_somewhere(link: str, page: Page, known: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    place = unquote(parts.path)
    path = (page.path.parent / place).resolve() if place else page.path
    if path not in known or not parts.fragment:
        return path.exists()
    return parts.fragment in known[path].anchors
