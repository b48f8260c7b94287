"""The notes of runs: a sentence, and the files of the planes, at the top of the page in MLflow."""

import math
from collections.abc import Iterable, Mapping

from ibsweep import names

NOTE = "mlflow.note.content"


def network_note(name: str, scores: Mapping[str, float], figures: Iterable[str]) -> str:
    """Say in a sentence how well a network did and by how much it compressed.

    Args:
        name: The run's name.
        scores: Its final metrics.
        figures: Names of its figures, without `.png`.

    Example:
        >>> scores = {"accuracy/test": 0.98541, "ebab/compression/hidden": 0.12}
        >>> network_note("relu-seed7", scores, ["information_plane/ebab"])
        'relu-seed7: test accuracy 0.985, compression of the hidden layers 0.120 (ebab). \
Plane: information_plane/ebab.png'
    """
    failed = "failed to train" if scores.get(names.FAILED) == 1.0 else ""
    parts = [_outcome(scores), failed, _compression(scores)]
    return _note(name, parts, figures)


def configuration_note(name: str, statistics: Mapping[str, float], figures: Iterable[str]) -> str:
    """Say the same of the means over the networks of a configuration.

    Args:
        name: The configuration's name.
        statistics: Means of metrics over the networks, and their number, `networks`.
        figures: Names of its figures, without `.png`.

    Example:
        >>> configuration_note("relu", {"networks": 2.0, "accuracy/test": 0.98541}, [])
        'relu, mean of 2 networks: test accuracy 0.985.'
    """
    count = round(statistics["networks"])
    counted = f"mean of {count} networks" if count > 1 else "1 network"
    parts = [_outcome(statistics), _compression(statistics)]
    return _note(f"{name}, {counted}", parts, figures)


def failure_note(name: str, reason: str, *, epoch: int | None = None) -> str:
    """Say that a job failed, why, and when if that is known.

    Example:
        >>> failure_note("relu-seed2", "weights are no longer finite", epoch=12)
        'relu-seed2 failed at epoch 12: weights are no longer finite'
    """
    return f"{name} failed{'' if epoch is None else f' at epoch {epoch}'}: {reason}"


def _note(subject: str, parts: Iterable[str], figures: Iterable[str]) -> str:
    """Put the sentence together."""
    said = ", ".join(part for part in parts if part) or "no accuracy is known"
    files = [f"{figure}.png" for figure in figures]
    word = "Plane" if len(files) == 1 else "Planes"
    return f"{subject}: {said}." + (f" {word}: {', '.join(files)}" if files else "")


def _outcome(scores: Mapping[str, float]) -> str:
    outcome = names.outcome(scores)
    value = scores.get(outcome, math.nan)
    return "" if math.isnan(value) else f"{names.in_words(outcome)} {value:.3f}"


def _compression(scores: Mapping[str, float]) -> str:
    """Name the score of the hidden layers by each estimator."""
    first = (name.split("/")[0] for name in scores)
    shown = [
        (estimator, scores[names.compression(estimator)])
        for estimator in dict.fromkeys(first)
        if names.compression(estimator) in scores
    ]
    values = [f"{_score(value)} ({estimator})" for estimator, value in shown]
    return f"compression of the hidden layers {', '.join(values)}" if values else ""


def _score(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}"
