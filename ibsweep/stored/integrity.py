"""Checks a store: complete runs, sound files, and weights that reproduce the logged activity."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from ibsweep.config.instantiation import ConfigError
from ibsweep.networks import replay
from ibsweep.stored import restoring
from ibsweep.tracking import Store

ROUNDINGS = 100  # of a layer's largest activity, allowed on another machine or torch build
_DIFFERS = "is not what the weights give: off by {:.2g} of its largest activity, allowed {:.2g}"


class Verdict(NamedTuple):
    """What was found about one run.

    Attributes:
        problems: A line each, which names the run and the file.
        exact: Whether its weights gave the logged activity bit for bit; None if none was compared.
    """

    problems: list[str]
    exact: bool | None = None


def check_store(
    store: Store, report: Callable[[str], object], *, trusted: Sequence[str] = ()
) -> list[Verdict]:
    """Check every FINISHED run of a study.

    Args:
        store: The store.
        report: Called with each problem, once it is known.
        trusted: Prefixes of targets outside ibsweep and torch.nn that the stored configurations
            may name; what they themselves say they trust does not count.

    Returns:
        One verdict a run.
    """
    networks, summaries = store.finished_runs()
    verdicts = []
    for run_id in (*networks, *summaries):
        problems = list(store.problems(run_id, network=run_id in networks))
        verdict = Verdict(problems)
        if not problems and run_id in networks:
            verdict = check_activity(store, run_id, trusted=trusted)
        for problem in verdict.problems:
            report(problem)
        verdicts.append(verdict)
    return verdicts


def check_activity(store: Store, run_id: str, *, trusted: Sequence[str] = ()) -> Verdict:
    """Compute a network's activity from its weights, and compare it with what was logged.

    It must be the same bit for bit on the machine and torch build of the run, and elsewhere within
    `ROUNDINGS` rounding units of the layer's largest activity (or of 1).
    """
    epochs = store.logged_epochs(run_id)
    if restoring.is_watched(store, run_id):
        return Verdict([])
    try:
        settings = restoring.stored_settings(store, run_id, trusted=trusted)
        network, dataset = settings.network, settings.dataset
        weights = restoring.weights_at(network, store.read_weights(run_id), epochs)
    except ConfigError as error:
        return Verdict([f"run {run_id}: config.yaml: the network cannot be built: {error}"])
    except (KeyError, ValueError, RuntimeError) as error:
        return Verdict([f"run {run_id}: weights.npz does not fit config.yaml: {error}"])
    if not epochs:
        return Verdict([])
    noise = settings.measuring_noise(np.array(epochs))
    layers, _ = replay.replay(
        network,
        weights,
        dataset.inputs,
        rows=settings.measured,
        noise=noise,
        softmax=not dataset.continuous,
    )
    exact, problems = True, []
    allowed = 0.0 if store.is_from_here(run_id) else ROUNDINGS * torch.finfo(settings.dtype).eps
    for row, epoch in enumerate(epochs):
        replayed = {name: layers[name][row].numpy() for name in network.layers}
        for layer, off in _deviations(store.read_activity(run_id, epoch), replayed):
            exact = False
            if not off <= allowed:
                where = f"activations/epoch_{epoch}.npz: {layer}"
                problems.append(f"run {run_id}: {where} {_DIFFERS.format(off, allowed)}")
    return Verdict(problems, exact)


def _deviations(
    logged: dict[str, np.ndarray], replayed: dict[str, np.ndarray]
) -> Iterator[tuple[str, float]]:
    """Yield the layers that differ, and how far: as a part of the largest |activity|, or of 1."""
    for layer, values in replayed.items():
        kept = logged.get(layer)
        if kept is None or kept.shape != values.shape:
            yield layer, np.inf
        elif not np.array_equal(kept, values, equal_nan=True):
            size = np.abs(kept - values).max() / max(1.0, np.abs(values).max())
            yield layer, float(size)
