"""When networks compress, and when their loss falls: Butakov et al. (2024), arXiv:2305.08013."""

from ibsweep.names import OUTPUT
from ibsweep.plots.axes import Figure
from ibsweep.plots.loss_phases import loss_phases_figure
from ibsweep.reports.source import Source

_ESTIMATOR = "lossy"


def loss_phases(source: Source) -> Figure:
    """The last hidden layer of convolutional networks that `lossy` measured."""
    runs = source.runs("leaky_relu", estimators=[_ESTIMATOR])
    curves = source.curves(runs, _ESTIMATOR)
    last = [layer for layer in curves["layer"].unique() if layer != OUTPUT][-1]
    training = source.store.read_training(runs["run_id"])
    return loss_phases_figure(curves[curves["layer"] == last], training)
