"""Numbers that follow the tensors they are used with."""

import torch
from torch import Tensor


class Placed:
    """Numbers that are copied once to each device and type that asks for them.

    A copy at each step would make the CPU wait for a CUDA device, and no CUDA graph can hold it.

    Args:
        values: The numbers.
    """

    def __init__(self, values: Tensor) -> None:
        self._values = values
        self._copies: dict[tuple[torch.device, torch.dtype], Tensor] = {}

    def like(self, other: Tensor) -> Tensor:
        """Return the numbers on the device and in the type of another tensor."""
        kind = other.device, other.dtype
        if kind not in self._copies:
            self._copies[kind] = self._values.to(other)
        return self._copies[kind]
