"""A sweep's report: one self-contained page of planes, scores, correlations and methods."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ibsweep import analysis, names
from ibsweep.analysis.answers import answers, newest_curves
from ibsweep.analysis.claims import PAPER_ESTIMATOR, Networks, claims
from ibsweep.analysis.claims.chelombiev2019 import noise_floor
from ibsweep.analysis.estimates import final_details, violations
from ibsweep.plots import pages
from ibsweep.plots.interactive import interactive_plane
from ibsweep.reports import tables
from ibsweep.reports.clouds import group_clouds
from ibsweep.reports.methods import estimand_of, methods, parameters
from ibsweep.scores.informative import informative
from ibsweep.scores.phases import phases
from ibsweep.stored.querying import runs_of
from ibsweep.tracking import Store


class Judged(NamedTuple):
    """What the referee found of a sweep's estimators.

    Attributes:
        lines: One sentence for each estimator, layer and quantity.
        readings: Configuration and estimator to a table that stands below its plane.
    """

    lines: Sequence[str]
    readings: Mapping[tuple[str, str], pd.DataFrame]


class SweepData(NamedTuple):
    """What a store holds of a sweep.

    Attributes:
        name: The sweep's identifier.
        every: All runs, one row each, as `Store.networks` returns them.
        networks: The finished ones.
        runs: The networks, one row each, as `ibsweep.runs` returns them.
        curves: Curves of the finished runs, on all of the data.
        tags: Those of the sweep's own run.
    """

    name: str
    every: pd.DataFrame
    networks: pd.DataFrame
    runs: pd.DataFrame
    curves: pd.DataFrame
    tags: Mapping[str, str]


def report(store: Store, sweep: str, *, judged: Judged | None = None) -> str:
    """Report on a sweep, from the store alone.

    Args:
        store: The store.
        sweep: The sweep's identifier.
        judged: What the referee found of its estimators, if it was asked.

    Returns:
        A page that asks the network for nothing.

    Raises:
        ValueError: If no network of the sweep is finished, or none has an information.
    """
    return _page(_gathered(store, sweep), judged or Judged((), {}))


def _gathered(store: Store, sweep: str) -> SweepData:
    """Read all that the page needs, each file once."""
    every = store.networks(sweep=sweep)
    networks = analysis.finished_networks(every)
    if networks.empty:
        raise ValueError(f"sweep must have finished networks, got {sweep!r} with none")
    curves = store.read_curves(networks.sort_values(["started", "run_id"])["run_id"])
    return SweepData(
        name=sweep,
        every=every,
        networks=networks,
        runs=runs_of(store, sweep=sweep),
        curves=informative(curves[curves["part"] == "all"]),
        tags=store.sweep_tags(sweep),
    )


def _page(sweep: SweepData, judged: Judged) -> str:
    """Fill the template."""
    runs, networks = sweep.runs, sweep.networks
    measured = names.estimators(networks)
    if not measured:
        raise ValueError("sweep must be measured by an estimator of information, got none")
    main = PAPER_ESTIMATOR if PAPER_ESTIMATOR in measured else measured[0]
    phased = _phases(sweep, main)
    floor = noise_floor(phased, estimator=main)
    failed = sweep.every[sweep.every["status"] == "FAILED"]
    body = pages.fragment(
        "report.html",
        sweep=sweep.name,
        answers=answers(runs, floor, failed=analysis.failed_jobs(sweep.every)),
        failures=[f"{run.name}: {run.failure}" for run in failed.itertuples()],
        command=sweep.tags.get("ibsweep.command", "not stored: the sweep has no summary"),
        summary=pages.table(tables.summary(sweep.every)),
        clouds=pages.picture(group_clouds(runs), "compression scores against accuracy"),
        correlations=pages.table(tables.correlated(runs, networks)),
        estimator=main,
        claims=list(_claims(claims(Networks(runs, sweep.curves, phased, main)))),
        phases=pages.table(tables.phase_counts(runs, phased)),
        planes=list(_planes(sweep, judged.readings)),
        details=_if_any(final_details(runs)),
        violations=_if_any(violations(runs)),
        flags=pages.table(tables.flag_counts(networks)),
        judged=judged.lines,
        methods=methods(networks),
        parameters=pages.table(parameters(networks)),
        versions={k.rsplit(".", 1)[1]: v for k, v in sweep.tags.items() if ".version." in k},
    )
    return pages.page(f"ibsweep report: {sweep.name}", [body])


def _if_any(rows: pd.DataFrame) -> pages.Markup | None:
    """Return a table, None if it has no row."""
    return pages.table(rows) if len(rows) else None


def _phases(sweep: SweepData, estimator: str) -> pd.DataFrame:
    """Return the phases of each network and layer, by one estimator's newest measurement."""
    curves = newest_curves(sweep.runs, sweep.networks, sweep.curves, estimator=estimator)
    measured = sweep.networks[sweep.networks[names.dead_layer(estimator)].notna()]
    return phases(curves, int(measured["samples"].iloc[0]))


def _claims(findings: pd.DataFrame) -> Iterator[tuple[str, str, pages.Markup]]:
    """Yield each claim with a rule, in words, and what was found by it."""
    keys = ["claim", "statement", "rule"]
    for (claim, statement, rule), rows in findings.groupby(keys, sort=False):
        yield f"{claim}: {statement}", rule, pages.table(rows.drop(columns=keys))


def _planes(
    sweep: SweepData, readings: Mapping[tuple[str, str], pd.DataFrame]
) -> Iterator[pages.Markup]:
    """Yield a plane for each configuration and estimator, and what the referee says of it."""
    labels = analysis.varying(sweep.networks).drop(columns="estimator", errors="ignore")
    for name, runs in sweep.networks.groupby("configuration", sort=False):
        text = _label(labels.loc[name]) or names.configuration_names(runs).iloc[0]
        curves = sweep.curves[sweep.curves["network"].isin(runs["run_id"])]
        for estimator, rows in curves.groupby("estimator"):
            yield interactive_plane(
                rows,
                samples=int(runs["samples"].iloc[0]),
                title=f"{text} ({estimator})",
                seeds=dict(zip(runs["run_id"], runs["seed"], strict=True)),
                estimand=estimand_of(runs, str(estimator)),
            )
            if (reading := readings.get((str(name), str(estimator)))) is not None:
                table = pages.table(reading)
                yield pages.fragment("readings.html", estimator=estimator, table=table)


def _label(options: pd.Series) -> str:
    """Say what distinguishes a configuration, e.g. `l2, relu, penalty 0.005`."""
    return ", ".join(
        f"{key.rsplit('.', 1)[1]} {value}" if "." in key else str(value)
        for key, value in options.items()
        if pd.notna(value)
    )
