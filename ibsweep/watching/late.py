"""Measures a watched training when it has ended, by the estimators that need all of it."""

from collections.abc import Iterator, Mapping

import pandas as pd

from ibsweep.information import Estimator, Floor
from ibsweep.watching.buffers import Activity
from ibsweep.watching.samples import Samples


def late_curves(
    activity: Activity, samples: Samples, estimators: Mapping[str, Estimator], floor: Floor
) -> Iterator[pd.DataFrame]:
    """Yield the curves of each layer; only one layer's activity is copied at a time.

    Args:
        activity: That of every measured epoch.
        samples: What it is of.
        estimators: Name to estimator.
        floor: Where to measure with permuted labels, too.
    """
    extremes, final = activity.extremes(), activity.last
    for name, values in activity.layers():
        yield samples.measure(
            {name: values},
            estimators,
            epochs=[*activity.at],
            floor=floor,
            extremes=extremes,
            final=final,
        )
