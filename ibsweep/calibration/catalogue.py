"""The estimators that there are: what each estimates, whose it is, and where to trust it."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from hydra.utils import get_object
from omegaconf import OmegaConf

from ibsweep.calibration.trust import sentence, trust


def catalogue(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return one row an estimator.

    Args:
        folder: Where its options are, conf/estimator.
        table: A calibration, one row a cell.

    Returns:
        `estimator`; `estimates`, the first line of its documentation; `paper`, from its option;
        `trustworthy`, where its bias is small; `seconds`, the mean time of an estimate in that
        calibration, NaN if it was not part of it.
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
        rows.append((name, _summary(node[name]), first, sentence(mine), seconds))
    columns = ["estimator", "estimates", "paper", "trustworthy", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def _summary(node: Mapping[str, Any]) -> str:
    """Return the first line of the documentation of what an option names."""
    told = node.get("pair") or node
    documentation = inspect.getdoc(get_object(told["_target_"])) or ""
    return documentation.split("\n\n")[0].replace("\n", " ")
