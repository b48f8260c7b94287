"""The page on metrics, columns and tags, from the code that names them."""

import inspect
import re

import ibsweep
from docs.site.markdown import page, shown, table
from ibsweep import names
from ibsweep.records import Job
from ibsweep.scores import compression, onsets, performance, violations
from ibsweep.tracking import tags

_ENTRY = re.compile(r"^(\w+): (.*)")


def text() -> str:
    """Return the page."""
    return page(
        "# Metrics, columns, tags",
        "Information is in bits, loss in nats. Names are those of MLflow's metrics and of the"
        " columns of `ibsweep.runs`.",
        "## Metrics",
        inspect.cleandoc(names.__doc__ or "").partition("\n\n")[2],
        "## Scores",
        *(returned(one.scores) for one in (compression, onsets, violations)),
        "## Of the training",
        *(returned(one) for one in (performance.performance, performance.magnitudes)),
        "## Columns",
        *(
            part
            for function in (ibsweep.runs, ibsweep.curves, ibsweep.training)
            for part in (f"### Of `ibsweep.{function.__name__}`", returned(function))
        ),
        "## Tags",
        "Beside the choice of each group of the configuration (`activation`, `estimator`, …) and"
        " `seed`:",
        table(["tag", "holds"], _tags()),
        "Where a run was computed: " + ", ".join(f"`{name}`" for name in _origin()) + ".",
    )


def returned(function: object) -> str:
    """Return what a function's docstring says that it returns."""
    return " ".join(section(function, "Returns").split()).replace("``\\`", "`` \\`")


def section(documented: object, name: str) -> str:
    """Return a section of a docstring, without its indentation."""
    _, _, rest = (inspect.getdoc(documented) or "").partition(f"\n{name}:\n")
    lines = rest.split("\n")
    kept = [line for line in lines if line.startswith("    ") or not line]
    last = next((n for n, line in enumerate(lines) if line and line[0] != " "), len(lines))
    return inspect.cleandoc("\n".join(kept[:last]))


def attributes(record: type) -> dict[str, str]:
    """Return what a record's docstring says of each attribute."""
    entries: dict[str, str] = {}
    name = ""
    for line in section(record, "Attributes").split("\n"):
        start = _ENTRY.match(line)
        name, words = (start[1], start[2]) if start else (name, line)
        entries[name] = f"{entries.get(name, '')} {words.strip()}".strip()
    return entries


def _tags() -> list[list[str]]:
    """Return a row for each tag that says what a run is."""
    meanings = attributes(Job)
    job = Job(**dict.fromkeys(meanings, "x") | {"choices": {}, "parameters": {}, "seed": 0})
    known = [name for name in tags.job_tags(job) if name.startswith("ibsweep.")]
    rows = [(name, meanings.get(name.split(".")[1], "")) for name in known]
    return [
        [f"`{name.replace('sweep.x', 'sweep.NAME')}`", shown(meaning)] for name, meaning in rows
    ]


def _origin() -> list[str]:
    return sorted(name for name in tags.process_tags() if name.startswith("ibsweep."))
