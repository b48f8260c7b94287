"""Short readable names of a sweep's configurations, no two alike."""

import numbers

import pandas as pd


def configuration_names(bases: pd.Series, varied: pd.DataFrame) -> dict[str, str]:
    """Name configurations; those that share a name get the parameters in which they differ.

    Args:
        bases: Configuration (the index) to the name that its choices give, e.g. `relu-l2`.
        varied: Configuration (the index) to the choices and parameters in which configurations
            differ, as `ibsweep.analysis.varying` returns them.

    Returns:
        Configuration to name; one that nobody shares stays as it is.

    Example:
        >>> bases = pd.Series({"a": "relu-l2", "b": "relu-l2", "c": "tanh"})
        >>> penalties = pd.DataFrame({"l2.penalty": [0.005, 0.015, None]}, index=list("abc"))
        >>> configuration_names(bases, penalties)
        {'a': 'relu-l2-penalty0.005', 'b': 'relu-l2-penalty0.015', 'c': 'tanh'}
    """
    names = {}
    for base, group in bases.groupby(bases, sort=False):
        columns = varied.loc[group.index]
        differing = columns.loc[:, columns.nunique(dropna=False) > 1]
        for configuration, row in differing.iterrows():
            parts = [_part(str(key), value) for key, value in row.items()]
            names[str(configuration)] = "-".join([str(base), *parts])
    return names


def _part(key: str, value: object) -> str:
    """Return a value as part of a name: a number with the last part of its dotted key."""
    if isinstance(value, str):
        return value
    number = f"{value:g}" if isinstance(value, numbers.Real) else str(value)
    return key.rpartition(".")[2] + number
