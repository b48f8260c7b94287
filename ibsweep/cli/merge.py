"""Brings the runs of several stores together."""

import dataclasses
import sys
from pathlib import Path

import click

from ibsweep.tracking import TrackingOptions, open_store, read_store, studies


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--into", required=True, metavar="TARGET", help="Store that gets the runs.")
@click.option("--study", help="Only this study; by default all that a source holds.")
def merge(sources: tuple[str, ...], into: str, study: str | None) -> None:
    """Copy the runs of other stores into one, each once.

    A store is a folder that holds mlflow.db, a SQLite file, or an address (http://…, sqlite:///…,
    postgresql+psycopg2://…). Sources are not changed. Called again, it goes on where it was
    interrupted, and copies nothing twice: jobs that TARGET has already are known by their
    fingerprint. Runs that have not ended, or are damaged, are left and counted.
    """
    target, damaged = _place(into), 0
    for text, place in _others(sources, target).items():
        for name in [study] if study else studies(place):
            source = read_store(dataclasses.replace(place, study=name))
            merged = open_store(dataclasses.replace(target, study=name)).merge(source, click.echo)
            click.echo(f"{text}, study {name}: {merged}")
            damaged += merged.damaged
    sys.exit(1 if damaged else 0)


def _others(sources: tuple[str, ...], target: TrackingOptions) -> dict[str, TrackingOptions]:
    """Return where the sources are, by what was typed.

    Raises:
        ValueError: If one of them is the target.
    """
    places = {text: _place(text) for text in sources}
    for text, place in places.items():
        if place.address == target.address:
            raise ValueError(f"SOURCE must not be the store to merge into, got {text!r}")
    return places


def _place(text: str) -> TrackingOptions:
    """Read where a store is: an address, a SQLite file or a folder."""
    if "://" in text:
        return TrackingOptions.at(".", uri=text)
    path = Path(text).expanduser().absolute()
    if path.is_file():
        return TrackingOptions.at(path.parent, uri=f"sqlite:///{path}")
    return TrackingOptions.at(path)
