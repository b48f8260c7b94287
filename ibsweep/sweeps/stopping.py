"""Says of a network when rules would have stopped its training."""

import numpy as np
import pandas as pd
import torch

from ibsweep.config.settings import Settings
from ibsweep.names import OUTPUT
from ibsweep.scores.stopping import HELD_OUT, VALIDATION, stops
from ibsweep.sweeps.replay import Replay
from ibsweep.tasks.split import stratified
from ibsweep.types import Dataset, Split

SPLIT_SEED = 0  # of the test part's two halves, the same for all networks


def parts_of_test(dataset: Dataset, split: Split) -> dict[str, np.ndarray]:
    """Split the test part in two: to choose by, and to report.

    Args:
        dataset: The data.
        split: Its parts.

    Returns:
        `validation` and `held_out`, rows of the data, half of each class in each; the same
        whatever was trained.

    Raises:
        ValueError: If a class has one test sample.
    """
    labels = dataset.labels[split.test]
    fewest = np.unique(labels, return_counts=True)[1].min()
    if fewest < 2:
        rule = "must hold at least 2 samples of each class, to choose by and to report"
        raise ValueError(f"the test part {rule}, got {fewest}")
    halves = stratified(labels, SPLIT_SEED, train_fraction=0.5)
    return {VALIDATION: split.test[halves.train], HELD_OUT: split.test[halves.test]}


def stop_network(settings: Settings, weights: torch.Tensor) -> pd.DataFrame:
    """Say of one network when each rule would have stopped it.

    Nothing that a rule looks at comes from a held-out sample: I(T;Y) is that of the validation
    part, I(X;T) that of the measured samples that are not held out.

    Args:
        settings: Its own, with the estimators that count.
        weights: Its weights at every snapshot, shape `(snapshots, width)`.

    Returns:
        As `scores.stopping.stops`.

    Raises:
        ValueError: If it has fewer than 5 snapshots or too few test samples.
    """
    parts = parts_of_test(settings.dataset, settings.split)
    kept = np.setdiff1d(settings.measured, parts[HELD_OUT])
    rows = np.union1d(kept, parts[VALIDATION])
    replay = Replay(settings, weights, rows=rows)
    chosen = {OUTPUT: parts[VALIDATION], settings.network.layers[-2]: kept}
    output, hidden = (
        replay.measure(settings, parts={"all": np.searchsorted(rows, part)}, layers=[layer])
        for layer, part in chosen.items()
    )
    keys = ["estimator", "epoch"]
    information = output[[*keys, "i_ty"]].merge(hidden[[*keys, "i_xt"]], on=keys)
    return stops(replay.performance(parts), information)
