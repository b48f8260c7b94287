"""The code blocks of documents, and the marks that say how a test runs them.

A mark is a comment in front of a block; readers do not see it. Several may stand there.

    <!-- test: with training=quick seed=0,1 -->    options that make a long command short
    <!-- test: slow -->                            run by `make docs-test` alone
    <!-- test: first CODE -->                      Python that is run before the block
    <!-- test: output -->                          what the block before it prints; … is any text
    <!-- test: example -->                         text that no test compares
    <!-- test: file PATH -->                       contents of a file that later blocks use
    <!-- test: in tests/x/test_y.py -->            another test runs it
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

KINDS = ("with", "slow", "first", "output", "example", "file", "in")
_MARK = re.compile(r"\s*<!-- test: (\w+)\s?(.*?)\s*-->\s*\Z", re.DOTALL)
_FENCE = re.compile(r"```+\s*\{?\.?(\w*)")


class Block(NamedTuple):
    """A code block.

    Attributes:
        line: Number of its first line in the document, from 1.
        language: What its fence says, empty if it has none.
        text: Its lines, not indented.
        marks: Kind of each mark, and what follows it.
    """

    line: int
    language: str
    text: str
    marks: dict[str, str]


def blocks(document: str) -> Iterator[Block]:
    """Yield the code blocks of a document: fenced ones, and indented ones outside lists.

    Raises:
        ValueError: If a mark is of no known kind.
    """
    lines, marks, number = document.splitlines(), {}, 0
    while number < len(lines):
        start, line = number, lines[number]
        if line.startswith("<!--"):
            number = _end(lines, number, lambda text: text.rstrip().endswith("-->"))
            marks |= _mark("\n".join(lines[start:number]))
        elif line.startswith("```"):
            number = _end(lines, number + 1, lambda text: text.rstrip() == "```")
            text = "\n".join(lines[start + 1 : number - 1])
            yield Block(start + 1, _FENCE.match(line)[1], text, marks)
            marks = {}
        elif line.startswith("    ") and not (start and lines[start - 1].strip()):
            while number < len(lines) and (lines[number].startswith("    ") or not lines[number]):
                number += 1
            text = "\n".join(text[4:] for text in lines[start:number]).rstrip()
            yield Block(start + 1, "", text, marks)
            marks = {}
        else:
            marks = marks if not line.strip() else {}
            number += 1


def _end(lines: list[str], number: int, ends) -> int:
    while not ends(lines[number]):
        number += 1
    return number + 1


def _mark(comment: str) -> dict[str, str]:
    match = _MARK.fullmatch(comment)
    if match is None:
        return {}
    if match[1] not in KINDS:
        raise ValueError(f"a mark must be one of {', '.join(KINDS)}, got {match[1]!r}")
    return {match[1]: match[2]}


def commands(text: str) -> list[tuple[str, str]]:
    r"""Return the commands of a shell block, and what it says that each prints.

    A block in which a line begins with `$ ` is a session; all others are commands alone.

    Example:
        >>> commands("a b \\\n    c  # why")
        [('a b c  # why', '')]
        >>> commands("$ a\n1\n2\n$ b\n3")
        [('a', '1\n2'), ('b', '3')]
    """
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    if not joined.startswith("$ "):
        return [(line, "") for line in joined.splitlines() if line.strip()]
    sessions = [part.partition("\n") for part in re.split(r"^\$ ", joined, flags=re.M)[1:]]
    return [(command, printed.rstrip("\n")) for command, _, printed in sessions]


def fits(expected: str, printed: str) -> bool:
    r"""Say whether a text is what a document says, in which … stands for any text.

    Blanks at the ends of lines do not count; a line that is … alone stands for any lines.

    Example:
        >>> fits("a … c\n…\nz", "a b c\n1\n2\nz\n")
        True
        >>> fits("a … c", "a b\nc")
        False
    """
    pattern = "\n".join(
        "(?s:.*)" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", "[^\n]*")
        for line in expected.splitlines()
    )
    text = "\n".join(line.rstrip() for line in printed.splitlines())
    return re.fullmatch(pattern, text.strip("\n")) is not None


def replaced(words: list[str], options: list[str]) -> list[str]:
    """Return the words of a command with other options.

    Example:
        >>> replaced(["-m", "a=1", "b=2"], ["b=3", "c=4"])
        ['-m', 'a=1', 'b=3', 'c=4']
    """
    keys = {option.partition("=")[0] for option in options}
    return [*(word for word in words if word.partition("=")[0] not in keys), *options]
