"""Information between two arrays, whatever they hold, in one call."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ibsweep import checks, samples
from ibsweep.config import shipped
from ibsweep.config.instantiation import build
from ibsweep.estimators import kl
from ibsweep.estimators.entropic import estimate
from ibsweep.estimators.shared.frequencies import class_contributions
from ibsweep.types import Estimate

RECOMMENDED = "general"  # of conf/estimator
SHARE = 10  # samples that a whole number must have on average to be the name of a class

Kind = Literal["continuous", "classes"]


class Measured(NamedTuple):
    """An information or entropy, in bits.

    Attributes:
        value: The estimate; ∞ where one array is a function of the other.
        error: One standard error, NaN where the method gives none.
        diagnostics: What tells whether to trust it, e.g. `rank_x` = 0 for a constant array.
        taken_for: What each array was taken for: `continuous` or `classes`.
    """

    value: float
    error: float
    diagnostics: dict[str, float]
    taken_for: tuple[Kind, ...]


def mutual_information(
    x: object,
    y: object,
    *,
    estimator: str | Callable[..., Estimate] = RECOMMENDED,
    **options: float | str,
) -> Measured:
    """Estimate the mutual information between two arrays.

    An array is taken for classes if it holds strings, truth values or a categorical; or whole
    numbers in one column, each of which occurs ten times on average. Everything else is
    continuous, a vector of one column or of more. Two continuous arrays are measured by the
    estimator's part for pairs; one and classes by its part for labels; two arrays of classes by
    their frequencies, less the bias (cells − rows − columns + 1) / 2n nats (Miller, 1955). To
    decide by yourself, give floats or strings.

    Args:
        x: Shape `(n,)` or `(n, d_x)`: a list, array, tensor, Series or DataFrame; n ≥ 2.
        y: Shape `(n,)` or `(n, d_y)`, likewise.
        estimator: Name of an estimator of continuous vectors in conf/estimator, or a function of x
            and y.
        **options: Options of the estimator by name, e.g. `neighbours=3`.

    Returns:
        Bits.

    Raises:
        ValueError: If an array is malformed, they differ in length, or there is no such estimator
            or option.

    References:
        The estimator's: see `ibsweep.estimators.general` for the recommended one.

    Example:
        >>> import ibsweep
        >>> x, noise = np.random.default_rng(0).normal(size=(2, 2000))
        >>> result = ibsweep.mutual_information(x, x + noise)
        >>> round(result.value, 1), result.taken_for
        (0.5, ('continuous', 'continuous'))
        >>> round(ibsweep.mutual_information(x, x > 0).value, 1)
        1.0
    """
    (kind_x, first), (kind_y, second) = _taken("x", x), _taken("y", y)
    if len(first) != len(second):
        raise ValueError(f"y must have {len(first)} rows as x, got {len(second)}")
    kinds = kind_x, kind_y
    if kinds == ("classes", "classes"):
        return _measured(_of_classes(first, second), kinds)
    pair, labelled = _parts(estimator, options)
    if kinds == ("continuous", "continuous"):
        return _measured(pair(first, second), kinds)
    rows, classes = (first, second) if kind_x == "continuous" else (second, first)
    return _measured(labelled(rows, classes), kinds)


def entropy(x: object, *, neighbours: int = 5) -> Measured:
    """Estimate the entropy of an array: differential if it is continuous.

    Args:
        x: As for `mutual_information`.
        neighbours: k of `ibsweep.estimators.kl.entropy`, for continuous arrays.

    Returns:
        Bits; of classes, that of the frequencies plus (classes − 1) / 2n nats (Miller, 1955); −∞
        for a continuous array of fewer directions than columns.

    Raises:
        ValueError: If the array is malformed.

    References:
        Kozachenko & Leonenko, Sample estimate of the entropy of a random vector, 1987; Miller,
        Note on the bias of information estimates, 1955.

    Example:
        >>> import ibsweep
        >>> round(ibsweep.entropy(["heads", "tails"] * 500).value, 2)
        1.0
    """
    kind, values = _taken("x", x)
    if kind == "continuous":
        if (values == values[0]).all():
            return Measured(-np.inf, np.nan, {"rank_x": 0.0}, (kind,))
        return _measured(kl.entropy(values, neighbours=neighbours), (kind,))
    sizes = np.bincount(values)
    terms = -np.log2(sizes[values] / len(values))
    bias = (len(sizes) - 1) / (2 * len(values)) / np.log(2)
    return _measured(estimate(terms + bias), (kind,))


def _measured(result: Estimate, kinds: tuple[Kind, ...]) -> Measured:
    return Measured(result.value, result.error, dict(result.diagnostics), kinds)


def _taken(name: str, x: object) -> tuple[Kind, np.ndarray]:
    """Return what an array is taken for, and its vectors, or the number of each sample's class."""
    values: Any = x.detach().cpu().numpy() if hasattr(x, "detach") else x
    try:
        table = pd.DataFrame(values) if np.ndim(values) else None
    except ValueError:
        table = None
    if table is None or 0 in table.shape:
        shape = np.shape(values) if table is None else table.shape
        raise ValueError(f"{name} must be of shape (n,) or (n, d), not empty, got {shape}")
    if len(table) < 2:
        raise ValueError(f"{name} must have at least 2 samples, got {len(table)}")
    named = [_names_classes(column) for _, column in table.items()]
    if any(named) and not all(named):
        raise ValueError(f"{name} must hold numbers or classes, got columns of both")
    if all(named):
        missing = table.isna().to_numpy().sum()
        if missing:
            raise ValueError(f"{name} must have no missing values, got {missing}")
        return "classes", table.groupby(list(table), observed=True, sort=True).ngroup().to_numpy()
    points = samples.vectors(name, table.to_numpy())
    return "continuous", points


def _names_classes(column: pd.Series) -> bool:
    """Whether a column holds classes."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return True
    if pd.api.types.is_integer_dtype(kind):
        return column.nunique() * SHARE <= len(column)
    if pd.api.types.is_numeric_dtype(kind):
        return False
    words = column.dropna().map(lambda value: isinstance(value, str | bool))
    return bool(words.all())


def _of_classes(x: np.ndarray, y: np.ndarray) -> Estimate:
    terms = class_contributions(x, y) / np.log(2)
    classes = {"classes_x": float(x.max() + 1), "classes_y": float(y.max() + 1)}
    return estimate(terms, **classes, negative=float(terms.mean() < 0))


def _parts(
    estimator: str | Callable[..., Estimate], options: dict[str, Any]
) -> tuple[Callable[..., Estimate], Callable[..., Estimate]]:
    """Return what measures two vectors, and a vector and classes."""
    if callable(estimator):
        if options:
            raise ValueError(f"options must come with an estimator's name, got {sorted(options)}")
        return estimator, estimator
    nodes = {name: shipped.option("estimator", name) for name in shipped.names("estimator")}
    known = tuple(name for name, node in nodes.items() if {"pair", "labelled"} <= set(node))
    node = dict(nodes[checks.choice("estimator", estimator, known)])
    parts = [dict(node["pair"]), dict(node["labelled"])]
    for option, value in options.items():
        if not any(option in part for part in parts):
            offered = sorted({key for part in parts for key in part if not key.startswith("_")})
            raise ValueError(f"options of {estimator} must be among {offered}, got {option!r}")
        parts = [{**part, option: value} if option in part else part for part in parts]
    pair, labelled = (build(part, f"estimator.{estimator}") for part in parts)
    return pair, labelled
