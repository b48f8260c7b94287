"""All scores of one network: compression, its onset, and what cannot be right."""

import math

import numpy as np
import pandas as pd

from ibsweep import names
from ibsweep.scores import compression, onsets, violations
from ibsweep.scores.informative import informative

LEAST_ATOMS = 0.01  # share of samples: fewer may be equal by rounding
ATOMS = ("atom_share_t", "label_atom_share_t")


def score(
    curves: pd.DataFrame,
    training: pd.DataFrame,
    labels: np.ndarray,
    *,
    continuous: bool = False,
) -> dict[str, float]:
    """Return the scores of one network's curves, by name.

    Args:
        curves: As `information.measure` returns them.
        training: Column `epoch` and one column a metric, among them `loss/train` if known.
        labels: Class of each measured sample, shape `(samples,)`.
        continuous: Whether Y is not the class but continuous, so that no entropy bounds I(T;Y).

    Returns:
        Those of `compression.scores`, `violations.scores` and `analysis.loss_phases.scores`, of
        estimators that tell an information; and `<estimator>/atoms`, 1 if an estimator of
        continuous vectors, on all of the data, met a layer of which more than 1 % of the samples
        were on atoms beside a density, see `estimators.samples.atom_share`: then its estimates
        may be far off.
    """
    telling = informative(curves)
    entropy = math.nan if continuous else violations.label_entropy(labels)
    return {
        **compression.scores(telling, samples=len(labels)),
        **violations.scores(telling, label_entropy=entropy),
        **onsets.scores(telling, training),
        **_atoms(curves),
    }


def _atoms(curves: pd.DataFrame) -> dict[str, float]:
    whole = curves[curves["part"] == "all"].set_index("estimator").reindex(columns=list(ATOMS))
    most = whole.max(axis=1).groupby(level=0, sort=False).max().dropna()
    return {names.atoms(name): float(share > LEAST_ATOMS) for name, share in most.items()}
