"""Training one hidden layer after the other, each on frozen ones: cascade learning."""

from collections.abc import Sequence

from ibsweep.learning.schemes.base import Phase, Scheme, head_losses
from ibsweep.names import OUTPUT


def sequential() -> Scheme:
    """Train each hidden layer with its head for an equal part of the epochs, then freeze both.

    The output layer is the last hidden layer's head and is trained with it. Layers that wait keep
    their initial weights. The moments of the optimiser are zero when a layer begins; a schedule of
    the learning rate goes on over all layers.

    References:
        Du, Farrahi & Niranjan, Information bottleneck theory based exploration of cascade
        learning, Entropy 23:1360, 2021. https://doi.org/10.3390/e23101360
    """
    return Scheme(phases=_one_by_one, local=head_losses, heads=True)


def _one_by_one(hidden: Sequence[str]) -> list[Phase]:
    return [*(Phase(1, [layer]) for layer in hidden[:-1]), Phase(1, [hidden[-1], OUTPUT])]
