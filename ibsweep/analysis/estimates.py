"""How sure a sweep's estimates are: errors, what compressors keep, and what cannot be right."""

import pandas as pd

from ibsweep.violations import KINDS

QUANTITIES = {"I_XT": "I(X;T)", "I_TY": "I(T;Y)"}
DETAILS = {
    "I_XT_error": "± I(X;T)",
    "I_TY_error": "± I(T;Y)",
    "explained_variance_x": "X explained",
    "explained_variance_t": "T explained",
    "label_explained_variance_t": "T explained, for Y",
    "rank_x": "rank X",
    "rank_t": "rank T",
    "label_rank_t": "rank T, for Y",
}
VIOLATIONS = dict(zip(KINDS, ("I < 0", "I(T;Y) > H(Y)", "gain by processing"), strict=True))
_KEYS = ["networks", "configuration"]


def final_details(networks: pd.DataFrame) -> pd.DataFrame:
    """Return final estimates with what is known of them, for estimators that tell.

    Args:
        networks: Finished runs, as `Store.networks` returns them.

    Returns:
        One row a configuration, estimator and layer: `networks` (its name), `estimator`, `layer`;
        means over networks of both quantities (bits), of their standard errors (bits) and of the
        diagnostics in `DETAILS`; NaN where a network has none.
    """
    tables = []
    for estimator, layer in _measured(networks):
        titles = {
            f"{estimator}/{name}/{layer}": title
            for name, title in (QUANTITIES | DETAILS).items()
            if f"{estimator}/{name}/{layer}" in networks
        }
        means = _means(networks, titles)
        told = [title for title in means if title in DETAILS.values()]
        rows = means.dropna(subset=told, how="all") if told else means.iloc[:0]
        tables.append(rows.assign(estimator=estimator, layer=layer))
    first = ["networks", "estimator", "layer"]
    shown = [*first, *QUANTITIES.values(), *DETAILS.values()]
    held = [table for table in tables if len(table)]
    whole = pd.concat(held, ignore_index=True) if held else pd.DataFrame(columns=first)
    return whole[[name for name in shown if name in whole]]


def violations(networks: pd.DataFrame) -> pd.DataFrame:
    """Return how often estimates cannot be right, where that happens at all.

    Args:
        networks: Finished runs, as `Store.networks` returns them.

    Returns:
        One row a configuration and estimator: `networks` (its name), `estimator`, and means over
        networks of the shares that `ibsweep.violations.scores` gives.
    """
    tables = []
    for estimator in dict.fromkeys(name for name, _ in _measured(networks)):
        titles = {
            f"{estimator}/violations/{kind}": title
            for kind, title in VIOLATIONS.items()
            if f"{estimator}/violations/{kind}" in networks
        }
        means = _means(networks, titles)
        rows = means[(means[list(titles.values())] > 0).any(axis=1)]
        tables.append(rows.assign(estimator=estimator))
    whole = pd.concat(tables, ignore_index=True)
    return whole.reindex(columns=["networks", "estimator", *VIOLATIONS.values()])


def _measured(networks: pd.DataFrame) -> list[tuple[str, str]]:
    """Return every estimator with every layer that it measured, in the order of the network."""
    found = [str(name).split("/") for name in networks if "/I_XT/" in str(name)]
    whole = [(parts[0], parts[2]) for parts in found if "." not in parts[0]]  # no part of the data
    return sorted(whole, key=lambda one: (one[0], one[1] == "output", len(one[1]), one[1]))


def _means(networks: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Average columns over the networks of each configuration; an undefined value makes NaN."""
    names = networks["name"].str.rsplit("-seed", n=1).str[0].rename("networks")
    groups = networks[list(titles)].groupby([names, networks["configuration"]], sort=False)
    complete = groups.count().eq(groups.size(), axis="index")
    means = groups.mean().where(complete).rename(columns=titles)
    return means.reset_index().drop(columns="configuration")
