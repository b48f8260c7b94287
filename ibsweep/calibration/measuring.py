"""One cell of a calibration: estimates of one sample's information, which is known."""

import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ibsweep.distributions.base import Pair
from ibsweep.resources import growth
from ibsweep.types import Estimate

Estimator = Callable[[np.ndarray, np.ndarray], Estimate]
MEGABYTE = 2**20


def measure(pair: Pair, estimators: Mapping[str, Estimator]) -> pd.DataFrame:
    """Estimate the information of one sample by several estimators, one after the other.

    Args:
        pair: The samples.
        estimators: Name to what gives an estimate of a pair, in bits.

    Returns:
        Columns `estimator, estimate, error` (bits), `seconds`, `megabytes` (by which the process
        grew); one row an estimator.

    Raises:
        ValueError: If an estimator cannot measure these samples.
    """
    rows = []
    for name, estimator in estimators.items():
        with growth() as grown:
            begin = time.perf_counter()
            estimate = estimator(pair.x, pair.y)
            seconds = time.perf_counter() - begin
        rows.append((name, estimate.value, estimate.error, seconds, grown.bytes / MEGABYTE))
    columns = ["estimator", "estimate", "error", "seconds", "megabytes"]
    return pd.DataFrame(rows, columns=columns)
