"""Claims of papers, tested on what was measured: a paper is a file, with a `PAPER`.

Nothing is assumed: each claim says in words by what rule it is `supported`, `not supported` or
`undecided`, and what is missing where networks are.
"""

import pandas as pd

from ibsweep.analysis.claims import (
    autoencoders,
    binary,
    chelombiev2019,
    conditional,
    generalisation,
    geometry,
    latent_collapse,
    pruning,
    quantized,
    regression,
    schemes,
    stopping,
    synergy,
    wickstrom2023,
)
from ibsweep.analysis.claims.base import PAPER_ESTIMATOR, Networks, Paper
from ibsweep.analysis.effects import Finding

PAPERS: dict[str, Paper] = {
    "autoencoders": autoencoders.PAPER,
    "chelombiev2019": chelombiev2019.PAPER,
    "conditional": conditional.PAPER,
    "generalisation": generalisation.PAPER,
    "geometry": geometry.PAPER,
    "latent_collapse": latent_collapse.PAPER,
    "pruning": pruning.PAPER,
    "quantized": quantized.PAPER,
    "binary": binary.PAPER,
    "schemes": schemes.PAPER,
    "stopping": stopping.PAPER,
    "synergy": synergy.PAPER,
    "wickstrom2023": wickstrom2023.PAPER,
    "regression": regression.PAPER,
}

__all__ = ["PAPERS", "PAPER_ESTIMATOR", "Networks", "Paper", "claims"]


def claims(networks: Networks, paper: str = "chelombiev2019") -> pd.DataFrame:
    """Test the claims of a paper.

    Args:
        networks: What they are tested on.
        paper: One of `PAPERS`.

    Returns:
        One row for each claim and group of networks, with the columns of `Finding`.
    """
    return pd.DataFrame(PAPERS[paper].test(networks), columns=list(Finding._fields))
