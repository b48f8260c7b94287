"""Penalties that grow while networks train."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ibsweep import checks

Growth = Callable[[int], Tensor]
_OPTIONS = ("factor", "every", "until")


def growth(options: Sequence[Mapping[str, Any] | None], penalty: Sequence[float]) -> Growth | None:
    """Return by what each member's penalty is multiplied after some epochs; None if by nothing.

    λ becomes min(λ·factor^⌊epoch / every⌋, until), and never less than it was.

    Args:
        options: Of each member `factor` ≥ 1, `every` ≥ 1 (epochs) and `until` > 0 (the largest
            penalty), or None; the same for all.
        penalty: λ of each member.

    Returns:
        Number of epochs done to the factors, float64, of shape `(members,)`.

    Raises:
        ValueError: If they are no such options, or differ.

    References:
        Sbailò & Ghiringhelli (2023), whose penalty doubles every five epochs.
        https://arxiv.org/abs/2310.08224

    Example:
        >>> growth([{"factor": 2, "every": 5, "until": 1.0}] * 2, [0.2, 0.0])(17).tolist()
        [5.0, 1.0]
    """
    first = options[0]
    if any(own != first for own in options):
        raise ValueError(f"growth must be the same for all members, got {list(options)}")
    if first is None:
        return None
    if not isinstance(first, Mapping) or sorted(first) != sorted(_OPTIONS):
        names = ", ".join(_OPTIONS)
        raise ValueError(f"growth must be null or have the keys {names}, got {first!r}")
    factor = checks.real("growth.factor", first["factor"], minimum=1)
    every = checks.integer("growth.every", first["every"], minimum=1)
    until = checks.real("growth.until", first["until"], above=0)
    start = torch.tensor(penalty, dtype=torch.float64)
    most = torch.where(start > 0, until / start, 1.0).clamp(min=1)

    def factors(epoch: int) -> Tensor:
        return torch.pow(torch.tensor(factor, dtype=torch.float64), epoch // every).clamp(max=most)

    return factors
