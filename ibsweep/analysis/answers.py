"""A sweep in three sentences: what was run, whether layers compress, whether that helps."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ibsweep import names
from ibsweep.analysis.claims.chelombiev2019 import noise_floor
from ibsweep.analysis.headlines import (
    ADJUSTED,
    LEAST_NETWORKS,
    LEVEL,
    OVERALL,
    counted,
    decimals,
    grouping,
    headline_correlations,
    interval,
    main_scores,
    p_text,
)
from ibsweep.analysis.summaries import mean_interval
from ibsweep.scores.phases import phases
from ibsweep.scores.smoothing import LEAST

_SHOWN = 8  # values of an option, or groups
_LAYERS = {"hidden": "hidden layers", "last": "the output layer"}
_NO_ESTIMATOR = "No estimator of information measured them, so compression is not known."


def answers(runs: pd.DataFrame, floor: pd.Series, *, failed: int = 0) -> list[str]:
    """Say what a sweep ran and what it found, by the estimator that reports are about.

    Args:
        runs: Table of `ibsweep.runs`, one row a network.
        floor: Hidden score that noise alone would give each network, as `score_floor` returns it.
        failed: Number of jobs that failed.

    Returns:
        What was run; whether layers compress, against the floor of noise; whether that goes with
        accuracy, and what could have been detected. Networks that failed to train are left out
        of the last two.
    """
    first = _what_was_run(runs, failed)
    if not names.estimators(runs):
        return [first, _NO_ESTIMATOR]
    trained = runs[runs[names.FAILED] != 1.0]
    if trained.empty:
        return [first, "No network trained, so there is no compression to speak of."]
    return [first, _whether_layers_compress(trained, floor), _whether_that_helps(runs)]


def score_floor(curves: pd.DataFrame, estimator: str, *, samples: int) -> pd.Series:
    """Return the hidden score that noise alone would give each network (the index).

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt`.
        estimator: Name of one of its estimators.
        samples: Number of samples that it measured.

    Returns:
        The floor of `noise_floor`; without networks that have a curve of fewer than 5 snapshots,
        or one that is not finite.
    """
    chosen = curves[(curves["estimator"] == estimator) & (curves["part"] == "all")]
    lengths = chosen.groupby(["network", "layer"])["i_xt"].transform("size")
    usable = np.isfinite(chosen["i_xt"].astype(float)) & (lengths >= LEAST)
    chosen = chosen[usable.groupby(chosen["network"]).transform("all").astype(bool)]
    if chosen.empty:
        return pd.Series(dtype=float)
    return noise_floor(phases(chosen, samples, resamples=1), estimator=estimator)


def newest_curves(
    runs: pd.DataFrame, networks: pd.DataFrame, curves: pd.DataFrame, *, estimator: str
) -> pd.DataFrame:
    """Return one estimator's newest curves of each network, named as in `runs`.

    Args:
        runs: Table of `ibsweep.runs`, one row a network.
        networks: Their finished runs, one row each, as `Store.networks` returns them.
        curves: Curves of those, as `Store.read_curves` returns them.
        estimator: Name of an estimator that measured some of them.
    """
    chosen = curves[curves["estimator"] == estimator]
    measured = networks[networks["run_id"].isin(chosen["network"].unique())]
    newest = measured.sort_values(["started", "run_id"])
    newest = newest.drop_duplicates("training_fingerprint", keep="last").set_index("run_id")
    merged = runs.set_index("training_fingerprint")["run_id"]
    network = chosen["network"].map(newest["training_fingerprint"].map(merged))
    return chosen.assign(network=network).dropna(subset="network")


def _what_was_run(runs: pd.DataFrame, failed: int) -> str:
    """Count the networks, and name what differs between them."""
    kinds = "".join(f", {name} {_values(runs[name])}" for name in grouping(runs))
    task = f" on {_values(runs['task'])}" if "task" in runs else ""
    measured = {name for text in runs["estimator"] for name in str(text).split(",")}
    untrained = int((runs[names.FAILED] == 1.0).sum())
    lost = f"; {untrained} failed to train" if untrained else ""
    lost += f"; {counted(failed, 'job')} failed" if failed else ""
    return (
        f"{counted(len(runs), 'network')} ({_seeds(runs)}{kinds}) trained{task}, measured by"
        f" {', '.join(sorted(measured))}{lost}."
    )


def _seeds(runs: pd.DataFrame) -> str:
    """Say how many seeds the configurations have."""
    counts = runs.groupby("configuration")["seed"].nunique()
    least, most = int(counts.min()), int(counts.max())
    if least < most:
        return f"{least} to {most} seeds each"
    return f"{counted(most, 'seed')}{' each' if len(counts) > 1 else ''}"


def _whether_layers_compress(trained: pd.DataFrame, floor: pd.Series) -> str:
    """Compare the hidden layers' mean score with what noise alone would give."""
    scores = main_scores(trained)
    hidden = trained[scores[0]]
    noise = trained["run_id"].map(floor).astype(float)
    if hidden.isna().all():
        return "Whether hidden layers compress is undefined: each network has a dead layer."
    whose = f"{scores[0].partition('/')[0]}, {counted(int(hidden.count()), 'trained network')}"
    lost = f"{_mean(hidden)} of their peak I(X;T) ({whose})"
    output = "".join(f"; the output layer loses {_mean(trained[name])}" for name in scores[1:])
    beyond = mean_interval(hidden - noise)
    if np.isnan(beyond.mean):
        return f"Hidden layers lose {lost}, the floor of noise is not known{output}."
    alone = f"noise alone would give {decimals(float(noise.mean()))}"
    if beyond.mean - np.nan_to_num(beyond.half_width) > 0:
        return f"Hidden layers compress: they lose {lost}, while {alone}{output}."
    return f"Hidden layers do not clearly compress: they lose {lost}, but {alone}{output}."


def _whether_that_helps(runs: pd.DataFrame) -> str:
    """Say whether scores go with the test accuracy: overall, and in which groups."""
    table = headline_correlations(runs)
    table = table[table["without_failed"] & table["score"].isin(main_scores(runs))]
    overall = table[table["group"] == OVERALL].to_dict("records")
    least = min(overall, key=lambda row: row["n"])
    if least["n"] < LEAST_NETWORKS:
        few = counted(int(least["n"]), "network")
        outcome = names.in_words(str(least["against"])).removeprefix("test ")
        return f"Whether compression goes with {outcome} cannot be told from {few}."
    clauses = [_clause(row) for row in overall]
    correlated = table[(table["group"] != OVERALL) & (table[ADJUSTED] < LEVEL)].to_dict("records")
    if correlated:
        each = (
            f"{row['group']} ({_layers(row)}, r {interval(row)})" for row in correlated[:_SHOWN]
        )
        clauses.append(f"by group it is found for {', '.join(each)}")
    clauses.append(f"{least['n']} networks could show |r| ≥ {decimals(least['r_detectable'])}")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _clause(row: Mapping[Hashable, Any]) -> str:
    """Say whether the score of a row goes with the outcome."""
    layers, outcome = _layers(row), names.in_words(str(row["against"]))
    if np.isnan(row["r"]):
        plain = outcome.removeprefix("test ")
        return f"compression of {layers} or {plain} is the same in all {row['n']} networks"
    numbers = f"r {interval(row)}, adjusted p {p_text(row[ADJUSTED])}"
    if row[ADJUSTED] >= LEVEL:
        return f"no correlation of {outcome} is found with compression of {layers} ({numbers})"
    direction = "higher" if row["r"] > 0 else "lower"
    return f"compression of {layers} goes with {direction} {outcome} ({numbers})"


def _layers(row: Mapping[Hashable, Any]) -> str:
    """Name the layers of a headline score."""
    return _LAYERS[str(row["score"]).rpartition("/")[2]]


def _values(column: pd.Series) -> str:
    """Return the values of a column, each once; the first ones if they are many."""
    values = sorted({str(value) for value in column.dropna()})
    more = f", … ({len(values)})" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more


def _mean(scores: pd.Series) -> str:
    """Return a mean with its 95 % interval over networks, if there are two."""
    mean, half, _ = mean_interval(scores)
    if np.isnan(mean):
        return "an undefined share"
    interval = "" if np.isnan(half) else f" [{decimals(mean - half)}, {decimals(mean + half)}]"
    return f"{decimals(mean)}{interval}"
