"""What one network holds at all its snapshots, as much of it at a time as memory allows."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from torch import Tensor

from ibsweep import information
from ibsweep.config.settings import Settings
from ibsweep.names import OUTPUT
from ibsweep.networks import noise, replay
from ibsweep.networks.weights import Layout
from ibsweep.scores import performance

_NUMBERS_AT_ONCE = 2**27  # activities that are kept at a time


class Replay:
    """One trained network, run again on the measured rows of its data.

    Args:
        settings: Those of a job that needs the network.
        weights: Its weights at every snapshot, shape `(snapshots, width)`.
        rows: Rows of the data to measure, ascending; None: those that the settings name.
    """

    def __init__(
        self, settings: Settings, weights: Tensor, *, rows: np.ndarray | None = None
    ) -> None:
        self._settings = settings
        self._weights = weights
        self._rows = settings.measured if rows is None else rows
        numbers = sum(settings.network.units) * len(self._rows)
        size = max(_NUMBERS_AT_ONCE // numbers, 1)
        self._groups = [slice(k, k + size) for k in range(0, len(weights), size)]
        self._run = lru_cache(maxsize=1)(self._run_group)

    def _run_group(self, number: int) -> tuple[dict[str, Tensor], Tensor]:
        """Return the activity of a group of snapshots, and log-probabilities or predictions."""
        group, settings = self._groups[number], self._settings
        return replay.replay(
            settings.network,
            self._weights[group],
            settings.dataset.inputs,
            rows=self._rows,
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
            performance.performance(answers, settings.dataset, settings.split._asdict()),
            performance.magnitudes(layers, settings.network, self._weights[group]),
            capacities(layers, settings),
        ]
        return pd.concat(tables, axis=1)

    @property
    def training(self) -> pd.DataFrame:
        """Column `epoch` and one column a metric; one row a snapshot."""
        return self._overview[0]

    def performance(self, parts: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Return `epoch`, accuracies and loss on parts of the data, one row a snapshot.

        Args:
            parts: Name of each part to its rows of the data.
        """
        tables = [
            performance.performance(self._run(number)[1], self._settings.dataset, parts)
            for number in range(len(self._groups))
        ]
        table = pd.concat(tables, ignore_index=True)
        table.insert(0, "epoch", self._settings.snapshots)
        return table

    def measure(
        self,
        settings: Settings,
        *,
        parts: Mapping[str, np.ndarray] | None = None,
        layers: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the curves of a job that needs this network, as `information.measure` does.

        Args:
            settings: Those of the job.
            parts: Parts of the measured rows, as places among them; None: those of the job.
            layers: Layers to measure; None: all.
        """
        rows, dataset = self._rows, settings.dataset
        extremes, whole = self._overview[1], self._whole(settings)
        readers = Layout(settings.network.parameters).views(self._weights).get(f"{OUTPUT}.weight")
        chosen = layers or settings.network.layers
        tables = [
            information.measure(
                {name: activity[name] for name in chosen},
                dataset.labels[rows],
                settings.estimators,
                epochs=settings.snapshots[group],
                parts=settings.parts if parts is None else parts,
                inputs=dataset.inputs[rows],
                floor=settings.floor,
                extremes=extremes,
                whole=whole,
                discrete=settings.network.quantization is not None,
                output_weights=None if readers is None else readers[group],
                targets=targets,
            )
            for group, activity, targets in self._pieces(settings)
        ]
        return pd.concat(tables, ignore_index=True)

    def _pieces(
        self, settings: Settings
    ) -> Iterator[tuple[slice, dict[str, Tensor], np.ndarray | None]]:
        """Yield which snapshots, the activity at them, and Y if that is continuous.

        Of a network that rebuilds its input, Y is its output at a snapshot.
        """
        known = settings.dataset.targets
        targets = None if known is None else known[self._rows]
        for number, group in enumerate(self._groups):
            layers = self._run(number)[0]
            if not settings.rebuilds:
                yield group, layers, targets
                continue
            for place, answers in enumerate(layers[OUTPUT], group.start):
                at = slice(place, place + 1)
                one = {name: values[place - group.start][None] for name, values in layers.items()}
                yield at, one, answers.double().numpy()

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
            rows=self._rows,
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
