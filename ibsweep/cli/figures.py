"""Draws the paper's figures from a store."""

from pathlib import Path

import click

from ibsweep.cli.options import EVERY, Place, UserPath, chosen_sweep, store_options
from ibsweep.plots import pages
from ibsweep.reports.figures import FIGURES, MissingRuns, Source, experiment

_FORMATS = ("png", "svg", "pdf", "html")


@click.command()
@click.argument("name", type=click.Choice([*FIGURES, "all"]))
@store_options
@click.option("--sweep", help="Sweep whose networks count, or 'all'.  [default: the latest]")
@click.option("--format", "kind", type=click.Choice(_FORMATS), help="As the file's name ends.")
@click.option("--output", type=UserPath(), help="File; with 'all', a folder.  [<name>.png]")
def figure(
    place: Place, name: str, sweep: str | None, kind: str | None, output: Path | None
) -> None:
    """Draw a paper's figure, or the verdicts' multiverse, from the networks of a store."""
    store = place.open()
    chosen = chosen_sweep(store, sweep)
    names = list(FIGURES) if name == "all" else [name]
    missing = []
    for one in names:
        path = _path(one, kind, output, folder=name == "all")
        try:
            drawn = FIGURES[one](Source(store, experiment(one), sweep=chosen))
        except MissingRuns as error:
            missing.append(str(error))
            more = "" if chosen is None else f"; or look at all sweeps: --sweep {EVERY}"
            click.echo(f"Error: {error}{more}", err=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".html":
            path.write_text(pages.picture_page(one, drawn), encoding="utf-8")
        else:
            drawn.savefig(path, bbox_inches="tight", dpi=300)
        click.echo(path)
    if missing and len(missing) == len(names):
        raise click.exceptions.Exit(1)


def _path(name: str, kind: str | None, output: Path | None, *, folder: bool) -> Path:
    """Return the file to write.

    Raises:
        click.BadParameter: If its name ends otherwise than the format says, or in no format.
    """
    if output is None or folder:
        return (output or Path()) / f"{name}.{kind or 'png'}"
    ending = output.suffix.removeprefix(".")
    if ending not in _FORMATS or (kind and kind != ending):
        rule = (
            f"--output must end in {'.' + kind if kind else ', '.join('.' + k for k in _FORMATS)}"
        )
        raise click.BadParameter(f"{rule}, got {output.name}")
    return output
