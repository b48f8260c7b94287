"""A paper whose claims are tested, and the networks that they are tested on."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ibsweep.analysis.effects import Finding

PAPER_ESTIMATOR = "ebab"  # of the first paper's claims and figures, and of reports


class Networks(NamedTuple):
    """Measured networks.

    Attributes:
        runs: Table of `ibsweep.runs`, one row a network. Networks of one activation should differ
            in seeds and in what a claim is about: choose them with a filter.
        curves: Their curves, as `ibsweep.curves` returns them.
        phases: Their phases by `estimator`, as `scores.phases.phases` returns them.
        estimator: Name of the estimator of information that counts.
        training: How they were trained, as `ibsweep.training` returns it; None: not known.
        tables: Further tables that a paper asks for, by name.
    """

    runs: pd.DataFrame
    curves: pd.DataFrame
    phases: pd.DataFrame
    estimator: str = PAPER_ESTIMATOR
    training: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = {}


class Paper(NamedTuple):
    """A paper whose claims can be tested.

    Attributes:
        source: Authors, year and address.
        experiment: Experiment that trains the networks that the claims are about.
        statements: Each claim in words, by its number.
        test: Tests all of them.
        tables: Names of the further tables of `Networks` that it needs: stored networks are run
            again for these.
    """

    source: str
    experiment: str
    statements: Mapping[str, str]
    test: Callable[[Networks], list[Finding]]
    tables: Sequence[str] = ()
