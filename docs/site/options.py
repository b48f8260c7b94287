"""Reads what the files of conf/ say: what each is, and each of its options."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

_GLOBAL = "# @package _global_"
CONF = Path(__file__).resolve().parents[2] / "conf"
_COMMENT = re.compile(r"\s+#\s+(.*)")


class Option(NamedTuple):
    """An option that can be set.

    Attributes:
        key: As it is typed, e.g. `training.epochs`.
        default: Its value, as YAML.
        meaning: The comment beside it, or above it; empty if there is none.
    """

    key: str
    default: str
    meaning: str


class Choice(NamedTuple):
    """A file of a group of the configuration.

    Attributes:
        name: The file's name, e.g. `ebab`.
        text: What the file begins with: what it is, its source, its unit.
        target: Function or class that it stands for, empty if there is none.
        options: What can be set.
        body: The file without the comments at its top.
    """

    name: str
    text: str
    target: str
    options: list[Option]
    body: str


def choice(path: Path) -> Choice:
    """Read a file of conf/; those that say so speak of the whole configuration."""
    lines = path.read_text(encoding="utf-8").splitlines()
    whole = lines[0] == _GLOBAL
    lines = lines[1:] if whole else lines
    header = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
    group = path.parent.relative_to(CONF).parts
    prefix = "" if whole else "".join(f"{part}." for part in group)
    body = "\n".join(lines[len(header) :])
    options = list(read(body, prefix))
    target = re.search(r"^(?:  )?_target_: (\S+)", body, re.MULTILINE)
    return Choice(path.stem, _text(header), target[1] if target else "", options, body)


def read(text: str, prefix: str = "") -> Iterator[Option]:
    """Yield the options of a file.

    Example:
        >>> list(read("bins: 30   # of each unit", "estimator.ebab."))
        [Option(key='estimator.ebab.bins', default='30', meaning='of each unit')]
    """
    root = yaml.compose(text)
    if isinstance(root, yaml.MappingNode):
        yield from _below(root, prefix, text)


def _below(node: yaml.MappingNode, prefix: str, text: str) -> Iterator[Option]:
    for key, value in node.value:
        if key.value in ("_target_", "_partial_", "defaults", "hydra"):
            continue
        if isinstance(value, yaml.MappingNode) and not value.flow_style:
            yield from _below(value, f"{prefix}{key.value}.", text)
        elif not _is_function(value):
            default = " ".join(text[value.start_mark.index : value.end_mark.index].split())
            yield Option(prefix + key.value, default, _meaning(key, value, text.splitlines()))


def _is_function(value: yaml.Node) -> bool:
    """Say whether a value names a function, which is no option."""
    return isinstance(value, yaml.MappingNode) and any(
        key.value == "_target_" for key, _ in value.value
    )


def _meaning(key: yaml.Node, value: yaml.Node, lines: list[str]) -> str:
    """Return the comment behind a value, else the comments right above its key."""
    end = value.end_mark
    beside = _COMMENT.match(lines[end.line][end.column :]) if end.line < len(lines) else None
    if beside:
        return beside[1]
    before = reversed(lines[: key.start_mark.line])
    above = list(itertools.takewhile(lambda line: line.lstrip().startswith("# "), before))
    return _text(reversed(above))


def _text(comments: Iterator[str] | list[str] | reversed) -> str:
    """Return the first paragraph of comments, of which a bare `#` ends a paragraph."""
    kept = itertools.takewhile(lambda line: line.strip() != "#", comments)
    return " ".join(line.strip().removeprefix("# ") for line in kept)
