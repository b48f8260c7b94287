"""An open store as one object, with the tables and networks that it holds as methods."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ibsweep.analysis.correlations import correlations
from ibsweep.stored import querying
from ibsweep.tracking import Store, TrackingOptions, read_store

if TYPE_CHECKING:
    from ibsweep.networks.module import TrainedNetwork


class Results:
    """What a study of a store holds; `ibsweep.open` makes one.

    Args:
        store: The open store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def __repr__(self) -> str:
        """Say where the store is."""
        options = self._store.options
        return f"<ibsweep results: {options.address}, study {options.study}>"

    def runs(self, filter: str | None = None, *, sweep: str | None = None) -> pd.DataFrame:
        """Return the finished networks, one row each, as `ibsweep.runs` does.

        Args:
            filter: A pandas query on the table's columns.
            sweep: Only networks of this sweep.

        Raises:
            ValueError: If the filter is no condition on the table's rows.
        """
        return querying.runs_of(self._store, filter, sweep=sweep)

    def curves(self, runs: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the information curves of networks, bits, as `ibsweep.curves` does.

        Args:
            runs: Rows of the table of `runs`; by default all.
        """
        return querying.curves(self._chosen(runs))

    def training(self, runs: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return how networks were trained, at every snapshot, as `ibsweep.training` does.

        Args:
            runs: Rows of the table of `runs`; by default all.
        """
        return querying.training(self._chosen(runs))

    def activity(
        self, run: pd.Series | pd.DataFrame, epoch: int, *, trusted: tuple[str, ...] = ()
    ) -> dict[str, np.ndarray]:
        """Return a network's activity at a snapshot, as `ibsweep.activity` does.

        Args:
            run: A row of the table of `runs`.
            epoch: A snapshot.
            trusted: Prefixes of your own code that the network's configuration may name.
        """
        return querying.activity(run, epoch, trusted=trusted)

    def network(
        self,
        run: pd.Series | pd.DataFrame,
        epoch: int | None = None,
        *,
        trusted: tuple[str, ...] = (),
    ) -> "TrainedNetwork":
        """Return a network as an ordinary `torch.nn.Module`, as `ibsweep.network` does.

        Args:
            run: A row of the table of `runs`.
            epoch: A snapshot; by default the last.
            trusted: Prefixes of your own code that the network's configuration may name.
        """
        from ibsweep.stored.modules import network  # hydra and torch, which tables need not

        return network(run, epoch, trusted=trusted)

    def correlations(
        self, runs: pd.DataFrame | None = None, *, by: str | list[str] | None = None
    ) -> pd.DataFrame:
        """Correlate compression scores with accuracies, as `ibsweep.correlations` does.

        Args:
            runs: Rows of the table of `runs`; by default all.
            by: Columns whose values make groups, e.g. `activation`.
        """
        return correlations(self._chosen(runs), by=by)

    def _chosen(self, runs: pd.DataFrame | None) -> pd.DataFrame:
        """Return the rows that were chosen, by default all."""
        return self.runs() if runs is None else runs


def open(  # noqa: A001 - as a module's function, like gzip.open
    directory: str | Path = "outputs", *, study: str = "ibsweep", uri: str | None = None
) -> Results:
    """Open a store to read it.

    Args:
        directory: Folder of the embedded store, if there is no `uri`.
        study: Name of the study, as `tracking.study`.
        uri: Server or database; by default that of the environment's MLFLOW_TRACKING_URI, if any.

    Returns:
        An object with `runs()`, `curves()`, `training()`, `activity(run, epoch)`,
        `network(run, epoch)` and `correlations()`.

    Raises:
        StoreError: If there is no such store or study.
    """
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI")
    return Results(read_store(TrackingOptions.at(directory, study=study, uri=uri)))
