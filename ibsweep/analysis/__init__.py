"""Statistics over what tracking stored; nothing here sees a live network."""

from ibsweep.analysis.summaries import (
    MeanInterval,
    configurations,
    failed_jobs,
    finished_networks,
    mean_curves,
    mean_interval,
    mean_training,
    summarize,
    varying,
)

__all__ = [
    "MeanInterval",
    "configurations",
    "failed_jobs",
    "finished_networks",
    "mean_curves",
    "mean_interval",
    "mean_training",
    "summarize",
    "varying",
]
