"""Training all layers by the output's loss alone."""

from ibsweep.learning.schemes.base import Scheme


def end_to_end() -> Scheme:
    """Train all layers by the gradient of the output's loss.

    References:
        Rumelhart, Hinton & Williams, Learning representations by back-propagating errors, 1986.
        https://doi.org/10.1038/323533a0
    """
    return Scheme()
