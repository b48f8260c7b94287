"""Runs stored networks again from their weights, in worker processes: nothing is trained."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import joblib
import pandas as pd
import torch
from torch import Tensor

from ibsweep.config.settings import Settings
from ibsweep.stored import restoring
from ibsweep.sweeps.estimation import requests
from ibsweep.tracking import Store, read_store

Action = Callable[[Settings, Tensor], pd.DataFrame]


def run_again(
    action: Action,
    store: Store,
    networks: pd.DataFrame,
    overrides: Sequence[str],
    *,
    conf_dir: str,
    trusted: Sequence[str] = (),
    workers: int = -1,
) -> Iterator[pd.DataFrame]:
    """Do something with each stored network.

    Args:
        action: Given its settings and its weights at every snapshot, shape `(snapshots, width)`;
            a function that worker processes can import.
        store: Where they are stored.
        networks: Rows of the table of `ibsweep.runs`.
        overrides: Of the estimator, as on the command line.
        conf_dir: Folder of the configuration.
        trusted: Prefixes of your own code that `_target_` may name.
        workers: Number of processes; −1 for one a core.

    Yields:
        What the action returns, with the network's `run_id` in `network`; in no order.

    Raises:
        ConfigError: If an override is of something else, or wrong.
        ValueError: If a network was watched.
    """
    for run_id, name in networks[["run_id", "name"]].itertuples(index=False):
        if restoring.is_watched(store, run_id):
            rule = "must be of networks that ibsweep trained: only your own code can build others"
            raise ValueError(f"runs {rule}, got {name}, which was watched")
    wanted = requests(store, networks, overrides, conf_dir=conf_dir, trusted=trusted)
    tasks = [
        joblib.delayed(_run_again)(action, one.settings.values, one.settings.seeding, run_id)
        for one, run_id in zip(wanted, networks["run_id"], strict=True)
    ]
    with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
        yield from joblib.Parallel(return_as="generator_unordered")(tasks)


def _run_again(
    action: Action, values: Mapping[str, object], seeding: Mapping[str, object], run_id: str
) -> pd.DataFrame:
    """Do so in a worker."""
    torch.set_num_threads(1)
    settings = Settings({**values, "floor_snapshots": 0}, seeding)
    arrays = read_store(settings.tracking).read_weights(run_id)
    weights = restoring.weights_at(settings.network, arrays, settings.snapshots.tolist())
    return action(settings, weights).assign(network=run_id)
