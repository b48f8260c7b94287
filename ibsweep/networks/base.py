"""What every kind of network says of itself: its parameters, its layers, its forward pass."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor


class Parameter(NamedTuple):
    """One array of trainable numbers of a network.

    Attributes:
        name: Name, e.g. `layer_1.weight`.
        shape: Shape for one network.
        std: Standard deviation of the truncated normal it starts from, or None if it starts
            constant.
        start: Value that it starts from if `std` is None.
        hidden_weight: Whether penalties and constraints on hidden weights apply to it.
    """

    name: str
    shape: tuple[int, ...]
    std: float | None
    start: float
    hidden_weight: bool


Perturbation = Callable[[Tensor], Tensor]
Inject = Callable[[str, Tensor], Tensor]


class Network(ABC):
    """A kind of network; all arrays have a leading axis for the members of an ensemble."""

    @property
    @abstractmethod
    def parameters(self) -> Sequence[Parameter]:
        """All trainable parameters, hidden weights first."""

    @property
    @abstractmethod
    def layers(self) -> Sequence[str]:
        """Names of the measured layers, input side first; the last is `output`."""

    @property
    @abstractmethod
    def units(self) -> Sequence[int]:
        """Number of units of each measured layer."""

    @property
    @abstractmethod
    def least_members(self) -> int:
        """Size from which on a member's numbers do not depend on that of its ensemble."""

    @property
    @abstractmethod
    def one_thread(self) -> bool:
        """Whether the number of threads would change the last bits of its gradients."""

    @abstractmethod
    def forward(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Tensor,
        perturb: Perturbation | None = None,
        inject: Inject | None = None,
    ) -> list[Tensor]:
        """Compute what every layer holds, for all members at once.

        Args:
            parameters: Name to values, shape `(members, …)`.
            inputs: Patterns, shape `(members, features, samples)`; a stride of 0 over members is
                welcome.
            perturb: Applied to the activity of each hidden layer before it is passed on; None when
                measuring.
            inject: Applied to the input of each layer, shape `(members, units, samples)`, with the
                layer's name: the noise of a stochastic network.

        Returns:
            Activity of each hidden layer after its activation and before noise, then the logits of
            the output layer; each of shape `(members, units, samples)`.
        """
