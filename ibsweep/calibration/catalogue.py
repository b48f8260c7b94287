"""The estimators that there are: what each estimates, whose it is, and where to trust it."""

import inspect
from collections.abc import Mapping
from typing import Any

import pandas as pd
from hydra.utils import get_object

from ibsweep.calibration.trust import sentence, trust
from ibsweep.config import shipped

VECTORS = {"pair", "of_inputs"}  # what estimators of continuous vectors are given
TAKES_ATOMS_APART = "ibsweep.estimators.general.mutual_information"
ATOMS = (
    "layers that are exactly 0, or another value, at part of the samples: it may be far off, and"
    " {}/atoms is 1"
)


def catalogue(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimator.

    Args:
        table: A calibration, one row a cell.

    Returns:
        `estimator`; `estimates`, the first line of its documentation; `paper`, `shipped.source`;
        `beware`, of which samples it may say something far off, if known; `trustworthy`, where its
        bias is small; `seconds`, the mean time of an estimate in that calibration, NaN if it was
        not part of it.
    """
    known = trust(table)
    rows = []
    for name in shipped.names("estimator"):
        mine = known[known["estimator"] == name]
        node = shipped.option("estimator", name)
        paper, seconds = shipped.source("estimator", name), mine["seconds"].mean()
        rows.append((name, _summary(node), paper, _beware(name, node), sentence(mine), seconds))
    columns = ["estimator", "estimates", "paper", "beware", "trustworthy", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def _summary(node: Mapping[str, Any]) -> str:
    """Return the first line of the documentation of what an option names."""
    option = node.get("pair") or node
    documentation = inspect.getdoc(get_object(option["_target_"])) or ""
    return documentation.split("\n\n")[0].replace("\n", " ")


def _beware(name: str, node: Mapping[str, Any]) -> str:
    """Say of which samples an estimator may say something far off; nothing if of none known."""
    takes_apart = node.get("pair", {}).get("_target_") == TAKES_ATOMS_APART
    return ATOMS.format(name) if VECTORS & set(node) and not takes_apart else ""
