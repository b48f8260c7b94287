"""Pieces of Markdown: tables, and text that is shown as it is."""

import re
from collections.abc import Callable, Iterable, Sequence

_ARXIV = re.compile(r"arXiv:((?:[a-z-]+/)?\d[\d.]*\d)")
_COMMAND = re.compile(r"(?:python -m ibsweep|ibsweep calibrate)(?: -m| '?\+?[\w.]+=[^\s;]+)*")
_ADDRESS = re.compile(r"(?<![(\[<])\bhttps?://[^\s,)]+")


def shown(text: str) -> str:
    """Return text so that Markdown shows it as it is, with papers and addresses as links.

    What stands between backticks is code, and so are commands.

    Example:
        >>> shown("I < 2, `a*b`, arXiv:1902.09037")
        'I &lt; 2, `a*b`, [arXiv:1902.09037](https://arxiv.org/abs/1902.09037)'
        >>> shown("Fig 1: python -m ibsweep -m +experiment=fig1 Fast.")
        'Fig 1: `python -m ibsweep -m +experiment=fig1` Fast.'
    """
    if text.count("`") % 2:  # a backtick without its like is no code
        return _plain(text).replace("`", "\\`")
    marked = _each(text, lambda part: _COMMAND.sub(r"`\g<0>`", part))
    return _each(marked, _plain)


def _each(text: str, change: Callable[[str], str]) -> str:
    """Change what is not between backticks."""
    parts = text.split("`")
    return "`".join(part if number % 2 else change(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    for character, replacement in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("|", "&#124;"),
        ("*", "\\*"),
        ("[", "\\["),
    ):
        text = text.replace(character, replacement)
    text = _ADDRESS.sub(lambda match: f"<{match[0]}>", text)
    return _ARXIV.sub(r"[\g<0>](https://arxiv.org/abs/\1)", text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, empty if it has no rows.

    Args:
        header: Names of the columns.
        rows: Cells, in Markdown.
    """
    lines = [_row(cells) for cells in rows]
    return "\n".join([_row(header), _row(["---"] * len(header)), *lines]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def code(text: str, language: str = "text") -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def page(*parts: str) -> str:
    """Return the parts that are not empty, one below the other."""
    return "\n\n".join(part for part in parts if part) + "\n"
