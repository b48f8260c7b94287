"""Runs a model of the user's own on samples, and records what its modules return."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, is_dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)


class Call(NamedTuple):
    """What a model is called with; the first axis of each tensor is the samples.

    Attributes:
        positional: Arguments by position.
        named: Arguments by name.
    """

    positional: tuple[Tensor, ...]
    named: Mapping[str, Tensor]

    @property
    def tensors(self) -> list[Tensor]:
        """All arguments."""
        return [*self.positional, *self.named.values()]

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.tensors[0])

    def batches(self, size: int, device: torch.device) -> Iterator["Call"]:
        """Yield copies of the rows, at most `size` at a time: a model may overwrite what it gets.

        Args:
            size: Samples of a batch.
            device: Where the copies are.
        """
        for first in range(0, self.samples, size):
            rows = slice(first, first + size)
            yield Call(
                tuple(tensor[rows].to(device, copy=True) for tensor in self.positional),
                {name: tensor[rows].to(device, copy=True) for name, tensor in self.named.items()},
            )


class Recorded(NamedTuple):
    """What a model holds on some samples, as copies on the CPU, float32.

    Attributes:
        layers: Activity of each layer, flattened, shape `(samples, units)`, in the order in which
            the modules return.
        output: What the model returns, shape `(samples, …)`.
    """

    layers: dict[str, Tensor]
    output: Tensor


class ModelError(ValueError):
    """A model cannot be watched; the message says why in a line."""


def record(
    model: nn.Module,
    inputs: Call,
    layers: Sequence[str],
    *,
    run: Callable[[Call], Tensor],
    batch_size: int,
) -> Recorded:
    """Run a model on samples, and copy what its modules return.

    It is copied at the moment at which it is returned, since the next module may overwrite it.

    Args:
        model: The model.
        inputs: What it is called with.
        layers: Names of modules, as `named_modules` lists them. What a module returns when it is
            called again in the same forward pass is the layer `<name>:2`, and so on.
        run: Calls the model, and returns its output.
        batch_size: Samples to run at a time.

    Raises:
        ModelError: If a layer is not called, or returns no tensor with a row for each sample.
    """
    modules = dict(model.named_modules())
    rows, copies, before = 0, _Copies(inputs.samples), Counter[str]()
    for batch in inputs.batches(batch_size, device_of(model)):
        calls = Counter[str]()
        with ExitStack() as stack:
            for name in layers:
                keep = _keeper(copies, name, slice(rows, rows + batch.samples), calls)
                stack.callback(modules[name].register_forward_hook(keep).remove)
            returned = run(batch)
        _check_calls(layers, calls, before or calls)
        copies.put("", returned.flatten(1) if returned.ndim > 1 else returned, rows)
        before, rows, shape = calls, rows + batch.samples, returned.shape[1:]
    whole = copies.whole.pop("").reshape(inputs.samples, *shape)
    return Recorded(copies.whole, whole)


def device_of(model: nn.Module) -> torch.device:
    """Return the device of a model's first parameter or buffer, the CPU if it has none."""
    tensor = next(model.parameters(), next(model.buffers(), None))
    return torch.device("cpu") if tensor is None else tensor.device


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside `torch.compile`, parallel and averaging wrappers, however nested.

    `torch.compile` and the parallel wrappers share its weights; an `AveragedModel` holds averages.
    """
    while True:
        if isinstance(compiled := getattr(model, "_orig_mod", None), nn.Module):
            model = compiled
        elif isinstance(model, _WRAPPERS):
            model = model.module
        else:
            return model


class _Copies:
    """Copies of what was returned, batch by batch.

    Args:
        samples: Of all batches together.

    Attributes:
        whole: Name to values, shape `(samples, units)`.
    """

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self.whole: dict[str, Tensor] = {}

    def put(self, name: str, values: Tensor, first: int) -> None:
        """Copy the rows of a batch, which begin at row `first`."""
        values = values.detach().reshape(len(values), -1)
        shape = (self._samples, values.shape[1])
        if name not in self.whole:
            self.whole[name] = torch.empty(shape, dtype=torch.float32, device="cpu")
        if self.whole[name].shape != shape:
            rule = "must have equally many units in every batch"
            got = f"{shape[1]} after {self.whole[name].shape[1]}"
            raise ModelError(f"{f'layer {name}' if name else 'output'} {rule}, got {got}")
        self.whole[name][first : first + len(values)].copy_(values)


def _keeper(
    copies: _Copies, name: str, rows: slice, calls: Counter[str]
) -> Callable[[nn.Module, object, object], None]:
    """Return a hook that copies what a module returns, at once."""

    def keep(module: nn.Module, inputs: object, returned: object) -> None:
        calls[name] += 1
        layer = name if calls[name] == 1 else f"{name}:{calls[name]}"
        copies.put(layer, _activity(module, name, returned, rows.stop - rows.start), rows.start)

    return keep


def _activity(module: nn.Module, name: str, returned: object, samples: int) -> Tensor:
    """Return the tensor in what a module returned, the first if there are several."""
    tensor = first_tensor(returned)
    if getattr(module, "batch_first", True) is False and isinstance(tensor, Tensor):
        tensor = tensor.transpose(0, 1) if tensor.ndim > 2 else tensor
    if (
        not isinstance(tensor, Tensor)
        or not tensor.is_floating_point()
        or tensor.shape[:1] != (samples,)
    ):
        rule = f"must return a tensor whose first axis is the {samples} samples"
        raise ModelError(f"layer {name} {rule}, got {shown(tensor)}")
    return tensor


def first_tensor(returned: object) -> object:
    """Return the first of what a module returned, however nested in tuples, dicts, dataclasses."""
    while not isinstance(returned, Tensor):
        if isinstance(returned, Mapping):
            parts = list(returned.values())
        elif is_dataclass(returned) and not isinstance(returned, type):
            parts = [getattr(returned, field.name) for field in fields(returned)]
        else:
            parts = list(returned) if isinstance(returned, (tuple, list)) else []
        if not parts:
            return returned
        returned = parts[0]
    return returned


def _check_calls(layers: Sequence[str], calls: Counter[str], before: Counter[str]) -> None:
    for name in layers:
        if not calls[name]:
            raise ModelError(f"layer {name} must be called in a forward pass, got no call")
        if calls[name] != before[name]:
            got = f"{calls[name]} calls after {before[name]}"
            raise ModelError(f"layer {name} must be called equally often in each batch, got {got}")


def shown(value: object) -> str:
    """Return a tensor's shape, type and device, of anything else its type."""
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{tuple(value.shape)} of {str(value.dtype).removeprefix('torch.')} on {value.device}"
