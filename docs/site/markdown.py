"""Pieces of Markdown: tables, and text that is shown as it is."""

import re
from collections.abc import Iterable, Sequence

_ARXIV = re.compile(r"arXiv:((?:[a-z-]+/)?\d[\d.]*\d)")
_ADDRESS = re.compile(r"(?<![(\[<])\bhttps?://[^\s,)]+")


def shown(text: str) -> str:
    """Return text so that Markdown shows it as it is, with papers and addresses as links.

    What stands between backticks stays code.

    Example:
        >>> shown("I < 2, `a*b`, arXiv:1902.09037")
        'I &lt; 2, `a*b`, [arXiv:1902.09037](https://arxiv.org/abs/1902.09037)'
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its like is no code
        return _plain(text).replace("`", "\\`")
    return "`".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


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
