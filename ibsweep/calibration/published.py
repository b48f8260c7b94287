"""Ours beside the published: mean absolute errors over the forty tasks of the benchmark."""

from importlib.resources import files

import numpy as np
import pandas as pd

from ibsweep.distributions.beyond_normal import TASKS

TASK = "distribution.task"
NATS = np.log(2)
NEAR = 0.1  # nats
NARROW = 10  # d_x + d_y at most
WORST = 5


def published() -> pd.DataFrame:
    """Return the published errors: `estimator, samples, mae, narrow, wide` (nats).

    All as Alice's authors give them (table 2, September 2026): the competitors are trained and
    tuned for each task. The authors of mutinfo withdrew their own rows of Student's tasks in July
    2026, so that those are not here.
    """
    with files("ibsweep.calibration").joinpath("published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def errors(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the mean absolute error of each estimator where it was measured on all forty tasks.

    Args:
        estimates: One row an estimate: `estimator, samples, distribution.task, truth, estimate`
            (bits), as `summary.tidy`.

    Returns:
        One row an estimator and number of samples: `estimator, samples, mae` over the tasks,
        `narrow` over those of at most 10 dimensions, `wide` over the others (nats); `near`, the
        tasks whose mean absolute error is at most .1 nats; `worst`, the five with the largest, and
        how much their mean estimate differs from the truth.
    """
    if TASK not in estimates:
        return pd.DataFrame()
    tasks = estimates[estimates[TASK].isin(TASKS)]
    error = (tasks["estimate"] - tasks["truth"]) * NATS
    by = ["estimator", "samples", TASK]
    cells = tasks.assign(bias=error, error=error.abs()).groupby(by)[["bias", "error"]]
    means = cells.agg(lambda column: column.mean(skipna=False)).reset_index()
    rows = []
    for (estimator, samples), cell in means.groupby(["estimator", "samples"]):
        if len(cell) < len(TASKS):
            continue
        narrow = np.array([_width(task) <= NARROW for task in cell[TASK]])
        worst = cell.sort_values("error", ascending=False).head(WORST)
        biases = [f"{row[TASK]} {row['bias']:+.2f}" for _, row in worst.iterrows()]
        rows.append(
            {
                "estimator": estimator,
                "samples": samples,
                "mae": cell["error"].mean(skipna=False),
                "narrow": cell["error"][narrow].mean(skipna=False),
                "wide": cell["error"][~narrow].mean(skipna=False),
                "near": int((cell["error"] <= NEAR).sum()),
                "worst": ", ".join(biases),
            }
        )
    return pd.DataFrame(rows)


def comparison(estimates: pd.DataFrame) -> str:
    """Return the table of ours beside the published as text; empty if not all tasks were measured.

    Args:
        estimates: See `errors`.
    """
    ours = errors(estimates)
    if ours.empty:
        return ""
    both = pd.concat([ours.assign(estimator=ours["estimator"] + " (ours)"), published()])
    both = both[both["samples"].isin(ours["samples"])]
    table = both.pivot_table(index="estimator", columns="samples", values="mae")
    table = table.sort_values(table.columns[-1])
    lines = [
        "forty tasks of Czyż et al. (2023): mean absolute error, nats, by number of samples",
        table.to_string(float_format=lambda value: f"{value:.3f}", na_rep="–"),
    ]
    for row in ours.itertuples():
        wide = f"narrow {row.narrow:.3f}, wide {row.wide:.3f}; {row.near} of {len(TASKS)} within"
        lines.append(f"{row.estimator}, {row.samples}: {wide} {NEAR}; worst: {row.worst}")
    return "\n".join(lines)


def _width(task: str) -> int:
    """Return d_x + d_y of a task."""
    pair = TASKS[task].draw(1, np.random.default_rng(0))
    return pair.x.shape[1] + pair.y.shape[1]
