"""The estimators that there are: what each estimates, whose it is, and where to trust it."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from hydra.utils import get_object
from omegaconf import OmegaConf

from ibsweep.calibration.trust import sentence, trust

VECTORS = {"pair", "of_inputs"}  # what estimators of continuous vectors are given
ATOMS = (
    "layers that are exactly 0, or another value, at part of the samples: it may be far off, and"
    " {}/atoms is 1"
)


def catalogue(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimator.

    Args:
        folder: Where its options are, conf/estimator.
        table: A calibration, one row a cell.

    Returns:
        `estimator`; `estimates`, the first line of its documentation; `paper`, from its option;
        `beware`, of which samples it may say something far off, if known; `trustworthy`, where its
        bias is small; `seconds`, the mean time of an estimate in that calibration, NaN if it was
        not part of it.
    """
    known = trust(table)
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        name = path.stem
        mine = known[known["estimator"] == name]
        node = OmegaConf.to_container(OmegaConf.load(path))
        assert isinstance(node, dict)
        first = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        seconds = mine["seconds"].mean()
        told = _summary(node[name]), first, _beware(name, node[name]), sentence(mine)
        rows.append((name, *told, seconds))
    columns = ["estimator", "estimates", "paper", "beware", "trustworthy", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def _summary(node: Mapping[str, Any]) -> str:
    """Return the first line of the documentation of what an option names."""
    told = node.get("pair") or node
    documentation = inspect.getdoc(get_object(told["_target_"])) or ""
    return documentation.split("\n\n")[0].replace("\n", " ")


def _beware(name: str, node: Mapping[str, Any]) -> str:
    """Say of which samples an estimator may say something far off; nothing if of none known."""
    return ATOMS.format(name) if VECTORS & set(node) else ""
