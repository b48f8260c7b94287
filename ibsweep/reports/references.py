"""The papers that options name in their YAML files, as entries of BibTeX."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ibsweep.config import shipped

_FIELD = r"^  {} = \{{(.*)\}},$"
_PAPER = re.compile(r"\(?\b(?:1[89]|20)\d\d\b\)?")  # a year: the text names a paper
_ARXIV = re.compile(r"arXiv:([\w./-]*\w)")
_ACCENT = re.compile(r"\{\\[\"'](\w)\}|\{\\(o)\}")  # {\'a} is a letter, as in the YAML files


class Reference(NamedTuple):
    """An entry.

    Attributes:
        key: What it is cited by.
        surname: Of the first author, without accents.
        year: Year of the paper, "" if it has none.
        eprint: Its number at arXiv, "" if it has none.
        text: The whole entry.
    """

    key: str
    surname: str
    year: str
    eprint: str
    text: str

    def is_named_in(self, text: str) -> bool:
        """Say whether a text names the paper: by its number, or by author and year."""
        if self.eprint and f"arXiv:{self.eprint}" in text:
            return True
        pattern = rf"\b{re.escape(self.surname)}\b[^;():]{{0,60}}\(?{self.year}\b"
        return bool(self.year) and bool(re.search(pattern, _plain(text)))


@cache
def references() -> dict[str, Reference]:
    """Return the entries that come with the package, by key."""
    text = (files("ibsweep.reports") / "references.bib").read_text(encoding="utf-8")
    entries = [_reference(entry) for entry in text.strip().split("\n\n")]
    return {entry.key: entry for entry in entries}


def cited(group: str, name: str) -> list[Reference]:
    """Return the papers that an option's YAML file names; none for an option of the user's own.

    A paper that is not among the entries of the package becomes one that holds the file's words.

    Args:
        group: Group of the configuration, e.g. `estimator`.
        name: Its option.
    """
    if name not in shipped.names(group):
        return []
    text = shipped.source(group, name)
    known = [entry for entry in references().values() if entry.is_named_in(text)]
    return known or ([_from_words(group, name, text)] if _PAPER.search(text) else [])


def _from_words(group: str, name: str, text: str) -> Reference:
    """Return an entry that holds what a YAML file says of its source."""
    numbers = _ARXIV.findall(text)
    words = re.sub(r"([&%_#$])", r"\\\1", text)  # which LaTeX takes for commands
    fields = [f"  note = {{{words}}},"]
    fields += [f"  eprint = {{{numbers[0]}}},\n  archiveprefix = {{arXiv}},"] if numbers else []
    key = f"{group}-{name}"
    return Reference(key, "", "", "", "\n".join([f"@misc{{{key},", *fields, "}"]))


def _reference(entry: str) -> Reference:
    """Read an entry, whose fields stand on lines of their own."""
    key = entry.partition("{")[2].partition(",")[0]
    author, year, eprint = (_field(entry, name) for name in ("author", "year", "eprint"))
    surname = _ACCENT.sub(r"\1\2", author).partition(",")[0]
    return Reference(key, surname, year, eprint, entry)


def _field(entry: str, name: str) -> str:
    match = re.search(_FIELD.format(name), entry, re.MULTILINE)
    return match[1] if match else ""


def _plain(text: str) -> str:
    """Return a text without the accents of the names in it."""
    return text.translate(str.maketrans("áéíóúøöüä", "aeiouooua"))
