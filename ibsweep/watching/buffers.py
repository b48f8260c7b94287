"""What is kept in memory of a watched training until it has ended: activity and weights."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.information import layer_extremes
from ibsweep.watching.samples import Extremes

_Array = Tensor | np.ndarray

_WIDE = (torch.float16, torch.float32, torch.float64)
_TAKEN = ("epochs", "file", "allow_pickle")  # names that mean something else in a run's files


class Activity:
    """Activity of some measured epochs, and of the last one.

    Attributes:
        at: Epoch to the activity of each layer, shape `(samples, units)`, ascending.
    """

    def __init__(self) -> None:
        self.at: dict[int, dict[str, Tensor]] = {}
        self._passing: int | None = None
        self._shapes: dict[str, tuple[int, ...]] | None = None

    def add(self, epoch: int, layers: Mapping[str, Tensor], *, keep: bool) -> None:
        """Keep the activity of an epoch; not beyond the next one, unless it is asked for."""
        self.make_room()
        self._passing = None if keep else epoch
        self.at[epoch] = dict(layers)

    def check(self, layers: Mapping[str, Tensor]) -> None:
        """Check that layers are those of the epoch before.

        Raises:
            ValueError: If their names or sizes are others, or cannot be stored.
        """
        self._shapes = _check("layers", layers, self._shapes)

    def make_room(self) -> None:
        """Forget the activity of the last epoch, unless it was asked for."""
        if self._passing is not None:
            del self.at[self._passing]
        self._passing = None

    @property
    def last(self) -> dict[str, Tensor]:
        """Activity of each layer at the last measured epoch."""
        return self.at[max(self.at)]

    def layers(self) -> Iterator[tuple[str, list[Tensor]]]:
        """Yield each layer with its activity at each epoch."""
        for name in self.last:
            yield name, [activity[name] for activity in self.at.values()]

    def extremes(self) -> Extremes:
        """Lowest and highest activity of each layer."""
        ranges = [layer_extremes(activity) for activity in self.at.values()]
        return {
            name: (min(one[name][0] for one in ranges), max(one[name][1] for one in ranges))
            for name in self.last
        }

    def arrays(self, epochs: list[int]) -> dict[str, np.ndarray]:
        """Return `epochs` and each layer's activity at those, as a run stores them."""
        if not epochs:
            return {}
        stacked = {name: np.stack([self.at[one][name] for one in epochs]) for name in self.last}
        return {"epochs": np.array(epochs), **stacked}


class Weights:
    """The `state_dict` of a model at each measured epoch.

    Args:
        model: The model.

    Raises:
        ValueError: If it holds something else than tensors, or a name that cannot be stored.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._states: list[dict[str, np.ndarray]] = []
        state = model.state_dict()
        for name, tensor in state.items():
            if not isinstance(tensor, Tensor):
                got = f"{type(tensor).__name__} in {name}"
                raise ValueError(f"weights must be tensors to be stored, got {got}")
        self._shapes = _check("weights", state, None)

    def add(self) -> None:
        """Keep the weights as they are now.

        Raises:
            ValueError: If names or sizes are not those of the epoch before.
        """
        state = {name: _array(tensor) for name, tensor in self._model.state_dict().items()}
        _check("weights", state, self._shapes)
        self._states.append(state)

    def arrays(self, count: int) -> dict[str, np.ndarray]:
        """Return each parameter and buffer at the first epochs, shape `(count, …)`.

        Args:
            count: Epochs whose measuring ended: an interrupt may come between.
        """
        states = self._states[:count]
        return {name: np.stack([one[name] for one in states]) for name in (states or [{}])[0]}


def _array(tensor: Tensor) -> np.ndarray:
    """Return a copy as an array; what numpy has no type for, as bfloat16, widened exactly."""
    values = tensor.detach().to("cpu", copy=True)
    return (
        values.float() if values.is_floating_point() and values.dtype not in _WIDE else values
    ).numpy()


def _check(
    key: str, now: Mapping[str, _Array], before: dict[str, tuple[int, ...]] | None
) -> dict[str, tuple[int, ...]]:
    """Check that arrays can be stored, and are of the same names and shapes as before."""
    shapes = {name: tuple(tensor.shape) for name, tensor in now.items()}
    if before is not None and shapes != before:
        raise ValueError(f"{key} must keep their names and shapes, got {shapes} after {before}")
    for name in now:
        if name in _TAKEN:
            rule = f"must not be named {', '.join(_TAKEN)}, which a run's files are"
            raise ValueError(f"{key} {rule}, got {name!r}")
    return shapes
