"""The tables of a sweep's report, with headings for readers."""

import pandas as pd

from ibsweep import analysis, names
from ibsweep.analysis.correlations import correlations

LEAST_NETWORKS = 4  # of a correlation worth a row
_HEADINGS = {
    "group": "networks",
    "score": "score",
    "without_failed": "without failed",
    "n": "n",
    "undefined": "undefined",
    "r": "r",
    "r_low": "r low",
    "r_high": "r high",
    "r_p": "p",
    "r_p_holm": "p Holm",
    "rho": "Spearman ρ",
    "r_critical": "critical |r|",
    "r_detectable": "detectable |r|",
}


def summary(networks: pd.DataFrame) -> pd.DataFrame:
    """Return one row a configuration; counts of undefined scores only where there are any.

    Args:
        networks: Table of all runs of a sweep, as `Store.networks` returns it.
    """
    table = analysis.summarize(networks).drop(columns="configuration", errors="ignore")
    words = {names.interval(""): "±", names.undefined(""): "undefined"}
    empty = [
        name for name in table if name.endswith(names.undefined("")) and not table[name].any()
    ]
    headings = {
        name: f"{word} {name.removesuffix(ending)}"
        for name in table
        for ending, word in words.items()
        if name.endswith(ending)
    }
    return table.drop(columns=empty).rename(columns=headings)


def correlated(runs: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Correlate the headline scores with the final test accuracy, or the error of regressions.

    Args:
        runs: One row a network, as `ibsweep.runs` returns them.
        networks: Their finished runs, one row each.
    """
    by = [name for name in analysis.varying(networks) if name in runs and name != "estimator"]
    scores = [
        names.compression(name, layers)
        for name in names.estimators(networks)
        for layers in names.HEADLINES
    ]
    table = correlations(runs, by=by or None, score=scores, against=names.outcome(runs))
    return table.loc[table["n"] >= LEAST_NETWORKS, list(_HEADINGS)].rename(columns=_HEADINGS)


def phase_counts(runs: pd.DataFrame, phases: pd.DataFrame) -> pd.DataFrame:
    """Count the networks of each configuration and layer by what the layer does.

    Args:
        runs: One row a network, as `ibsweep.runs` returns them.
        phases: Their phases, as `scores.phases.phases` returns them.
    """
    labels = names.configuration_names(runs.set_index("run_id"))
    groups = [phases["network"].map(labels).rename("networks"), phases["layer"]]
    counts = pd.crosstab(groups, phases["verdict"].str.replace("_", " "))
    return counts.reset_index().rename_axis(columns=None)


def flag_counts(networks: pd.DataFrame) -> pd.DataFrame:
    """Count the networks of each configuration that carry a flag.

    Args:
        networks: Finished runs, one row each.
    """
    flags = [name for name in networks if names.is_flag(str(name))]
    keys = [names.configuration_names(networks), networks["configuration"]]
    counts = networks[flags].fillna(0).groupby(keys, sort=False).sum().astype(int)
    return counts.loc[:, counts.sum() > 0].reset_index().drop(columns="configuration")
