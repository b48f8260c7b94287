"""What a report says of how networks were trained and measured, from what was stored."""

from collections.abc import Mapping

import pandas as pd

from ibsweep import names
from ibsweep.analysis.summaries import choice_columns, parameter_columns
from ibsweep.plots import pages
from ibsweep.plots.by_estimator import estimand

_SHOWN = 8  # values of a column


def methods(networks: pd.DataFrame) -> pages.Markup:
    """Say in words how finished networks were trained and measured.

    Args:
        networks: Table of runs, as `Store.networks` returns it.
    """
    seeds = networks.groupby("configuration")["seed"].nunique()
    return pages.fragment(
        "methods.html",
        said=lambda name: values_of(networks, name) if name in networks else "not stored",
        samples=int(networks["samples"].iloc[0]),
        seeds=" to ".join(str(count) for count in sorted({seeds.min(), seeds.max()})),
        estimands=[estimand_of(networks, name) for name in names.estimators(networks)],
    )


def parameters(networks: pd.DataFrame) -> pd.DataFrame:
    """List every choice and parameter with the values that it took.

    Args:
        networks: Table of runs, as `Store.networks` returns it.
    """
    columns = [*choice_columns(networks), *parameter_columns(networks)]
    rows = [(name, values_of(networks, name)) for name in columns]
    return pd.DataFrame(rows, columns=["parameter", "values"])


def estimand_of(networks: pd.DataFrame, estimator: str) -> str:
    """Name what an estimator computes, with its options in the runs that it measured.

    Args:
        networks: Table of runs, as `Store.networks` returns it.
        estimator: Its name.
    """
    first = networks[networks[names.dead_layer(estimator)].notna()].iloc[0]
    options: Mapping[str, object] = {str(k): v for k, v in first.items() if pd.notna(v)}
    return estimand(estimator, options)


def values_of(networks: pd.DataFrame, name: str) -> str:
    """Return the values of a column, each once; the first ones if they are many."""
    values = sorted({str(value) for value in networks[name].dropna()})
    more = f", … ({len(values)})" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more
