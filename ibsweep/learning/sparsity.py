"""Sparse hidden layers: units that are rarely active."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.learning.placed import Placed
from ibsweep.learning.regularizers import Regularizer


def sparsity(*, penalty: Sequence[float], rate: Sequence[float]) -> Regularizer:
    r"""Add λ·Σ_j KL(ρ ‖ m_j) over the hidden units to the loss, m_j a unit's mean over the batch.

    KL(ρ ‖ m) = ρ ln(ρ/m) + (1 − ρ) ln((1 − ρ)/(1 − m)) in nats, which is 0 at m = ρ. Activity must
    lie between 0 and 1, as after a sigmoid: elsewhere it is not a number, and the training fails.

    Args:
        penalty: λ ≥ 0 of each member.
        rate: ρ of each member, in (0, 1).

    Raises:
        ValueError: If a number is out of its range.

    References:
        Ng, Sparse autoencoder, 2011, https://web.stanford.edu/class/cs294a; Lee & Jo, 2021, who
        take λ = 1e-3 and ρ = .05. https://arxiv.org/abs/2102.07402
    """
    scales = torch.tensor([checks.real("penalty", one, minimum=0) for one in penalty])
    rates = torch.tensor([checks.real("rate", one, above=0, below=1) for one in rate])
    scale, wanted = Placed(scales.double()), Placed(rates.double()[:, None])

    def divergences(hidden: Mapping[str, Tensor], shares: Tensor) -> Tensor:
        rho, total = wanted.like(shares), torch.zeros_like(shares[:, 0])
        for activity in hidden.values():
            mean = (activity * shares.unsqueeze(1)).sum(dim=2)
            active = rho * (rho.log() - mean.log())
            idle = (1 - rho) * ((1 - rho).log() - (-mean).log1p())
            total = total + (active + idle).sum(dim=1)
        return scale.like(shares) * total

    return Regularizer(activity_penalty=divergences)
