"""From when on a network's compression and information go with its accuracy in the end."""

import numpy as np
import pandas as pd

from ibsweep.analysis.correlations import THROUGH_TRAINING, correlations_through_training
from ibsweep.plots.axes import Figure
from ibsweep.plots.correlations import correlations_figure
from ibsweep.plots.style import spread
from ibsweep.reports.source import MissingRuns, Source

_EPOCHS = 25
_RESAMPLES = 1000
_LEAST = 4  # networks


def correlation_through_training(source: Source) -> Figure:
    """ReLU initialisations: compression so far, I(X;T) and I(T;Y) against the final accuracy.

    Raises:
        MissingRuns: If there are fewer than four networks.
    """
    runs = source.runs("relu")
    if len(runs) < _LEAST:
        rule = f"needs ≥ {_LEAST} relu networks, got {len(runs)}"
        raise MissingRuns(f"correlation-through-training {rule}")
    training = source.store.read_training(runs["run_id"])
    curves = source.curves(runs)
    tables = [
        _at_some_epochs(runs, curves, training, score).assign(score=score)
        for score in THROUGH_TRAINING
    ]
    return correlations_figure(pd.concat(tables, ignore_index=True))


def _at_some_epochs(
    runs: pd.DataFrame, curves: pd.DataFrame, training: pd.DataFrame, score: str
) -> pd.DataFrame:
    """Correlate at epochs spread evenly over the logarithm of time."""
    epochs = np.sort(curves["epoch"].unique())
    shown = epochs[spread(np.log(epochs + 1.0), _EPOCHS)]
    return correlations_through_training(
        runs, curves, training, score=score, epochs=shown.tolist(), resamples=_RESAMPLES
    )
