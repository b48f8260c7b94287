"""Queries a store: one row a network, its curves, its training, its activity.

A *network* is a training fingerprint: all that determines its weights, and the snapshot schedule
(the best accuracy and the scores depend on it, so another schedule makes another row; `snapshots`
and its parameters tell them apart). Several finished runs of a network, each with other
estimators, make one row. Of runs that measured it with the same estimator the newest counts,
whole: its options, its scores, its curves of all parts of the data; `sweep` restricts the choice
to the runs of one sweep. Scores are always those of the part `all`.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ibsweep import names
from ibsweep.tracking import Store, TrackingOptions, read_store

_STORE = "ibsweep.store"
_NETWORK = "training_fingerprint"
_BAD_QUERY = (SyntaxError, NameError, LookupError, ValueError, TypeError, AttributeError)
_CURVES = [
    *("network", "epoch", "layer", "estimator", "part"),
    *("i_xt", "i_ty", "i_ty_floor", "i_xt_error", "i_ty_error"),
]
_LEFT_OUT = ["status", "failure", "fingerprint"]  # of one run, or the same for all


def runs(
    filter: str | None = None,
    *,
    study: str = "ibsweep",
    sweep: str | None = None,
    directory: str | Path = "outputs",
    uri: str | None = None,
) -> pd.DataFrame:
    r"""Return the finished networks of a store, one row each.

    Args:
        filter: A pandas query on the table's columns, e.g. `activation in ['relu', 'elu']`; names
            with dots or slashes stand between backticks: ``\`accuracy/test\` > .9``.
        study: Name of the study, as `tracking.study`.
        sweep: Only networks of this sweep, and only its runs.
        directory: Folder of the embedded store, if there is no `uri`.
        uri: Server or database; by default that of the environment's MLFLOW_TRACKING_URI, if any.

    Returns:
        `run_id`, the newest run, which names the network in the other tables; `run_ids`, all of
        its runs, oldest first; `training_fingerprint`; the choice of each configuration group
        (`estimator`: all that measured it, alphabetically, joined by commas); the parameters
        (dotted names); the scores, accuracies and flags, and the final value of every curve, NaN
        where undefined.
        `attrs` remembers the store, also when rows or columns are chosen.

    Raises:
        ValueError: If the filter is no condition on the table's rows.
        StoreError: If there is no such store or study.
    """
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI")
    options = TrackingOptions.at(directory, study=study, uri=uri)
    return runs_of(read_store(options), filter, sweep=sweep)


def runs_of(store: Store, filter: str | None = None, *, sweep: str | None = None) -> pd.DataFrame:
    """Return the finished networks of an open store, as `runs` does.

    Raises:
        ValueError: If the filter is no condition on the table's rows.
    """
    table = _merged(store.networks(sweep=sweep))
    options = store.options
    place = {"study": options.study, "directory": str(options.directory), "uri": options.uri}
    table.attrs[_STORE] = place
    return table if filter is None else table[_chosen(table, filter)].reset_index(drop=True)


def curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the information curves of networks, at every snapshot.

    Args:
        runs: Rows of the table of `runs`.

    Returns:
        `network` (a `run_id` of `runs`), `epoch`, `layer`, `estimator`, `part`, and in bits
        `i_xt`, `i_ty`, `i_ty_floor`: I(T;Y) with permuted labels, and one standard error,
        `i_xt_error` and `i_ty_error`; then the diagnostics that an estimator gave, e.g. `rank_t`,
        and `i_xt_smooth`, `i_ty_smooth` (bits), see `analysis.smoothing.smoothed`. NaN where
        something was not measured or is not known.

    Raises:
        ValueError: If the table does not remember its store.
        FileNotFoundError: If a run is no longer there.
        DamagedFile: If a file is not as it was written.
    """
    pairs = _pairs(runs)
    table = store_of(runs).read_curves(pairs.index)
    if len(pairs) > len(runs):
        position = table["network"].map(dict(zip(pairs.index, range(len(pairs)), strict=True)))
        network = table["network"].map(pairs)
        newest = position.groupby([network, table["estimator"]]).transform("max")
        table = table.assign(network=network)[position == newest].reset_index(drop=True)
    return table.reindex(columns=[*_CURVES, *(name for name in table if name not in _CURVES)])


def training(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how networks were trained, at every snapshot.

    Args:
        runs: Rows of the table of `runs`.

    Returns:
        `network` (a `run_id` of `runs`), `epoch`, `accuracy/<part>`, `accuracy_balanced/<part>`,
        `loss/<part>` (nats), `weight_norm`, `max_activity/<layer>`.

    Raises:
        ValueError: If the table does not remember its store.
        FileNotFoundError: If a run is no longer there.
        DamagedFile: If a file is not as it was written.
    """
    return store_of(runs).read_training(runs["run_id"])


def activity(
    run: pd.Series | pd.DataFrame, epoch: int, *, trusted: tuple[str, ...] = ()
) -> dict[str, np.ndarray]:
    """Return a network's activity at a snapshot: as it was logged, else from its weights.

    Args:
        run: A row of the table of `runs`.
        epoch: A snapshot.
        trusted: Prefixes of your own code that the network's configuration may name.

    Returns:
        Layer to activity, shape `(samples, units)`, the output's after softmax. What is computed
        from the weights is bit-equal to what was measured on the machine and torch build of the
        run, and within rounding elsewhere.

    Raises:
        ValueError: If that is not one row of a table of `runs`, or the epoch is no snapshot.
        FileNotFoundError: If the run is no longer there.
        DamagedFile: If a file is not as it was written.
    """
    from ibsweep.stored.restoring import (
        stored_activity,  # hydra and the networks, which tables need not
    )

    row = one_row(run)
    return stored_activity(store_of(row), row["run_id"], epoch, trusted=trusted)


def one_row(run: pd.Series | pd.DataFrame) -> pd.Series:
    """Return a row of the table of `runs`.

    Raises:
        ValueError: If it is a table of none or several.
    """
    if isinstance(run, pd.DataFrame):
        if len(run) != 1:
            raise ValueError(f"run must be one row, got {len(run)}")
        return run.iloc[0]
    return run


def store_of(table: pd.DataFrame | pd.Series) -> Store:
    """Open the store that a table comes from, or a row of it.

    Raises:
        ValueError: If the table does not remember its store.
    """
    if _STORE not in table.attrs or "run_id" not in table:
        raise ValueError(
            "runs must be rows of what ibsweep.runs returned, got a table without its store"
            f" (copy attrs[{_STORE!r}] after joining tables)"
        )
    return read_store(TrackingOptions.at(**table.attrs[_STORE]))


def _pairs(runs: pd.DataFrame) -> pd.Series:
    """Return every run of the networks, oldest first, to the network's name."""
    each = runs[["run_id", "run_ids"]].explode("run_ids")
    return each.set_index("run_ids")["run_id"]


def _chosen(table: pd.DataFrame, filter: str) -> pd.Series:
    """Return the rows that a query chooses."""
    try:
        chosen = table.eval(filter, local_dict={}, global_dict={}, engine="python")
    except _BAD_QUERY as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"filter must be a pandas query, got {filter!r} ({reason})") from error
    if not isinstance(chosen, pd.Series) or chosen.dtype != bool:
        raise ValueError(f"filter must be true or false for each row, got {filter!r}")
    return chosen


def _merged(networks: pd.DataFrame) -> pd.DataFrame:
    """Merge the finished runs of each network into the row of its newest one."""
    done = networks[networks["status"] == "FINISHED"]
    done = done.sort_values(["started", "run_id"]).reset_index(drop=True)
    newest = done.drop_duplicates(_NETWORK, keep="last").set_index(_NETWORK)
    measuring = sorted(names.measuring(done))
    owned = {name: _owned(done, name) for name in measuring}
    measured = {name: done[owned[name]].notna().any(axis=1) for name in measuring}
    for name in measuring if len(newest) < len(done) else ():
        source = done[measured[name]].drop_duplicates(_NETWORK, keep="last").set_index(_NETWORK)
        newest[owned[name]] = source[owned[name]].reindex(newest.index)
    newest = newest.copy()  # in one piece again
    measures = pd.DataFrame(measured, index=done.index).groupby(done[_NETWORK]).any()
    kinds, kind = np.unique(measures.loc[newest.index], axis=0, return_inverse=True)
    texts = [",".join(measures.columns[row]) for row in kinds.astype(bool)]
    newest["estimator"] = np.array(texts, dtype=object)[kind]
    run_ids: dict[str, list[str]] = {name: [] for name in newest.index}
    for name, run_id in zip(done[_NETWORK], done["run_id"], strict=True):
        run_ids[name].append(run_id)
    newest["run_ids"] = [tuple(ids) for ids in run_ids.values()]
    table = newest.reset_index().drop(columns=_LEFT_OUT, errors="ignore")
    first = ["run_id", "run_ids", "name", "seed", _NETWORK]
    return table[first + [name for name in table if name not in first]]


def _owned(table: pd.DataFrame, estimator: str) -> list[str]:
    """Return the columns of an estimator: its measurements and its options."""
    starts = (f"{estimator}/", f"{estimator}.", names.option(estimator))
    return [name for name in table if str(name).startswith(starts)]
