"""All scores of one network: compression, its onset, and what cannot be right."""

import numpy as np
import pandas as pd

from ibsweep import compression, violations
from ibsweep.analysis import loss_phases


def score(curves: pd.DataFrame, training: pd.DataFrame, labels: np.ndarray) -> dict[str, float]:
    """Return the scores of one network's curves, by name.

    Args:
        curves: As `information.measure` returns them.
        training: Column `epoch` and one column a metric, among them `loss/train` if known.
        labels: Class of each measured sample, shape `(samples,)`.

    Returns:
        Those of `compression.scores`, `violations.scores` and `analysis.loss_phases.scores`.
    """
    return {
        **compression.scores(curves, samples=len(labels)),
        **violations.scores(curves, label_entropy=violations.label_entropy(labels)),
        **loss_phases.scores(curves, training),
    }
