"""Pages on the configuration, from the files of conf/."""

from docs.site.markdown import code, page, shown, table
from docs.site.options import CONF, Choice, Option, choice

FOLDER = "configuration"
_INTRODUCTIONS = {
    "experiment": "Overrides for a study: `python -m ibsweep -m +experiment=NAME`, or"
    " `ibsweep calibrate +experiment=NAME` where the file says so.",
    "compressor": "Used by `ibsweep calibrate`, and by the estimator `lossy`.",
    "distribution": "Samples whose information is known, for `ibsweep calibrate`.",
}


def groups() -> list[str]:
    """Return the groups of the configuration, in order."""
    return sorted(folder.name for folder in CONF.iterdir() if folder.is_dir())


def pages() -> dict[str, str]:
    """Return the path and the text of each page."""
    return {f"{FOLDER}/index.md": _overview()} | {
        f"{FOLDER}/{group}.md": _group(group) for group in groups()
    }


def _overview() -> str:
    """Return the page on the options that are in no group, and on the groups."""
    networks, calibration = choice(CONF / "config.yaml"), choice(CONF / "calibration.yaml")
    rows = [
        [f"[`{group}`]({group}.md)", " ".join(f"`{one.name}`" for one in choices(group))]
        for group in groups()
    ]
    return page(
        "# Configuration",
        "Type `option=value` behind the command; with `-m`, several values with commas between"
        " them. This page is made from the files of `conf/`.",
        "## Groups",
        table(["group", "choices"], rows),
        "## Of `python -m ibsweep`",
        _options(networks.options),
        "## Of `ibsweep calibrate`",
        _options(calibration.options),
    )


def _group(group: str) -> str:
    """Return the page of a group."""
    known = choices(group)
    rows = [[f"[`{one.name}`](#{one.name})", shown(one.text)] for one in known]
    sections = [part for one in known for part in _sections(one, experiment=group == "experiment")]
    return page(
        f"# `{group}`", _INTRODUCTIONS.get(group, ""), table(["choice", "what"], rows), *sections
    )


def choices(group: str) -> list[Choice]:
    """Return the choices of a group, by name; of Hydra's, those of its groups."""
    return [choice(path) for path in sorted((CONF / group).rglob("*.yaml"))]


def _sections(one: Choice, *, experiment: bool) -> list[str]:
    """Return what a page says of a choice."""
    made = f"Made by [`{one.target}`][{one.target}]." if is_ours(one.target) else ""
    options = code(one.body, "yaml") if experiment else _options(one.options)
    return [f"## {one.name} {{ #{one.name} }}", shown(one.text), made, options]


def is_ours(target: str) -> bool:
    """Say whether a target is a part of ibsweep, which has its place in the reference."""
    return target.startswith("ibsweep.")


def _options(options: list[Option]) -> str:
    rows = [[f"`{one.key}`", f"`{one.default}`", shown(one.meaning)] for one in options]
    return table(["option", "default", "meaning"], rows)
