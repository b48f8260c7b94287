"""The epoch at which each of several rules would have stopped a training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ibsweep.scores.onsets import onset
from ibsweep.scores.smoothing import LEAST

INFORMATION_RULES = ("i_ty", "phase", "fitted")  # of one estimator
TRAINING_RULES = ("loss", "accuracy", "last", "oracle")
RULES = ("i_ty", "loss", "accuracy", "phase", "fitted", "last", "oracle")
VALIDATION, HELD_OUT = "validation", "held_out"
TIE = 1e-9  # bits or nats: values that differ by less are equal but for rounding


def stops(training: pd.DataFrame, information: pd.DataFrame) -> pd.DataFrame:
    """Say at which snapshot each rule stops one network's training, and what that is worth.

    | rule | stops at |
    |---|---|
    | `i_ty` | the largest I(T;Y) of the output |
    | `loss`, `accuracy` | the least loss, the largest accuracy, on the validation part |
    | `phase` | the onset of compression, see `onsets.onset`; the last epoch if there is none |
    | `fitted` | the largest I(X;T) of the last hidden layer |
    | `last` | the last epoch |
    | `oracle` | the largest accuracy on the held-out part, which no rule may look at |

    The earliest of equal snapshots counts.

    Args:
        training: `epoch, loss/validation, accuracy/validation, accuracy/held_out`, one row a
            snapshot, ascending.
        information: `estimator, epoch`; `i_ty` of the output on the validation part; `i_xt` of the
            last hidden layer on samples that are not held out; bits, at the same epochs.

    Returns:
        One row a rule, and an estimator where the rule is of one (else `estimator` is empty):
        `rule, estimator, epoch`; `accuracy` on the held-out part at that epoch; `regret`, by how
        much the oracle's is larger. NaN where an estimator gives no finite value.

    Raises:
        ValueError: If there are fewer than 5 snapshots.

    References:
        For `i_ty`: Perin, Buhan & Picek, Learning when to stop: a mutual information approach to
        fight overfitting in profiled side-channel analysis, 2020. https://eprint.iacr.org/2020/058

    Example:
        >>> epochs = np.arange(6)
        >>> parts = {"loss/validation": [3, 2, 1, 1, 2, 3], "accuracy/validation": 0.5}
        >>> training = pd.DataFrame({"epoch": epochs, **parts, "accuracy/held_out": epochs / 10})
        >>> bits = pd.DataFrame({"epoch": epochs, "i_xt": 2.0, "i_ty": [0, 1, 2, 3, 1, 1]})
        >>> table = stops(training, bits.assign(estimator="ebab")).set_index("rule")
        >>> table.loc[["i_ty", "loss", "accuracy", "phase", "last"], "epoch"].tolist()
        [3.0, 2.0, 0.0, 5.0, 5.0]
    """
    if len(training) < LEAST:
        raise ValueError(f"snapshots must be at least {LEAST}, got {len(training)}")
    epochs = training["epoch"].to_numpy(dtype=float)
    held_out = training[f"accuracy/{HELD_OUT}"].to_numpy()
    rows = list(_of_training(training))
    for estimator, curve in information.groupby("estimator", sort=False):
        ordered = curve.set_index("epoch").reindex(epochs)
        rows += [(rule, estimator, place) for rule, place in _of_information(ordered)]
    table = pd.DataFrame(rows, columns=["rule", "estimator", "place"])
    places = table.pop("place").to_numpy(dtype=float)
    known = np.isfinite(places)
    chosen = np.where(known, places, 0).astype(int)
    table["epoch"] = np.where(known, epochs[chosen], np.nan)
    table["accuracy"] = np.where(known, held_out[chosen], np.nan)
    table["regret"] = held_out.max() - table["accuracy"]
    order = table["rule"].map(RULES.index).sort_values(kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _of_training(training: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    """Yield the rules that need no estimator, each with the snapshot that it chooses."""
    yield "loss", "", _first_best(-training[f"loss/{VALIDATION}"].to_numpy())
    yield "accuracy", "", _first_best(training[f"accuracy/{VALIDATION}"].to_numpy())
    yield "last", "", len(training) - 1
    yield "oracle", "", _first_best(training[f"accuracy/{HELD_OUT}"].to_numpy())


def _of_information(curve: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Yield the rules of an estimator, each with the snapshot that it chooses."""
    epochs, i_xt = curve.index.to_numpy(), curve["i_xt"].to_numpy()
    yield "i_ty", _first_best(curve["i_ty"].to_numpy())
    yield "fitted", _first_best(i_xt)
    yield "phase", _begins(epochs, i_xt) if np.isfinite(i_xt).all() else np.nan


def _begins(epochs: np.ndarray, i_xt: np.ndarray) -> float:
    """Return the place at which compression begins; the last if it does not."""
    place = np.flatnonzero(epochs == onset(epochs, i_xt))
    return float(place[0]) if len(place) else len(epochs) - 1.0


def _first_best(values: np.ndarray) -> float:
    """Return the place of the first of the largest values; NaN if none is finite."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    return float((finite >= finite.max() - TIE).argmax()) if finite.max() > -np.inf else np.nan
