"""Runs a model of the user's own, leaving no trace in it, and records what its layers hold."""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.information import OUTPUT


class Recorded(NamedTuple):
    """What a model holds on some samples.

    Attributes:
        layers: Activity of each layer, flattened, the output's after softmax, shape `(samples,
            units)`, on the CPU.
        logs: Natural logarithm of each class's probability, shape `(samples, classes)`.
    """

    layers: dict[str, Tensor]
    logs: Tensor


def record(
    model: nn.Module, inputs: Tensor, layers: Sequence[str] | None, *, batch_size: int
) -> Recorded:
    """Run a model in evaluation mode; its weights, buffers, modes and gradients stay as they are.

    Args:
        model: It gets a batch and returns logits, shape `(samples, classes)`.
        inputs: Samples, first axis.
        layers: Names of modules, as `named_modules` lists them; None: the model's own children,
            but for one that returns the output.
        batch_size: Samples to run at a time.

    Raises:
        ValueError: If a layer is unknown, is not called once, or returns no tensor with a row for
            each sample; or the model returns no logits.
    """
    modules = dict(model.named_modules())
    names = [name for name, _ in model.named_children()] if layers is None else layers
    for name in names:
        if name not in modules or name in ("", OUTPUT):
            known = ", ".join(one for one in modules if one)
            raise ValueError(f"layers must be modules of the model ({known}), got {name!r}")
    with _as_it_was(model):
        batches = [
            _run(model, {name: modules[name] for name in names}, batch, whole=layers is None)
            for batch in inputs.split(batch_size)
        ]
    logs = torch.cat([batch.pop(OUTPUT) for batch in batches]).log_softmax(dim=1)
    joined = {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}
    return Recorded({**joined, OUTPUT: logs.exp()}, logs)


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model that `torch.compile` or a parallel wrapper runs: weights are the same.

    Raises:
        ValueError: If its weights are nowhere, on the device `meta`.
    """
    inner = getattr(model, "_orig_mod", model)
    if isinstance(inner, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        inner = inner.module
    if any(held.is_meta for held in inner.parameters()):
        raise ValueError("model must have its weights on a device that holds them, got meta")
    return inner


@contextmanager
def same_randomness() -> Iterator[None]:
    """Give Python's, numpy's and torch's generators back as they were."""
    python, old_numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(old_numpy)


@contextmanager
def _as_it_was(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode for a while, without gradients or random numbers used."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        with torch.no_grad(), same_randomness(), _uncompiled():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _uncompiled() -> AbstractContextManager[object]:
    """Run compiled modules as they are written: compiled, they call no hooks added later."""
    if "torch._dynamo" not in sys.modules:  # which takes seconds to import, and compiles
        return nullcontext()
    return torch.compiler.set_stance("force_eager")


def _run(
    model: nn.Module, layers: Mapping[str, nn.Module], batch: Tensor, *, whole: bool
) -> dict[str, Tensor]:
    """Return what layers and output hold on a batch; `whole`: leave out copies of the output."""
    calls: dict[str, list[object]] = {name: [] for name in layers}
    first = next(model.parameters(), batch)
    buffers = {name: held.clone() for name, held in model.named_buffers()}
    with ExitStack() as stack:
        for name, module in layers.items():
            hook = module.register_forward_hook(
                lambda module, inputs, returned, name=name: calls[name].append(returned)
            )
            stack.callback(hook.remove)
        output = torch.func.functional_call(model, buffers, (batch.to(first.device),))
    if not isinstance(output, Tensor) or output.ndim != 2 or len(output) != len(batch):
        raise ValueError(f"model must return logits (samples, classes), got {_shown(output)}")
    held = {
        name: _activity(name, returned, len(batch))
        for name, returned in calls.items()
        if not (whole and any(one is output for one in returned))
    }
    return {**held, OUTPUT: output.float().cpu()}


def _activity(name: str, returned: Sequence[object], samples: int) -> Tensor:
    """Return what a layer returned in a forward pass, one row a sample.

    Raises:
        ValueError: If it was not called once, or returned something else.
    """
    if len(returned) != 1:
        rule = "must be called once in a forward pass (give each use a module of its own)"
        raise ValueError(f"layer {name} {rule}, got {len(returned)} calls")
    held = returned[0][0] if isinstance(returned[0], tuple) else returned[0]
    if (
        not isinstance(held, Tensor)
        or not held.is_floating_point()
        or held.shape[:1] != (samples,)
    ):
        rule = f"must return a tensor whose first axis is the {samples} samples"
        raise ValueError(f"layer {name} {rule}, got {_shown(held)}")
    return held.detach().reshape(samples, -1).float().cpu()


def _shown(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else type(value).__name__
