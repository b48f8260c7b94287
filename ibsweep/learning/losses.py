"""What networks minimise: cross-entropy, with labels as they are or smoothed; squared error."""

from torch import Tensor
from torch.nn import functional


def cross_entropies(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute the mean cross-entropy of every member on a batch, in nats.

    Args:
        logits: Before the softmax, shape `(members, classes, samples)`.
        targets: Probability of each class times the sample's share of the mean, 0 for a sample
            that only fills up the batch; of the same shape.

    Returns:
        Shape `(members,)`.
    """
    return -(functional.log_softmax(logits, dim=1) * targets).sum(dim=(1, 2))


def squared_errors(outputs: Tensor, targets: Tensor) -> Tensor:
    """Compute the squared error of every member on a batch, a mean over samples and targets.

    Args:
        outputs: Shape `(members, k, samples)`, in units of the targets.
        targets: Shape `(members, k + 1, samples)`: the targets, and last the sample's share of the
            mean, 0 for a sample that only fills up the batch.

    Returns:
        Shape `(members,)`.
    """
    values, shares = targets[:, :-1], targets[:, -1]
    return ((outputs - values).square().mean(dim=1) * shares).sum(dim=1)


def smoothed(targets: Tensor, smoothing: Tensor) -> Tensor:
    """Give every class a part of the label's probability: (1 − α)y + α/K.

    The loss becomes (1 − α) times the cross-entropy plus α times the mean of −ln p over the K
    classes; it is least at a gap of ln(1 + K(1 − α)/α) between the label's logit and the others.

    Args:
        targets: y, as `cross_entropies` takes them.
        smoothing: α of each member, in [0, 1), shape `(members, 1, 1)`.

    Returns:
        Of the shape of `targets`.

    References:
        Szegedy et al. (2016), §7, arXiv:1512.00567; its effect on representations: Müller,
        Kornblith & Hinton (2019), arXiv:1906.02629.
    """
    shares = targets.sum(dim=1, keepdim=True)
    return targets * (1 - smoothing) + shares * (smoothing / targets.shape[1])
