"""Pages on the Python API: the public functions, and what the configuration is made of."""

from docs.site import configuration
from docs.site.markdown import page
from ibsweep import __all__ as public
from ibsweep import watching

_RESULTS = ["ibsweep.arrays.Measured"]


def functions() -> str:
    """Return the page on what `import ibsweep` gives, and on what goes in and comes out."""
    watch = [f"ibsweep.watching.{name}" for name in watching.__all__ if name not in public]
    return page(
        "# Python API",
        *(_entry(f"ibsweep.{name}") for name in public),
        "## Records",
        *(_entry(name, level=3) for name in (*_RESULTS, *watch)),
    )


def parts() -> str:
    """Return the page on the functions and classes that the files of conf/ name."""
    targets = {
        one.target: group
        for group in configuration.groups()
        for one in configuration.choices(group)
        if configuration.is_ours(one.target)
    }
    sections = [
        part
        for group in dict.fromkeys(targets.values())
        for part in (
            f"## {group}",
            *(
                _entry(target, level=3, path=True)
                for target, of in sorted(targets.items())
                if of == group
            ),
        )
    ]
    return page(
        "# Parts",
        "The functions and classes that the files of the [configuration](configuration/index.md)"
        " name. Each states its source.",
        *sections,
    )


def _entry(name: str, *, level: int = 2, path: bool = False) -> str:
    """Return the place of a documented name, whose heading is its whole path or the name alone."""
    options: dict[str, object] = {"heading_level": level, "show_root_full_path": str(path).lower()}
    if path:
        options["toc_label"] = ".".join(name.split(".")[-2:])
    lines = [f"      {option}: {value}" for option, value in options.items()]
    return "\n".join([f"::: {name}", "    options:", *lines])
