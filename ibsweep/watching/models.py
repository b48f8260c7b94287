"""Which models can be watched, and which of their modules are layers."""

import re
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from ibsweep.information import OUTPUT
from ibsweep.watching.calling import forward
from ibsweep.watching.recording import Call, ModelError, first_tensor, unwrapped

_SHARDED = {"FullyShardedDataParallel", "FSDPModule"}  # importing these takes seconds
_CALL = re.compile(r":\d+$")
_SIGMOIDS = {"sigmoid", "sigmoid_", "expit"}


class Tried(NamedTuple):
    """What a first call of a model shows.

    Attributes:
        layers: Names of the modules that are its layers, in the order in which they return.
        ends_in_sigmoid: Whether a sigmoid computes its output.
    """

    layers: list[str]
    ends_in_sigmoid: bool


def checked(model: object) -> nn.Module:
    """Return the model inside all wrappers, if it can be watched.

    Raises:
        ModelError: If it is no module, or scripted, sharded, or without weights as yet.
    """
    if not isinstance(model, nn.Module):
        got = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise ModelError(f"model must be a torch.nn.Module, got {got}")
    inner = unwrapped(model)
    for name, module in inner.named_modules():
        where = f" in {name}" if name else ""
        if isinstance(module, torch.jit.ScriptModule):
            rule = "must be the module that was scripted or traced, since that calls no hooks"
            raise ModelError(f"model {rule}, got {type(module).__name__}{where}")
        if sharded := {kind.__name__ for kind in type(module).__mro__} & _SHARDED:
            got = f"{sharded.pop()}{where}"
            raise ModelError(f"model must hold all of its weights in this process, got {got}")
    for name, tensor in [*inner.named_parameters(), *inner.named_buffers()]:
        if is_lazy(tensor):
            rule = "must have weights: run a batch through it before it is watched"
            raise ModelError(f"model {rule}, got {name} without a shape")
        if tensor.is_meta:
            raise ModelError(
                f"model must have its weights on a device that holds them, got meta for {name}"
            )
    return inner


def try_out(
    model: nn.Module, batch: Call, layers: Sequence[str] | None, output: str | int | None
) -> Tried:
    """Call a model once, and choose its layers.

    Args:
        model: The model, `undisturbed`.
        batch: What it is called with.
        layers: Names of modules; None: its children that are called. A child that is not, e.g.
            a `ModuleList`, or that alone returns the output, stands for its own children.
        output: Which part of what the model returns is its output.

    Raises:
        ModelError: If a layer is unknown, none is left, or the model does not run.
    """
    modules = dict(model.named_modules())
    _check_names(layers, modules)
    returned: dict[str, list[_Returned]] = {}
    hooks = [
        module.register_forward_hook(_noting(returned.setdefault(name, [])))
        for name, module in modules.items()
    ]
    try:
        result = forward(model, batch, output)
    finally:
        for hook in hooks:
            hook.remove()
    called = {
        name: any(one.is_(result) for one in tensors)
        for name, tensors in returned.items()
        if tensors
    }
    chosen = list(layers) if layers is not None else _default(model, called)
    if not chosen:
        raise ModelError("layers must name a module whose output is not the model's")
    if doubtful := [name for name in chosen if name == OUTPUT or _CALL.search(name)]:
        rule = f"must not be named {OUTPUT}, as the model's own, nor end as a second call's, :2"
        raise ModelError(f"layers {rule}, got {doubtful[0]!r}")
    return Tried(chosen, _ends_in_sigmoid(model, batch, output))


def _check_names(layers: Sequence[str] | None, modules: Mapping[str, nn.Module]) -> None:
    if layers is None:
        return
    if isinstance(layers, str) or not isinstance(layers, Iterable):
        raise ModelError(f"layers must be a list of names, got {layers!r}")
    for name in layers:
        if not isinstance(name, str) or name not in modules or not name:
            known = ", ".join(one for one in modules if one)
            raise ModelError(f"layers must be modules of the model ({known}), got {name!r}")
    if len({*layers}) < len([*layers]):
        raise ModelError(f"layers must be named once each, got {[*layers]}")


def _ends_in_sigmoid(model: nn.Module, batch: Call, output: str | int | None) -> bool:
    with _Sigmoids() as sigmoids:
        result = forward(model, batch, output)
    return any(tensor.data_ptr() == result.data_ptr() for tensor in sigmoids.results)


def _default(model: nn.Module, called: dict[str, bool], prefix: str = "") -> list[str]:
    """Return the children that are called and do not return the output; those of one that does."""
    chosen, through = [], []
    for child, module in model.named_children():
        name = f"{prefix}{child}"
        if name not in called:
            chosen += _default(module, called, f"{name}.")
        elif called[name]:
            through.append((name, module))
        else:
            chosen.append(name)
    if not chosen:
        chosen = [one for name, module in through for one in _default(module, called, f"{name}.")]
    return chosen


class _Returned(NamedTuple):
    """A tensor that a module returned, as it was then; it is not kept alive."""

    tensor: Callable[[], object]
    version: int

    def is_(self, other: Tensor) -> bool:
        """Say whether this is the other tensor, and was not overwritten since."""
        return self.tensor() is other and self.version == _version(other)


def _noting(returned_tensors: list[_Returned]) -> Callable[[nn.Module, object, object], None]:
    """Return a hook that notes what a module returns."""

    def note(module: nn.Module, inputs: object, returned: object) -> None:
        tensor = first_tensor(returned)
        if isinstance(tensor, Tensor):
            returned_tensors.append(_Returned(weakref.ref(tensor), _version(tensor)))
        else:
            returned_tensors.append(_Returned(lambda: None, 0))

    return note


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


class _Sigmoids(TorchFunctionMode):
    """Keeps what sigmoids return."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Tensor] = []

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: Sequence[object] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if getattr(func, "__name__", "") in _SIGMOIDS and isinstance(result, Tensor):
            self.results.append(result)
        return result
