"""Geometry of a layer: dimension, rank, collapse of the classes, idle units. No information."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import KDTree
from torch import Tensor

from ibsweep import checks
from ibsweep.estimators.shared.layers import Classes, evenly_spaced, measure_layers
from ibsweep.estimators.shared.readout import readout_collapse
from ibsweep.types import Information, Readout

FEWEST = 20  # distinct rows that an intrinsic dimension needs
KEPT = 0.9  # of the ratios of distances, the smallest
NEAR_END = 0.05  # of the range between the ends


def geometry(
    activity: Tensor,
    labels: Tensor,
    *,
    ends: Sequence[float] | None = None,
    largest: int = 1000,
    readout: Readout | None = None,
) -> Information:
    r"""Describe how the samples of a layer lie, as details; both informations are NaN.

    With centred activity h, its covariance's eigenvalues λ and its own singular values s; class
    means μ_c with mean μ, mean squared distances v_c to them, Σ_B the mean over classes of
    (μ_c − μ)(μ_c − μ)ᵀ and Σ_W the mean over samples of (h − μ_c)(h − μ_c)ᵀ; C classes:

    * `twonn`, intrinsic dimension: slope through 0 of −ln(1 − i/n) on the sorted ln(r₂/r₁) of the
      two nearest neighbours, the largest tenth left out. Equal rows count once; `ties` is how many
      others there were.
    * `participation_ratio`: (Σ λ)² / Σ λ². `effective_rank`: exp(−Σ p ln p), p = s / Σ s.
    * `nc1`: Tr(Σ_W Σ_B⁺) / C. `nc2_norms`: standard deviation / mean of ‖μ_c − μ‖. `nc2_angles`:
      standard deviation of their cosines, `nc2_max_angle`: mean of |cosine + 1 / (C − 1)|. All
      tend to 0 in neural collapse; the last three are NaN for two classes, where they say nothing.
      `nc3`, `nc4`: see `shared.readout`; of the last hidden layer alone.
    * `cdnv`: mean over pairs of classes of (v_a + v_b) / (2 ‖μ_a − μ_b‖²). `distance_ratio`: mean
      squared distance of two samples of one class, over that of two classes.
    * `dead`: share of units that are constant. `zero`: share of entries that are 0. `saturated`:
      share of entries within 5 % of the range from an end of it, NaN without `ends`.

    What is not defined, as all of a constant layer, is NaN.

    Args:
        activity: Shape `(…, samples, units)`.
        labels: Class of each sample, shape `(samples,)`, integer.
        ends: Lowest and highest value of a bounded activation function, as −1 and 1 of tanh.
        largest: `twonn` takes as many evenly spaced samples of more: time grows as their square.
        readout: What reads the layer, if it is a network's last hidden one.

    Returns:
        NaN, NaN and the details, of shape `(…)`.

    Raises:
        ValueError: If an option is out of its range, or `activity` or `labels` is malformed.

    References:
        Facco et al., Estimating the intrinsic dimension of datasets by a minimal neighborhood
        information, 2017, https://doi.org/10.1038/s41598-017-11873-y; Roy & Vetterli, The
        effective rank, 2007; Papyan, Han & Donoho, Prevalence of neural collapse during the
        terminal phase of deep learning training, 2020, https://arxiv.org/abs/2008.08186; Galanti,
        György & Hutter, On the role of neural collapse in transfer learning, 2022,
        https://arxiv.org/abs/2112.15121; Basirat, Geiger & Roth, A geometric perspective on
        information plane analysis, 2021, https://doi.org/10.3390/e23060711

    Example:
        Two classes on a line, at 0 and 1, and at 2 and 3:

        >>> layer, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
        >>> details = geometry(layer, labels).details
        >>> details["cdnv"], details["participation_ratio"], details["dead"]
        (0.0625, 1.0, 0.0)
    """
    checks.integer("largest", largest, minimum=FEWEST)
    if ends is not None:
        rule = "a lowest and a highest value"
        known = [checks.real("ends", end) for end in checks.sequence("ends", ends, rule, least=2)]
        if len(known) != 2 or known[0] >= known[1]:
            raise ValueError(f"ends must be {rule}, got {known}")

    def describe(layer: Tensor, classes: Classes) -> Information:
        h = layer.double().cpu().numpy()
        details = {
            **_dimension(h[evenly_spaced(len(h), largest)]),
            **_ranks(h),
            **_classes(h, classes),
            "dead": float((h == h[0]).all(axis=0).mean()),
            "zero": float((h == 0).mean()),
            "saturated": math.nan if ends is None else _saturated(h, *ends),
        }
        return Information(math.nan, math.nan, details)

    described = measure_layers(describe, activity, labels)
    collapse = readout_collapse(activity, labels, readout)
    return described._replace(details={**described.details, **collapse})


def intrinsic_dimension(rows: ArrayLike) -> float:
    """Return TwoNN's dimension of distinct rows, shape `(n, d)`; NaN of fewer than 20."""
    points = np.asarray(rows, dtype=np.float64)
    if len(points) < FEWEST:
        return math.nan
    distances, _ = KDTree(points).query(points, k=3)
    kept = int(KEPT * len(points))
    x = np.sort(np.log(distances[:, 2] / distances[:, 1]))[:kept]
    y = -np.log1p(-np.arange(1, kept + 1) / len(points))
    square = x @ x
    return float(x @ y / square) if square > 0 else math.nan


def _dimension(h: np.ndarray) -> dict[str, float]:
    distinct = np.unique(h, axis=0)
    return {"twonn": intrinsic_dimension(distinct), "ties": float(len(h) - len(distinct))}


def _ranks(h: np.ndarray) -> dict[str, float]:
    singular = np.linalg.svd(h - h.mean(axis=0), compute_uv=False)
    if not singular.any():
        return {"participation_ratio": math.nan, "effective_rank": math.nan}
    squares, shares = singular**2, singular[singular > 0] / singular.sum()
    return {
        "participation_ratio": float(squares.sum() ** 2 / (squares**2).sum()),
        "effective_rank": float(np.exp(-(shares * np.log(shares)).sum())),
    }


def _classes(h: np.ndarray, classes: Classes) -> dict[str, float]:
    sizes = np.bincount(classes.of).astype(float)
    means = np.stack([h[classes.of == one].mean(axis=0) for one in range(classes.total)])
    within = h - means[classes.of]
    spreads = np.bincount(classes.of, (within**2).sum(axis=1)) / sizes
    centred = means - means.mean(axis=0)
    gaps = ((means[:, None] - means[None]) ** 2).sum(axis=2)
    return {
        "nc1": _collapse(within, centred),
        **_angles(centred),
        "cdnv": _variability(spreads, gaps),
        "distance_ratio": _distance_ratio(sizes, spreads, gaps),
    }


def _collapse(within: np.ndarray, centred: np.ndarray) -> float:
    """NC1; through the classes' directions alone, of which there are fewer than units."""
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    kept = singular > 1e-12 * max(singular.max(), np.finfo(float).tiny)
    kept &= singular > 0
    if not kept.any():
        return math.nan
    variances = ((within @ directions[kept].T) ** 2).mean(axis=0)
    return float((variances / singular[kept] ** 2).sum())  # Σ_B has singular² / C, and / C


def _angles(centred: np.ndarray) -> dict[str, float]:
    norms, total = np.linalg.norm(centred, axis=1), len(centred)
    names = ("nc2_norms", "nc2_angles", "nc2_max_angle")
    if total < 3 or not norms.all():
        return dict.fromkeys(names, math.nan)
    unit = centred / norms[:, None]
    cosines = (unit @ unit.T)[np.triu_indices(total, 1)]
    values = (norms.std() / norms.mean(), cosines.std(), np.abs(cosines + 1 / (total - 1)).mean())
    return dict(zip(names, map(float, values), strict=True))


def _variability(spreads: np.ndarray, gaps: np.ndarray) -> float:
    a, b = np.triu_indices(len(spreads), 1)
    if not len(a) or not gaps[a, b].all():
        return math.nan
    return float(((spreads[a] + spreads[b]) / (2 * gaps[a, b])).mean())


def _distance_ratio(sizes: np.ndarray, spreads: np.ndarray, gaps: np.ndarray) -> float:
    pairs = np.outer(sizes, sizes)
    np.fill_diagonal(pairs, 0)
    alike, unlike = (sizes * (sizes - 1)).sum(), pairs.sum()
    other = (pairs * (spreads[:, None] + spreads[None] + gaps)).sum()
    if alike == 0 or other == 0:
        return math.nan
    return float(2 * (sizes**2 * spreads).sum() / alike / (other / unlike))


def _saturated(h: np.ndarray, low: float, high: float) -> float:
    margin = NEAR_END * (high - low)
    return float(((h <= low + margin) | (h >= high - margin)).mean())
