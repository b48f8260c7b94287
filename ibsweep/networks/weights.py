"""The weights of an ensemble: one flat buffer in which no member's numbers depend on its company.

Vectorised kernels treat the last few elements of a tensor apart from the others, and may round
them differently. So every parameter of every member starts at a multiple of `ALIGNMENT` elements:
no member ever holds such a tail.
"""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from ibsweep.networks.base import RANGE, Parameter

ALIGNMENT = 32  # elements: two of the widest vector registers in float32


def padded(length: int) -> int:
    """Return the least multiple of `ALIGNMENT` that is not below `length`.

    Example:
        >>> padded(205)
        224
    """
    return -(-length // ALIGNMENT) * ALIGNMENT


class Layout:
    """Where each parameter lies in a member's row of the flat buffer.

    Args:
        parameters: The network's parameters, hidden weights first.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = tuple(parameters)
        counts = [torch.Size(p.shape).numel() for p in parameters]
        starts = [0, *torch.tensor([padded(n) for n in counts]).cumsum(0).tolist()]
        self._slices = {
            p.name: slice(start, start + n)
            for p, start, n in zip(parameters, starts, counts, strict=False)
        }
        self.width = starts[-1]
        self.hidden_width = starts[sum(p.hidden_weight for p in parameters)]

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Return each parameter as a view of `flat`, shape `(…, width)` to `(…, *shape)`."""
        lead = flat.shape[:-1]
        return {
            p.name: flat[..., self._slices[p.name]].view(*lead, *p.shape) for p in self.parameters
        }

    @property
    def matrices(self) -> Tensor:
        """Which numbers of a row belong to weight matrices or kernels, shape `(width,)`."""
        belongs = torch.zeros(self.width, dtype=torch.bool)
        for p in self.parameters:
            belongs[self._slices[p.name]] = p.kind == "weight"
        return belongs

    def columns(self, layers: Collection[str]) -> Tensor:
        """Which numbers of a row belong to some layers, shape `(width,)`."""
        belongs = torch.zeros(self.width, dtype=torch.bool)
        for p in self.parameters:
            belongs[self._slices[p.name]] = p.layer in layers
        return belongs

    def flat(self, arrays: Mapping[str, Tensor]) -> Tensor:
        """Return the flat buffer of which `arrays` are the `views`; its padding is zero.

        Raises:
            ValueError: If the arrays are not the parameters, or not of their shapes.
        """
        if set(arrays) != {p.name for p in self.parameters}:
            names = ", ".join(p.name for p in self.parameters)
            raise ValueError(f"arrays must be {names}, got {', '.join(arrays)}")
        first = arrays[self.parameters[0].name]
        lead = first.shape[: first.ndim - len(self.parameters[0].shape)]
        flat = torch.zeros(*lead, self.width, dtype=first.dtype)
        for name, view in self.views(flat).items():
            if view.shape != arrays[name].shape:
                expected, got = tuple(view.shape), tuple(arrays[name].shape)
                raise ValueError(f"{name} must have the shape {expected}, got {got}")
            view.copy_(arrays[name])
        return flat


class Weights:
    """All trainable numbers of an ensemble, with their gradients.

    Args:
        layout: Where each parameter lies.
        generators: One generator of initial weights a member.
        dtype: Floating-point type.
        device: Where to keep them; the initial draw is always made on the CPU.

    Attributes:
        layout: Where each parameter lies.
        flat: All numbers, shape `(members, width)`.
        gradient: Their gradients, of the same shape.
        leaves: Each parameter as a view of `flat`, shape `(members, *shape)`, requiring gradients
            if it is trained by them; no ranges, which batches have of their own.
        hidden: All hidden weights as one view, shape `(members, hidden width)`, requiring
            gradients; its padding is zero.
    """

    def __init__(
        self,
        layout: Layout,
        generators: Sequence[torch.Generator],
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.layout = layout
        start = torch.zeros(len(generators), layout.width, dtype=dtype)
        for row, generator in zip(start, generators, strict=True):
            _initialize(layout.views(row), layout.parameters, generator)
        self.flat = start.to(device)
        self.gradient = torch.zeros_like(self.flat)
        self._trained = [p.name for p in layout.parameters if p.trained]
        views, gradients = layout.views(self.flat), layout.views(self.gradient)
        self.leaves: Mapping[str, Tensor] = {
            p.name: views[p.name].detach().requires_grad_(p.trained)
            for p in layout.parameters
            if p.kind != RANGE
        }
        self.hidden = self.flat[:, : layout.hidden_width].detach().requires_grad_()
        self._gradients = [gradients[name] for name in self._trained]

    def differentiate(self, losses: Tensor, penalties: Tensor | None = None) -> None:
        """Set `gradient` to that of the sum of losses and penalties; 0 where these do not depend.

        Args:
            losses: Loss of each member as computed from `leaves`, shape `(members,)`.
            penalties: What is added to each as computed from `hidden`, shape `(members,)`.
        """
        leaves = [self.leaves[name] for name in self._trained]
        gradients = torch.autograd.grad(losses.sum(), leaves, materialize_grads=True)
        for view, gradient in zip(self._gradients, gradients, strict=True):
            view.copy_(gradient)
        if penalties is not None:
            (gradient,) = torch.autograd.grad(penalties.sum(), [self.hidden])
            self.gradient[:, : self.layout.hidden_width] += gradient


def _initialize(
    views: Mapping[str, Tensor], parameters: Sequence[Parameter], generator: torch.Generator
) -> None:
    for p in parameters:
        if p.std is None:
            views[p.name].fill_(p.start)
        else:
            torch.nn.init.trunc_normal_(
                views[p.name], std=p.std, a=-2 * p.std, b=2 * p.std, generator=generator
            )
