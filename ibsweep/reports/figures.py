"""Figures from a store, the papers' and a multiverse: selects what each needs, draws it."""

from collections.abc import Callable

from ibsweep.plots.axes import Figure
from ibsweep.reports import losses, planes, scatter, through_training
from ibsweep.reports.source import MissingRuns, Source

FIGURES: dict[str, Callable[[Source], Figure]] = {
    "fig1": planes.fig1,
    "fig2": planes.fig2,
    "fig3": planes.fig3,
    "fig4": planes.fig4,
    "fig5": planes.fig5,
    "fig5-gallery": planes.gallery,
    "fig6": planes.fig6,
    "fig7": planes.fig7,
    "fig8": planes.fig8,
    "fig9a": scatter.fig9a,
    "fig9b": scatter.fig9b,
    "conditional": planes.conditional_planes,
    "multiverse": scatter.multiverse_figure,
    "loss-phases": losses.loss_phases,
    "correlation-through-training": through_training.correlation_through_training,
}
_EXPERIMENTS = {
    "conditional": "fig6",
    "loss-phases": "butakov_digits",
    "correlation-through-training": "fig9",
}


def experiment(name: str) -> str:
    """Return the experiment that makes the networks of a figure.

    Example:
        >>> experiment("fig9a"), experiment("fig5-gallery"), experiment("multiverse")
        ('fig9', 'fig5', 'multiverse')
    """
    return _EXPERIMENTS.get(name, name.rstrip("ab").split("-")[0])


__all__ = ["FIGURES", "MissingRuns", "Source", "experiment"]
