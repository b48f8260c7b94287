"""Compression of both variables before their information is estimated."""

from collections.abc import Callable

import numpy as np

from ibsweep import promises
from ibsweep.compressors.base import Compressor
from ibsweep.compressors.encoding import fit_once, quality
from ibsweep.distributions.base import Pair

Fit = Callable[[np.ndarray], Compressor]


def compress(pair: Pair, fit: Fit, *, other: Pair) -> tuple[Pair, dict[str, float]]:
    """Compress X, and Y unless it is a label, each by itself.

    Args:
        pair: The samples whose information is to be estimated.
        fit: Learns from samples how to compress.
        other: Other samples of the same distribution, to learn from.

    Returns:
        The codes; and `explained_variance/x`, `rank/x`, the same for y: what the codes keep of the
        samples, which the compressor did not learn from.
    """
    coded, scores = [], {}
    for name, values, known in zip("xy", pair, other, strict=True):
        if values.ndim == 1:
            coded.append(values)
            continue
        # X is often the same at every truth
        compressor = promises.kind(fit_once(fit, known), Compressor)
        found = quality(compressor, values)
        scores[f"explained_variance/{name}"] = found.explained_variance
        scores[f"rank/{name}"] = float(found.rank)
        coded.append(compressor.encode(values))
    return Pair(*coded), scores
