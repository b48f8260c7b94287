"""Networks of a store as modules of torch."""

import pandas as pd

from ibsweep.networks.module import TrainedNetwork
from ibsweep.stored.querying import one_row, store_of
from ibsweep.stored.restoring import stored_network


def network(
    run: pd.Series | pd.DataFrame, epoch: int | None = None, *, trusted: tuple[str, ...] = ()
) -> TrainedNetwork:
    """Return a network as it was after an epoch, as an ordinary `torch.nn.Module`.

    It is built from the stored configuration and weights; nothing is unpickled. Called with
    patterns, shape `(samples, features)`, it returns logits. Its children `layer_1`, … return the
    activity that was measured, and `output` the probabilities, which forward hooks see: within
    rounding, and also with the noise of a stochastic network if there are as many patterns, and
    not so many that they were measured in parts.

    Args:
        run: A row of the table of `runs`.
        epoch: A snapshot; by default the last.
        trusted: Prefixes of your own code that the network's configuration may name.

    Raises:
        ValueError: If that is not one row of a table of `runs`, the epoch is no snapshot, or the
            model is one of your own that was watched.
        FileNotFoundError: If the run is no longer there.
        DamagedFile: If a file is not as it was written.
    """
    row = one_row(run)
    return stored_network(store_of(row), row["run_id"], epoch, trusted=trusted)
