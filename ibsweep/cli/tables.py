"""Writes a table where the user wants it, in the form the user wants."""

from pathlib import Path

import click
import pandas as pd

FORMATS = ("table", "csv", "json", "parquet")
PICTURES = (".png", ".svg", ".pdf")


def write_table(table: pd.DataFrame, output: Path | None, format: str | None) -> None:
    """Write a table to a file, or print it.

    Args:
        table: The table.
        output: The file; None prints.
        format: One of `FORMATS`; None: as the file's name ends, or a readable table.

    Raises:
        ValueError: If the name does not tell the form, Parquet is to be printed, or it cannot
            hold an integer.
        OSError: If the file cannot be written.
    """
    ending = output.suffix.removeprefix(".") if output else "table"
    kind = format or ending
    if kind not in FORMATS:
        raise ValueError(
            f"--output must end in .csv, .json or .parquet, or --format be given, got {output}"
        )
    if kind == "parquet":
        if output is None:
            raise ValueError("--format parquet needs --output")
        try:
            table.to_parquet(output, index=False)
        except OverflowError as error:
            rule = "--format must be csv or json for integers beyond 2^63, got parquet"
            raise ValueError(rule) from error
        return
    text = _text(table, kind)
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


def check_picture(option: str, path: Path) -> None:
    """Check that a file's name ends as a picture's.

    Raises:
        ValueError: If it does not.
    """
    if path.suffix not in PICTURES:
        raise ValueError(f"--{option} must end in {', '.join(PICTURES)}, got {path}")


def _text(table: pd.DataFrame, kind: str) -> str:
    """Return a table as text."""
    if kind == "csv":
        return table.to_csv(index=False)
    if kind == "json":
        return table.to_json(orient="records", indent=1) + "\n"
    return table.to_string(index=False, float_format="{:.4g}".format) + "\n"
