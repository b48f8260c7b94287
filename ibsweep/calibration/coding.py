"""Compression of both variables before their information is estimated."""

from collections.abc import Callable

import numpy as np

from ibsweep import promises
from ibsweep.compressors.base import Compressor
from ibsweep.compressors.encoding import fit_both, fit_once, quality, takes_pairs
from ibsweep.distributions.base import Pair

Fit = Callable[..., Compressor]


def learn(fit: Fit, known: Pair) -> dict[str, Compressor]:
    """Learn from samples how to compress X, and Y unless it is a label.

    Args:
        fit: Makes a compressor of one vector; or two, of a vector and of `other`.
        known: The samples. Of a label, `other` is one column a class, 1 where it is that one.

    Returns:
        The compressors by `x` and `y`; equal arguments share them within a process.

    Raises:
        ValueError: If what `fit` makes is none.
    """
    if known.y.ndim > 1:
        return dict(zip("xy", fit_both(fit, known.x, known.y), strict=True))
    if not takes_pairs(fit):
        return {"x": promises.kind(fit_once(fit, known.x), Compressor)}
    classes = known.y[:, None] == np.unique(known.y)
    return {"x": fit_both(fit, known.x, classes.astype(np.float64))[0]}


def compress(pair: Pair, fit: Fit, *, other: Pair) -> tuple[Pair, dict[str, float]]:
    """Compress X, and Y unless it is a label: each by itself, or together if `fit` takes both.

    Args:
        pair: The samples whose information is to be estimated.
        fit: Learns from samples how to compress.
        other: Other samples of the same distribution, to learn from.

    Returns:
        The codes; and `explained_variance/x`, `rank/x`, the same for y: what the codes keep of the
        samples, which the compressor did not learn from.
    """
    coded, scores = pair._asdict(), {}
    for name, compressor in learn(fit, other).items():
        values = coded[name]
        kept = quality(compressor, values)
        scores[f"explained_variance/{name}"] = kept.explained_variance
        scores[f"rank/{name}"] = float(kept.rank)
        coded[name] = compressor.encode(values)
    return Pair(**coded), scores
