"""What one network holds at all its snapshots, as much of it at a time as memory allows."""

from collections.abc import Iterator
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from torch import Tensor

from ibsweep import information
from ibsweep.config.settings import Settings
from ibsweep.names import OUTPUT
from ibsweep.networks import noise, replay
from ibsweep.scores import performance

_NUMBERS_AT_ONCE = 2**27  # activities that are kept at a time


class Replay:
    """One trained network, run again on the measured rows of its data.

    Args:
        settings: Those of a job that needs the network.
        weights: Its weights at every snapshot, shape `(snapshots, width)`.
    """

    def __init__(self, settings: Settings, weights: Tensor) -> None:
        self._settings = settings
        self._weights = weights
        numbers = sum(settings.network.units) * len(settings.measured)
        size = max(_NUMBERS_AT_ONCE // numbers, 1)
        self._groups = [slice(k, k + size) for k in range(0, len(weights), size)]
        self._run = lru_cache(maxsize=1)(self._run_group)

    def _run_group(self, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """Return the activity of a group of snapshots, and log-probabilities or what is told."""
        group, settings = self._groups[number], self._settings
        return replay.replay(
            settings.network,
            self._weights[group],
            settings.dataset.inputs,
            rows=settings.measured,
            noise=settings.measuring_noise(settings.snapshots[group]),
            softmax=not settings.dataset.continuous,
        )

    @cached_property
    def _overview(self) -> tuple[pd.DataFrame, dict[str, tuple[float, float]]]:
        """The table of performance and, over all snapshots, each layer's extremes."""
        tables: list[pd.DataFrame] = []
        extremes: list[dict[str, tuple[float, float]]] = []
        for number, group in enumerate(self._groups):
            layers, answers = self._run(number)
            tables.append(self._table(group, layers, answers))
            extremes.append(information.layer_extremes(layers))
        widest = {}
        for name in extremes[0]:
            lowest, highest = zip(*(ranges[name] for ranges in extremes), strict=True)
            widest[name] = (min(lowest), max(highest))
        return pd.concat(tables, ignore_index=True), widest

    def _table(self, group: slice, layers: dict[str, Tensor], answers: Tensor) -> pd.DataFrame:
        settings = self._settings
        tables = [
            pd.DataFrame({"epoch": settings.snapshots[group]}),
            performance.performance(answers, settings.dataset, settings.split),
            performance.magnitudes(layers, settings.network, self._weights[group]),
            capacities(layers, settings),
        ]
        return pd.concat(tables, axis=1)

    @property
    def training(self) -> pd.DataFrame:
        """Column `epoch` and one column a metric; one row a snapshot."""
        return self._overview[0]

    def measure(self, settings: Settings) -> pd.DataFrame:
        """Return the curves of a job that needs this network, as `information.measure` does."""
        rows, dataset = settings.measured, settings.dataset
        extremes, whole = self._overview[1], self._whole(settings)
        tables = [
            information.measure(
                activity,
                dataset.labels[rows],
                settings.estimators,
                epochs=epochs,
                parts=settings.parts,
                inputs=dataset.inputs[rows],
                floor=settings.floor,
                extremes=extremes,
                whole=whole,
                targets=targets,
            )
            for activity, epochs, targets in self._pieces(settings)
        ]
        return pd.concat(tables, ignore_index=True)

    def _pieces(
        self, settings: Settings
    ) -> Iterator[tuple[dict[str, Tensor], np.ndarray, np.ndarray | None]]:
        """Yield activity of some snapshots, their epochs, and Y if that is continuous.

        Of a network that rebuilds its input, Y is what it tells at a snapshot.
        """
        known = settings.dataset.targets
        targets = None if known is None else known[settings.measured]
        for number, group in enumerate(self._groups):
            layers, epochs = self._run(number)[0], settings.snapshots[group]
            if not settings.rebuilds:
                yield layers, epochs, targets
                continue
            for place in range(len(epochs)):
                one = {name: values[place : place + 1] for name, values in layers.items()}
                told = one[OUTPUT][0].double().numpy()
                yield one, epochs[place : place + 1], told

    def _whole(self, settings: Settings) -> information.Whole | None:
        """Return what estimators want to know of other snapshots and rows, if one does."""
        if not information.asks(settings.estimators, "task_inputs", "final_activity"):
            return None
        inputs = settings.dataset.inputs
        parts = {part: inputs[rows] for part, rows in settings.split._asdict().items()}
        final, _ = replay.replay(
            settings.network,
            self._weights[-1:],
            inputs,
            rows=settings.measured,
            noise=settings.measuring_noise(settings.snapshots[-1:]),
            softmax=not settings.dataset.continuous,
        )
        last = {name: values[0] for name, values in final.items()}
        return information.Whole({"all": inputs, **parts}, last)

    def logged(self, settings: Settings) -> dict[str, np.ndarray]:
        """Return `epochs` and each layer's activity at the snapshots that a job logs."""
        epochs = settings.logged_epochs
        if not len(epochs):
            return {}
        kept: dict[str, list[np.ndarray]] = {name: [] for name in settings.network.layers}
        for number, group in enumerate(self._groups):
            rows = np.flatnonzero(np.isin(settings.snapshots[group], epochs))
            if len(rows):
                for name, values in self._run(number)[0].items():
                    kept[name].append(values[rows].numpy())
        return {
            "epochs": epochs,
            **{name: np.concatenate(values) for name, values in kept.items()},
        }


def capacities(layers: dict[str, Tensor], settings: Settings) -> pd.DataFrame:
    """Bound what passes from each layer to the next through additive noise.

    Args:
        layers: Activity of each layer, shape `(snapshots, samples, units)`.
        settings: Those of the network.

    Returns:
        A column `capacity/<layer>` (bits) for each layer with additive noise after it, see
        `noise.capacity`; one row a snapshot.
    """
    table = {}
    names = settings.network.layers
    for layer, following in zip(names, names[1:], strict=False):
        variance = sum(
            one.variance for one in settings.noises if one.variance and one.is_at(following)
        )
        if variance:
            activity = layers[layer].double()
            power = activity.square().mean(dim=(1, 2))
            bits = noise.capacity(power, units=activity.shape[2], variance=variance)
            table[f"capacity/{layer}"] = bits.numpy()
    return pd.DataFrame(table)
