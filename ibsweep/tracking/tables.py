"""The table of networks: one row a run."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ibsweep.names import IDENTITY
from ibsweep.tracking.database import RunHead
from ibsweep.tracking.run_columns import RunColumns
from ibsweep.tracking.tags import param_value

PRIVATE = (  # of our own tags, which `ibsweep.` begins, those that the table shows
    *("fingerprint", "training_fingerprint", "configuration"),
    *("failure", "engine", "samples"),
)


def network_table(runs: RunColumns) -> pd.DataFrame:
    """Return one row a run: identity, choices, parameters, and the last value of every metric."""
    ours = ("mlflow.", "ibsweep.")
    choices = [name for name in runs.tags if not name.startswith(ours)]
    table = _identity(runs)
    parts = {name: _mapped(runs.tags[name], str) for name in choices}
    parts |= {
        name: _mapped(runs.params[name], param_value) for name in runs.params if name not in parts
    }
    parts |= {name: runs.metrics[name] for name in runs.metrics if name not in parts}
    others = {name: column for name, column in parts.items() if name not in table}
    return pd.concat([table, pd.DataFrame(others)], axis=1).reset_index(drop=True)


def _identity(runs: RunColumns) -> pd.DataFrame:
    """Return what names each run."""
    heads = pd.DataFrame(runs.heads, index=runs.tags.index, columns=RunHead._fields)
    tags = runs.tags.reindex(columns=["seed", *(f"ibsweep.{name}" for name in PRIVATE)])
    tags = tags.rename(columns=lambda name: name.removeprefix("ibsweep."))
    texts = {name: _mapped(tags[name], str) for name in PRIVATE}
    numbers = {name: _mapped(tags[name], _integer) for name in ("seed", "samples")}
    known = heads.assign(**texts).assign(
        **numbers,
        engine=texts["engine"].fillna("torch"),  # before 0.2 nothing else trained
        started=pd.to_datetime(heads["started"], unit="ms", utc=True),
    )
    return known[list(IDENTITY)]


def _mapped(texts: pd.Series, value: Callable[[str], object]) -> pd.Series:
    """Return the values of texts; each different text is read once.

    Integers stay exact: float64, which a column with gaps becomes, would round large ones.
    """
    codes, different = pd.factorize(texts)
    read = [value(text) for text in different]
    values = np.array([*read, None], dtype=object)[codes].tolist()
    column = pd.Series(values, index=texts.index)
    large = any(isinstance(one, int) and abs(one) > 2**53 for one in read)
    return column if column.dtype != float or not large else pd.Series(values, texts.index, object)


def _integer(text: str) -> int | None:
    """Return a tag's integer, exactly, or None if it holds none."""
    return int(text) if text.strip().isdecimal() else None
