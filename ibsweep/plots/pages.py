"""Fills the templates of pages: one self-contained HTML file each, plotly.js and style inside."""

import io
from collections.abc import Sequence

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
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


def page(title: str, parts: Sequence[Markup], *, interactive: bool = True) -> str:
    """Put parts into a page that asks the network for nothing: a policy in it forbids that.

    Args:
        title: The page's title.
        parts: Fragments, in order; they may hold sortable tables.
        interactive: Whether they hold interactive planes, so that plotly.js (5 MB) is needed.
    """
    sources = {name: _source(name) for name in ("page.css", "page.js")}
    plotly = Markup(get_plotlyjs() if interactive else "")
    return str(fragment("page.html", title=title, parts=parts, plotly=plotly, sources=sources))


def table(rows: pd.DataFrame) -> Markup:
    """Make a table that is sorted by pressing its headings.

    Args:
        rows: Numbers and text; the index is left out.
    """
    numeric = list(rows.select_dtypes("number"))
    cells = rows.astype(object).to_dict("records")
    return fragment("table.html", columns=list(rows), numeric=numeric, rows=cells)


def picture(figure: Figure, label: str) -> Markup:
    """Make a part of a page of a matplotlib figure: SVG, its text as text, the same each time.

    Args:
        figure: The figure.
        label: What it shows, for screen readers.
    """
    alike = rc_context({"svg.fonttype": "none", "svg.hashsalt": "ibsweep"})
    with io.StringIO() as buffer, alike:
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
        drawing = buffer.getvalue()
    return fragment("picture.html", label=label, svg=Markup(drawing[drawing.index("<svg") :]))


def picture_page(title: str, figure: Figure) -> str:
    """Put a matplotlib figure into a page of its own.

    Args:
        title: The page's title.
        figure: The figure.
    """
    return page(title, [picture(figure, title)], interactive=False)


def _source(name: str) -> Markup:
    """Return a file that goes into the page as it is."""
    assert _PAGES.loader is not None
    return Markup(_PAGES.loader.get_source(_PAGES, name)[0])
