"""How well a trained network does on test patterns that were changed to mislead it."""

import numpy as np
from torch import Tensor

from ibsweep.config.settings import Settings
from ibsweep.names import ROBUST_ACCURACY
from ibsweep.networks import replay
from ibsweep.networks.attacks import attacked
from ibsweep.randomness import stream_seed
from ibsweep.scores import performance


def robust_scores(settings: Settings, weights: Tensor) -> dict[str, float]:
    """Attack a network on all test patterns.

    A network is attacked by itself, so that its company does not matter. The attack sees it
    without noise; its answer is that of the measured network.

    Args:
        settings: Its own.
        weights: Its final weights, shape `(width,)`.

    Returns:
        `accuracy/robust`, of the test part; nothing where no attack is asked for.
    """
    if settings.attack is None:
        return {}
    dataset, rows = settings.dataset, settings.split.test
    inputs = dataset.inputs.astype(np.float64)
    inputs[rows] = attacked(
        settings.attack,
        settings.network,
        weights,
        inputs[rows],
        dataset.labels[rows],
        limits=(float(inputs.min()), float(inputs.max())),
        seed=stream_seed("attack", settings.seeds["init"]),
    )
    _, logs = replay.replay(
        settings.network,
        weights[None],
        inputs,
        rows=rows[:0],
        noise=settings.measuring_noise(settings.snapshots[-1:]),
    )
    right, _ = performance.by_sample(logs[0, rows], dataset.labels[rows])
    return {ROBUST_ACCURACY: float(right.mean())}
