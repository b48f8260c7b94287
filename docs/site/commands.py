"""The page on the command line, from the help of each command."""

import click

from docs.site.markdown import code, page
from ibsweep.cli import main

_WIDTH = 78


def text() -> str:
    """Return the page."""
    context = click.Context(main, info_name="ibsweep", terminal_width=_WIDTH)
    sections = [
        part
        for name in main.list_commands(context)
        for part in (f"## ibsweep {name}", code(_help(name, context)))
    ]
    return page(
        "# Command line",
        "`python -m ibsweep` trains and measures; its options are those of the"
        " [configuration](configuration/index.md). The command `ibsweep` works on what is stored.",
        code(main.get_help(context)),
        *sections,
    )


def _help(name: str, parent: click.Context) -> str:
    """Return the help of a command."""
    command = main.get_command(parent, name)
    assert command is not None  # one of those listed
    context = click.Context(command, info_name=name, parent=parent, terminal_width=_WIDTH)
    return command.get_help(context)
