"""How sure a sweep's estimates are: errors, what compressors keep, and what cannot be right."""

import pandas as pd

from ibsweep import names
from ibsweep.scores.violations import KINDS

TITLES = {  # of what a table shows, in order
    "i_xt": "I(X;T)",
    "i_xt_error": "± I(X;T)",
    "i_ty": "I(T;Y)",
    "i_ty_error": "± I(T;Y)",
    "explained_variance_x": "X explained",
    "explained_variance_t": "T explained",
    "label_explained_variance_t": "T explained, for Y",
    "rank_x": "rank X",
    "rank_t": "rank T",
    "label_rank_t": "rank T, for Y",
    "atom_share_t": "T on atoms",
}
VIOLATIONS = dict(zip(KINDS, ("I < 0", "I(T;Y) > H(Y)", "gain by processing"), strict=True))


def final_details(networks: pd.DataFrame) -> pd.DataFrame:
    """Return final estimates with what is known of them, for estimators that tell.

    Args:
        networks: One row a network, as `ibsweep.runs` returns them.

    Returns:
        One row a configuration, estimator and layer: `networks` (its name), `estimator`, `layer`;
        means over networks of both quantities (bits), of their standard errors (bits) and of the
        diagnostics in `TITLES`; NaN where a network has none.
    """
    tables = []
    for estimator, layer in names.layers(networks):
        titles = {
            name: title
            for column, title in TITLES.items()
            if (name := names.estimate(estimator, column, layer)) in networks
        }
        groups = _by_configuration(networks, list(titles))
        complete = groups.count().eq(groups.size(), axis="index")
        means = _plain(groups.mean().where(complete), titles)
        estimates = (TITLES["i_xt"], TITLES["i_ty"])
        details = [title for title in titles.values() if title not in estimates]
        rows = means.dropna(subset=details, how="all") if details else means.iloc[:0]
        tables.append(rows.assign(estimator=estimator, layer=layer))
    first = ["networks", "estimator", "layer"]
    shown = [*first, *TITLES.values()]
    known = [table for table in tables if len(table)]
    whole = pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=first)
    return whole[[name for name in shown if name in whole]]


def violations(networks: pd.DataFrame) -> pd.DataFrame:
    """Return how often estimates cannot be right, where that happens at all.

    Args:
        networks: One row a network, as `ibsweep.runs` returns them.

    Returns:
        One row a configuration and estimator: `networks` (its name), `estimator`, and means over
        networks of the shares that `scores.violations.scores` gives, of those that have one.
    """
    tables = []
    for estimator in dict.fromkeys(name for name, _ in names.layers(networks)):
        titles = {
            name: title
            for kind, title in VIOLATIONS.items()
            if (name := names.violation(estimator, kind)) in networks
        }
        means = _plain(_by_configuration(networks, list(titles)).mean(), titles)
        rows = means[(means[list(titles.values())] > 0).any(axis=1)]
        tables.append(rows.assign(estimator=estimator))
    whole = pd.concat(tables, ignore_index=True)
    return whole.reindex(columns=["networks", "estimator", *VIOLATIONS.values()])


def _by_configuration(
    networks: pd.DataFrame, columns: list[str]
) -> pd.api.typing.DataFrameGroupBy:
    """Group columns by configuration, and by its name."""
    labels = names.configuration_names(networks)
    return networks[columns].groupby([labels, networks["configuration"]], sort=False)


def _plain(means: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Return means with titles, one row a configuration."""
    return means.rename(columns=titles).reset_index().drop(columns="configuration")
