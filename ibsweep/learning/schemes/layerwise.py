"""Training every hidden layer by a classifier of its own, all at once."""

from ibsweep.learning.schemes.base import Scheme, head_losses


def layerwise() -> Scheme:
    """Train each hidden layer by the loss of a linear head on it, on inputs taken as given.

    The output layer is the last hidden layer's head. With one hidden layer it is training end to
    end.

    References:
        Sakamoto & Sato, End-to-end training induces information bottleneck through layer-role
        differentiation, 2024, §3, https://arxiv.org/abs/2402.09050: theirs has batch
        normalisation, and a head beside the output layer.
    """
    return Scheme(local=head_losses, heads=True)
