"""Finds the networks that a figure needs in a store."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import entropy

from ibsweep import analysis
from ibsweep.analysis.claims import PAPER_ESTIMATOR
from ibsweep.names import dead_layer
from ibsweep.stored import querying, restoring
from ibsweep.tracking import Store


class MissingRuns(ValueError):
    """The store lacks networks that a figure needs, or holds several kinds; says what to type."""


class Source:
    """A store's finished networks, as figures ask for them.

    Args:
        store: The store.
        experiment: The experiment whose command makes the networks, e.g. `fig7`; for messages.
        sweep: Only networks of this sweep.
    """

    def __init__(self, store: Store, experiment: str, *, sweep: str | None = None) -> None:
        self.store = store
        self._experiment = experiment
        self._sweep = sweep

    @cached_property
    def networks(self) -> pd.DataFrame:
        """All finished networks, one row a run."""
        return analysis.finished_networks(self.store.networks(sweep=self._sweep))

    def label_entropy(self, run_id: str) -> float:
        """Return H(Y) in bits over the samples that a network was measured on."""
        settings = restoring.stored_settings(self.store, run_id)
        counts = np.bincount(settings.dataset.labels[settings.measured])
        return float(entropy(counts, base=2))

    def runs(
        self,
        activation: str,
        *,
        estimators: Sequence[str] = (PAPER_ESTIMATOR,),
        regularization: str = "none",
        penalty: float | None = None,
    ) -> pd.DataFrame:
        """Return the runs of one configuration, by seed.

        Args:
            activation: Its activation.
            estimators: Estimators that must have measured them.
            regularization: Its regulariser.
            penalty: Its L2 penalty, if it has one.

        Raises:
            MissingRuns: If there are none, or of more than one configuration.
        """
        wanted: dict[str, object] = {"activation": activation, "regularization": regularization}
        wanted |= {} if penalty is None else {"regularization.l2.penalty": penalty}
        runs = self.networks
        for name, value in wanted.items():
            runs = runs[runs[name] == value] if name in runs else runs.iloc[:0]
        for name in estimators:
            flag = dead_layer(name)  # every measured network has it
            runs = runs[runs[flag].notna()] if flag in runs else runs.iloc[:0]
        kinds = runs["configuration"].nunique()
        what = ", ".join(f"{name}={value}" for name, value in wanted.items())
        if kinds == 0:
            raise self._missing(f"{what} measured by {', '.join(estimators)}")
        if kinds > 1:
            raise MissingRuns(f"--sweep must choose one of {kinds} configurations with {what}")
        return runs.sort_values("seed")

    def merged(self, activation: str) -> pd.DataFrame:
        """Return the networks of `runs` with the scores of all estimators that measured them.

        Args:
            activation: Their activation.

        Raises:
            MissingRuns: As `runs` does.
        """
        wanted = self.runs(activation)["training_fingerprint"]
        table = querying.runs_of(self.store, sweep=self._sweep)
        return table[table["training_fingerprint"].isin(wanted)]

    def penalties(self, activation: str) -> list[float]:
        """Return the L2 penalties that networks of an activation were trained with, ascending.

        Raises:
            MissingRuns: If there are none.
        """
        name = "regularization.l2.penalty"
        if name not in self.networks:
            raise self._missing(f"activation={activation}, regularization=l2")
        of_it = self.networks[self.networks["activation"] == activation]
        return sorted(float(value) for value in of_it[name].dropna().unique())

    def curves(self, runs: pd.DataFrame, estimator: str = PAPER_ESTIMATOR) -> pd.DataFrame:
        """Return the curves of one estimator, measured on all of the data."""
        curves = self.store.read_curves(runs["run_id"])
        return curves[(curves["part"] == "all") & (curves["estimator"] == estimator)]

    def _missing(self, what: str) -> MissingRuns:
        command = f"python -m ibsweep -m +experiment={self._experiment}"
        return MissingRuns(
            f"{self._experiment} needs finished networks with {what}; make them: {command}"
        )
