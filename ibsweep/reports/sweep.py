"""A sweep's report: one self-contained page of planes, scores, correlations and methods."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ibsweep import analysis, names
from ibsweep.analysis.claims import claims
from ibsweep.analysis.correlations import correlations
from ibsweep.analysis.estimates import final_details, violations
from ibsweep.analysis.summaries import choice_columns, parameter_columns
from ibsweep.plots import interactive_plane, pages
from ibsweep.plots.by_estimator import estimand
from ibsweep.scores.phases import phases
from ibsweep.stored import querying
from ibsweep.tracking import Store

_SHOWN = {
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
LEAST_NETWORKS = 4  # of a correlation worth a row


class Judged(NamedTuple):
    """What the referee found of a sweep's estimators.

    Attributes:
        lines: One sentence for each estimator, layer and quantity.
        readings: Configuration and estimator to a table that stands below its plane.
    """

    lines: Sequence[str]
    readings: Mapping[tuple[str, str], pd.DataFrame]


def report(store: Store, sweep: str, *, judged: Judged | None = None) -> str:
    """Report on a sweep, from the store alone.

    Args:
        store: The store.
        sweep: The sweep's identifier.
        judged: What the referee found of its estimators, if it was asked.

    Returns:
        A page that asks the network for nothing.

    Raises:
        ValueError: If no network of the sweep is finished.
    """
    networks = store.networks(sweep=sweep)
    done = analysis.finished_networks(networks)
    if done.empty:
        raise ValueError(f"sweep must have finished networks, got {sweep!r} with none")
    failed = networks[networks["status"] == "FAILED"]
    tags = store.sweep_tags(sweep)
    versions = {k.rsplit(".", 1)[1]: v for k, v in tags.items() if ".version." in k}
    runs = _runs(store, sweep)
    main = _main_estimator(done)
    found = _phases(runs, main)
    body = pages.fragment(
        "report.html",
        sweep=sweep,
        counts=f"{len(runs)} networks, {done['configuration'].nunique()} configurations,"
        f" {len(failed)} failed runs",
        command=tags.get("ibsweep.command", "not stored: the sweep has no summary"),
        summary=pages.table(_readable(analysis.summarize(networks))),
        correlations=pages.table(_correlations(runs, done)),
        estimator=main,
        claims=list(_claims(claims(runs, found, estimator=main))),
        phases=pages.table(_verdicts(runs, found)),
        planes=list(_planes(store, done, judged.readings if judged else {})),
        details=_if_any(final_details(runs)),
        violations=_if_any(violations(runs)),
        flags=pages.table(_flags(done)),
        failures=[f"{run.name}: {run.failure}" for run in failed.itertuples()],
        judged=judged.lines if judged else (),
        methods=methods(done),
        parameters=pages.table(_parameters(done)),
        versions=", ".join(f"{name} {text}" for name, text in versions.items()) or "not stored",
    )
    return pages.page(f"ibsweep report: {sweep}", [body])


def methods(networks: pd.DataFrame) -> list[str]:
    """Say in words how finished networks were trained and measured, from what was stored.

    Args:
        networks: Table of runs, as `Store.networks` returns it.
    """
    first = networks.iloc[0]
    varied = networks.groupby("configuration")["seed"].nunique()
    counts = " to ".join(str(n) for n in sorted({varied.min(), varied.max()}))
    used = (estimand(name, _of(networks, name)) for name in names.estimators(networks))
    measured = "; ".join(used)

    def said(name: str) -> str:
        return _values(networks, name) if name in networks else "not stored"

    return [
        f"Task {said('task')}, N = {int(first['samples'])} patterns, split {said('split')} with"
        f" {said('split.train_fraction')} of them for training. Network {said('network')} with"
        f" hidden layers {said('network.hidden')}; activation {said('activation')};"
        f" regularisation {said('regularization')}.",
        f"Training: {said('training.epochs')} epochs, {said('training.optimizer')}, learning rate"
        f" {said('training.learning_rate')}, batches of {said('training.batch_size')}, initial"
        f" weights {said('training.initialization')}. Seeds a configuration:"
        f" {counts}; the seed drives {said('seeding')}.",
        f"Information in bits at {said('snapshots.count')} or fewer snapshots"
        f" ({said('snapshots')}), on the parts {said('parts')}, by: {measured}."
        " T is a layer's whole vector; a"
        " deterministic network's I(X;T) is that of T as binned or with noise added for the"
        f" analysis. Nothing is clipped or masked. Device {said('device')}, {said('dtype')}.",
        "Compression score: 1 − final / largest I(X;T), per layer (Chelombiev et al. 2019, eq. 6);"
        " hidden is the mean over hidden layers. A layer above .97 log2 N all along is saturated:"
        " it cannot show compression. A network that never beats the majority class failed to"
        " train.",
    ]


def _if_any(rows: pd.DataFrame) -> pages.Markup | None:
    """Return a table, None if it has no row."""
    return pages.table(rows) if len(rows) else None


def _planes(
    store: Store, networks: pd.DataFrame, readings: Mapping[tuple[str, str], pd.DataFrame]
) -> Iterator[pages.Markup]:
    """Yield a plane for each configuration and estimator, and what the referee says of it."""
    labels = analysis.varying(networks)
    for name, runs in networks.groupby("configuration", sort=False):
        curves = store.read_curves(runs["run_id"])
        first = runs.iloc[0]
        text = _label(labels.loc[name].drop("estimator", errors="ignore"))
        for estimator, rows in curves[curves["part"] == "all"].groupby("estimator"):
            yield interactive_plane(
                rows,
                samples=int(first["samples"]),
                title=f"{text or names.configuration_names(runs).iloc[0]} ({estimator})",
                seeds=dict(zip(runs["run_id"], runs["seed"], strict=True)),
                estimand=estimand(str(estimator), _of(runs, str(estimator))),
            )
            judged = readings.get((str(name), str(estimator)))
            if judged is not None:
                table = pages.table(judged)
                yield pages.fragment("readings.html", estimator=estimator, table=table)


def _runs(store: Store, sweep: str) -> pd.DataFrame:
    """Return the sweep's networks, one row each."""
    return querying.runs_of(store, sweep=sweep)


def _main_estimator(networks: pd.DataFrame) -> str:
    """Return the estimator that claims and phases are about: EBAB, or the first."""
    measured = names.estimators(networks)
    return "ebab" if "ebab" in measured else measured[0]


def _phases(runs: pd.DataFrame, estimator: str) -> pd.DataFrame:
    """Return the phases of each network and layer, by one estimator."""
    measured = runs[runs[names.dead_layer(estimator)].notna()]
    curves = querying.curves(measured)
    chosen = curves[(curves["estimator"] == estimator) & (curves["part"] == "all")]
    return phases(chosen, int(measured["samples"].iloc[0]))


def _claims(findings: pd.DataFrame) -> Iterator[tuple[str, str, pages.Markup]]:
    """Yield each claim with a rule, in words, and what was found by it."""
    keys = ["claim", "statement", "rule"]
    for (claim, statement, rule), rows in findings.groupby(keys, sort=False):
        yield f"{claim}: {statement}", rule, pages.table(rows.drop(columns=keys))


def _verdicts(runs: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Count the networks of each configuration and layer by what the layer does."""
    labels = names.configuration_names(runs.set_index("run_id"))
    groups = [found["network"].map(labels).rename("networks"), found["layer"]]
    counts = pd.crosstab(groups, found["verdict"].str.replace("_", " "))
    return counts.reset_index().rename_axis(columns=None)


def _label(options: pd.Series) -> str:
    """Say what distinguishes a configuration, e.g. `l2, relu, penalty 0.005`."""
    return ", ".join(
        f"{key.rsplit('.', 1)[1]} {value}" if "." in key else str(value)
        for key, value in options.items()
        if pd.notna(value)
    )


def _correlations(runs: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Correlate the headline scores with the final test accuracy."""
    labels = analysis.varying(networks)
    by = [name for name in labels if name in runs and name != "estimator"]
    scores = [
        names.compression(name, layers)
        for name in names.estimators(networks)
        for layers in names.HEADLINES
    ]
    found = correlations(runs, by=by or None, score=scores, against=names.TEST_ACCURACY)
    return found.loc[found["n"] >= LEAST_NETWORKS, list(_SHOWN)].rename(columns=_SHOWN)


def _readable(summary: pd.DataFrame) -> pd.DataFrame:
    """Rename a summary's columns for readers."""
    shown = summary.drop(columns="configuration", errors="ignore")
    shown = shown.loc[
        :, [not name.endswith(names.undefined("")) or shown[name].any() for name in shown]
    ]
    endings = {names.interval(""): "±", names.undefined(""): "undefined"}
    titles = {
        name: f"{word} {name.removesuffix(ending)}"
        for name in shown
        for ending, word in endings.items()
        if name.endswith(ending)
    }
    return shown.rename(columns=titles)


def _flags(networks: pd.DataFrame) -> pd.DataFrame:
    """Count the networks of each configuration that carry a flag."""
    flags = [name for name in networks if names.is_flag(str(name))]
    keys = [names.configuration_names(networks), networks["configuration"]]
    counts = networks[flags].fillna(0).groupby(keys, sort=False).sum().astype(int)
    return counts.loc[:, counts.sum() > 0].reset_index().drop(columns="configuration")


def _parameters(networks: pd.DataFrame) -> pd.DataFrame:
    """List every parameter with the values that it took."""
    columns = [*choice_columns(networks), *parameter_columns(networks)]
    rows = [(name, _values(networks, name)) for name in columns]
    return pd.DataFrame(rows, columns=["parameter", "values"])


def _values(networks: pd.DataFrame, name: str) -> str:
    """Return the values of a column, each once; the first ones if they are many."""
    values = sorted({str(value) for value in networks[name].dropna()})
    return ", ".join(values[:8]) + (f", … ({len(values)})" if len(values) > 8 else "")


def _of(networks: pd.DataFrame, estimator: str) -> Mapping[str, object]:
    """Return an estimator's options, as the runs that it measured stored them."""
    first = networks[networks[names.dead_layer(estimator)].notna()].iloc[0]
    options = [name for name in networks if str(name).startswith(names.option(estimator))]
    return {name: first[name] for name in options if pd.notna(first[name])}
