"""Does a verdict survive other choices? Estimators' settings and the number of seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from ibsweep.checks import integer
from ibsweep.names import TEST_ACCURACY

QUESTIONS = {
    "compression": "compression_robust/hidden",
    "correlation, hidden": "compression/hidden",
    "correlation, last": "compression/last",
}
"""Question to the score that answers it: the mean of the first, the others' correlation."""


def multiverse(
    networks: pd.DataFrame,
    *,
    estimators: Sequence[str],
    seeds: Sequence[int],
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Answer each question for each estimator, from subsamples of the seeds.

    A subsample says `positive` or `negative` if the 95 % interval of the mean robust score
    (Student's t), or Pearson's r with the final test accuracy at 5 % (two-sided), excludes 0.
    Networks without a score are left out before drawing. Subsamples of one table overlap, so the
    shares show how stable a verdict is, not how probable.

    Args:
        networks: One row a network of one configuration: `accuracy/test` and the scores of each
            estimator, `<estimator>/compression/hidden` and so on.
        estimators: Names, as users gave them, e.g. `ebab_10`, `ebab_100`.
        seeds: Sizes of the subsamples, ≥ 4.
        draws: Subsamples of each size, without replacement.
        seed: Seed of the drawing.

    Returns:
        `question, estimator, seeds, positive, negative`: the shares of subsamples with that
        verdict; NaN where there are fewer networks than that.

    Raises:
        ValueError: If a size is too small, or an estimator has no scores.
    """
    integer("draws", draws, minimum=1)
    rows = []
    for estimator in estimators:
        for question, score in QUESTIONS.items():
            name = f"{estimator}/{score}"
            if name not in networks:
                raise ValueError(f"estimators must have scores, got {estimator} without {name}")
            pairs = networks[[name, TEST_ACCURACY]].dropna().to_numpy(float)
            for size in seeds:
                integer("seeds", size, minimum=4)
                shares = _shares(pairs, question, size, draws=draws, seed=seed)
                rows.append((question, estimator, size, *shares))
    return pd.DataFrame(rows, columns=["question", "estimator", "seeds", "positive", "negative"])


def _shares(
    pairs: np.ndarray, question: str, size: int, *, draws: int, seed: int
) -> tuple[float, float]:
    """Return the shares of subsamples that say positive and negative."""
    if len(pairs) < size:
        return np.nan, np.nan
    order = np.random.default_rng(seed).random((draws, len(pairs))).argsort(axis=1)[:, :size]
    x, y = np.moveaxis(pairs[order], 2, 0)
    if question == "compression":
        test = stats.ttest_1samp(x, 0.0, axis=1)
    else:
        test = stats.pearsonr(x, y, axis=1)
    sign = np.sign(test.statistic) * (test.pvalue < 0.05)
    return float((sign > 0).mean()), float((sign < 0).mean())
