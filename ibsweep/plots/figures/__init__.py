"""The figures of Chelombiev et al. (2019), arXiv:1902.09037, from tables."""

from ibsweep.plots.figures.activity import activity_bins, largest_activity
from ibsweep.plots.figures.panels import plane_grid
from ibsweep.plots.figures.penalties import penalties
from ibsweep.plots.figures.scatter import activations_scatter, initialisations_scatter

__all__ = [
    "activations_scatter",
    "activity_bins",
    "initialisations_scatter",
    "largest_activity",
    "penalties",
    "plane_grid",
]
