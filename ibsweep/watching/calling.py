"""Calls a model of the user's own, so that nothing in it is other than before."""

import copy
import random
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from ibsweep.watching.recording import Call, ModelError, shown

_Undo = Callable[[], object]


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Put a model into evaluation mode for a while, and then give all that it is back as it was.

    That is its modes, its modules' attributes, with the entries of lists, dicts and sets and the
    states of random generators among them, and the generators of Python, numpy and torch. What
    an object of another kind holds, or a hook changes elsewhere, is beyond reach.

    Gradients and autocast are off: a weight that autocast narrows without gradients would be taken
    for the training's.
    """
    modules = list(model.modules())
    with ExitStack() as stack:
        stack.enter_context(same_randomness())
        stack.enter_context(warnings_are_no_errors())
        for module in modules:
            stack.callback(_kept(module))
        for module in modules:
            module.training = False
        for kind in sorted({"cpu", *(tensor.device.type for tensor in model.parameters())}):
            if torch.amp.is_autocast_available(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.no_grad())
        stack.enter_context(_uncompiled())
        yield


def forward(model: nn.Module, batch: Call, output: str | int | None) -> Tensor:
    """Call a model on copies of its parameters and buffers, and return its output.

    Args:
        model: The model.
        batch: What it is called with.
        output: Which part of what it returns is meant; None: all.

    Raises:
        ModelError: If it raises, or returns no tensor with a row for each sample.
    """
    state: dict[str, Tensor] = {name: tensor.clone() for name, tensor in model.named_buffers()}
    for name, tensor in model.named_parameters():
        state[name] = nn.Parameter(tensor.detach().clone(), requires_grad=tensor.requires_grad)
    try:
        returned = torch.func.functional_call(model, state, batch.positional, {**batch.named})
    except ModelError:
        raise
    except Exception as error:
        tried = ", ".join(shown(tensor) for tensor in batch.tensors)
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ModelError(f"model must run on the inputs, got {reason}, for {tried}") from error
    return _output(returned, output, batch.samples)


def _output(returned: object, part: str | int | None, samples: int) -> Tensor:
    value = returned if part is None else _part(returned, part)
    if not isinstance(value, Tensor):
        rule = "must return a tensor, or `output` must say which part of it to take"
        raise ModelError(f"model {rule} ({_parts(returned)}), got {type(value).__name__}")
    if value.shape[:1] != (samples,) or not value.is_floating_point():
        rule = f"must return a row of real numbers for each of the {samples} samples"
        raise ModelError(f"model {rule}, got {shown(value)}")
    return value


def _part(returned: object, part: str | int) -> object:
    """Return an entry or attribute of what a model returned."""
    try:
        if isinstance(returned, Mapping) or isinstance(part, int):
            return returned[part]  # type: ignore[index]
        return getattr(returned, part)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        rule = f"must name a part of what the model returns ({_parts(returned)})"
        raise ModelError(f"output {rule}, got {part!r}") from error


def _parts(returned: object) -> str:
    """List what `output` may be."""
    if isinstance(returned, Mapping):
        return ", ".join(repr(name) for name in returned)
    if isinstance(returned, (tuple, list)) and not hasattr(returned, "_fields"):
        return ", ".join(str(place) for place in range(len(returned)))
    names = getattr(returned, "_fields", None) or getattr(returned, "__dict__", {})
    return ", ".join(repr(name) for name in names) or "none"


@contextmanager
def same_randomness(*others: object) -> Iterator[None]:
    """Give Python's, numpy's and torch's generators back as they were.

    Args:
        others: Objects whose attributes may be generators, too.
    """
    python, old_numpy = random.getstate(), np.random.get_state()
    undo = [state for other in others for state in _generators(vars(other))]
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    kind = "cuda" if device is None else device.type
    used = device is not None and (kind != "cuda" or torch.cuda.is_initialized())
    devices = range(torch.accelerator.device_count()) if used else []
    try:
        with torch.random.fork_rng(devices=devices, device_type=kind):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(old_numpy)
        for give_back in undo:
            give_back()


@contextmanager
def warnings_are_no_errors() -> Iterator[None]:
    """Show warnings that would be raised as errors."""
    with warnings.catch_warnings():
        warnings.filters[:] = [  # type: ignore[index]
            ("default" if action == "error" else action, *rest)
            for action, *rest in warnings.filters
        ]
        yield


def _kept(module: nn.Module) -> _Undo:
    """Return what gives a module's attributes back as they are now, if they change."""
    own, attributes = vars(module), dict(vars(module))
    collections = {
        name: (value, copy.copy(value))
        for name, value in attributes.items()
        if isinstance(value, (dict, list, set, deque))
    }
    generators = list(_generators(attributes))

    def give_back() -> None:
        for name in own.keys() - attributes.keys():
            del own[name]
        for name, value in attributes.items():
            if name not in own or own[name] is not value:
                own[name] = value
        for now, before in collections.values():
            if _entries(now) != _entries(before):
                now.clear()
                now.extend(before) if isinstance(now, (list, deque)) else now.update(before)
        for undo in generators:
            undo()

    return give_back


def _entries(values: dict | list | set | deque) -> list[object]:
    """Return what tells whether a collection holds the same objects."""
    if isinstance(values, dict):
        return [(key, id(value)) for key, value in values.items()]
    return [id(value) for value in values]


def _generators(attributes: Mapping[str, object]) -> Iterator[_Undo]:
    """Yield what gives each random generator among the attributes its state back."""
    for value in attributes.values():
        match value:
            case torch.Generator():
                yield partial(value.set_state, value.get_state())
            case np.random.RandomState():
                yield partial(value.set_state, value.get_state())
            case random.Random():
                yield partial(value.setstate, value.getstate())
            case np.random.Generator():
                yield partial(setattr, value.bit_generator, "state", value.bit_generator.state)


def _uncompiled() -> AbstractContextManager[object]:
    """Run compiled modules as they are written: compiled, they call no hooks added later."""
    if "torch._dynamo" not in sys.modules:  # which takes seconds to import, and compiles
        return nullcontext()
    return cast(AbstractContextManager[object], torch.compiler.set_stance("force_eager"))
