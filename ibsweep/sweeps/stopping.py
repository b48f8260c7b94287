"""Runs stored networks again, to say when rules would have stopped them: nothing is trained."""

from collections.abc import Iterator, Mapping, Sequence

import joblib
import numpy as np
import pandas as pd
import torch

from ibsweep.config.settings import Settings
from ibsweep.names import OUTPUT
from ibsweep.scores.stopping import HELD_OUT, VALIDATION, stops
from ibsweep.stored import restoring
from ibsweep.sweeps.estimation import requests
from ibsweep.sweeps.replay import Replay
from ibsweep.tasks.split import stratified
from ibsweep.tracking import Store, read_store
from ibsweep.types import Dataset, Split

SPLIT_SEED = 0  # of the test part's two halves, the same for all networks


def stop_networks(
    store: Store,
    networks: pd.DataFrame,
    overrides: Sequence[str],
    *,
    conf_dir: str,
    trusted: Sequence[str] = (),
    workers: int = -1,
) -> Iterator[pd.DataFrame]:
    """Say for stored networks when each rule would have stopped them, in worker processes.

    Args:
        store: Where they are stored.
        networks: Rows of the table of `ibsweep.runs`.
        overrides: Of the estimator, as on the command line.
        conf_dir: Folder of the configuration.
        trusted: Prefixes of your own code that `_target_` may name.
        workers: Number of processes; −1 for one a core.

    Yields:
        One table a network, as `scores.stopping.stops` returns it, with its `run_id` in `network`;
        in no order.

    Raises:
        ConfigError: If an override is of something else, or wrong.
        ValueError: If a network was watched, has fewer than 5 snapshots or too few test samples.
    """
    for run_id, name in networks[["run_id", "name"]].itertuples(index=False):
        if restoring.is_watched(store, run_id):
            rule = "must be of networks that ibsweep trained: only your own code can build others"
            raise ValueError(f"runs {rule}, got {name}, which was watched")
    wanted = requests(store, networks, overrides, conf_dir=conf_dir, trusted=trusted)
    tasks = [
        joblib.delayed(_stop_network)(one.settings.values, one.settings.seeding, run_id)
        for one, run_id in zip(wanted, networks["run_id"], strict=True)
    ]
    with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
        yield from joblib.Parallel(return_as="generator_unordered")(tasks)


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


def _stop_network(
    values: Mapping[str, object], seeding: Mapping[str, object], run_id: str
) -> pd.DataFrame:
    """Do so in a worker, for a stored network."""
    torch.set_num_threads(1)
    settings = Settings({**values, "floor_snapshots": 0}, seeding)
    arrays = read_store(settings.tracking).read_weights(run_id)
    weights = restoring.weights_at(settings.network, arrays, settings.snapshots.tolist())
    return stop_network(settings, weights).assign(network=run_id)
