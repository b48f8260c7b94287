"""Fills the templates of pages: one self-contained HTML file each, plotly.js and style inside."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

_PAGES = Environment(
    loader=PackageLoader("ibsweep.plots"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def fragment(template: str, **values: object) -> Markup:
    """Fill a template that makes a part of a page.

    Args:
        template: File name in `templates/`.
        **values: What it names; text is escaped, other fragments are not.
    """
    return Markup(_PAGES.get_template(template).render(values))


def page(title: str, parts: Sequence[Markup]) -> str:
    """Put parts into a page that asks the network for nothing: a policy in it forbids that.

    Args:
        title: The page's title.
        parts: Fragments, in order; they may hold interactive planes and sortable tables.
    """
    sources = {name: _source(name) for name in ("page.css", "page.js")}
    plotly = Markup(get_plotlyjs())
    return str(fragment("page.html", title=title, parts=parts, plotly=plotly, sources=sources))


def _source(name: str) -> Markup:
    """Return a file that goes into the page as it is."""
    assert _PAGES.loader is not None
    return Markup(_PAGES.loader.get_source(_PAGES, name)[0])
