"""Which ensembles the compiled engine can train, and why it cannot train others."""

import ctypes
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ibsweep.compiled.library import load
from ibsweep.learning.ensemble import Ensemble
from ibsweep.learning.schemes.base import Scheme
from ibsweep.networks.activations import Activation, absolute, centered_softplus, prelu
from ibsweep.networks.mlp import MLP
from ibsweep.networks.normalization import NONE

LARGEST = 64  # units of a layer, and features; from about 128 on, batched products are as fast
_REALS = {torch.float32: "float", torch.float64: "double"}
_MODULES: dict[type, tuple[str, dict[str, float]]] = {  # to their names in activations.h
    nn.ReLU: ("Relu", {}),
    nn.Tanh: ("Tanh", {}),
    nn.ELU: ("Elu", {"alpha": 1.0}),
    nn.SiLU: ("Swish", {}),
    nn.Softplus: ("Softplus", {"beta": 1.0, "threshold": 20.0}),
}
_FUNCTIONS: dict[Callable[..., Tensor], tuple[str, list[str]]] = {  # with what they learn
    absolute: ("Abs", []),
    centered_softplus: ("CenteredSoftplus", []),
    prelu: ("Prelu", ["slope"]),
}


class Kind(NamedTuple):
    """What a library is compiled for.

    Attributes:
        sizes: Features, and units of each layer, the classes last.
        activation: Name in `activations.h`.
        real: `float` or `double`.
    """

    sizes: tuple[int, ...]
    activation: str
    real: str

    def library(self) -> ctypes.CDLL:
        """Return the loops for such networks.

        Raises:
            NoLibrary: If they cannot be compiled.
        """
        sizes = ",".join(map(str, self.sizes))
        macros = f"REAL={self.real}", f"ACTIVATION={self.activation}", f"SIZES={sizes}"
        return load(Path(__file__).parent / "train.cpp", *macros)


class NotCompiled(ValueError):
    """The compiled engine cannot train an ensemble; the message says why, without a subject."""


def refusal(ensemble: Ensemble) -> str | None:
    """Say why compiled loops cannot train an ensemble on any machine; None if they can."""
    try:
        kind_of(ensemble)
    except NotCompiled as error:
        return str(error)
    return None


def kind_of(ensemble: Ensemble) -> Kind:
    """Return what the loops for an ensemble are compiled for.

    Raises:
        NotCompiled: If there can be none.
    """
    network = ensemble.network
    if network.quantization is not None:
        raise NotCompiled("it trains networks without quantization")
    if type(network) is not MLP:
        raise NotCompiled(f"it trains fully connected networks, not a {type(network).__name__}")
    if network.normalization != NONE:
        raise NotCompiled("it trains networks without normalization")
    sizes = (network.features, *network.units)
    if max(sizes) > LARGEST:
        raise NotCompiled(f"it trains layers of up to {LARGEST} units or inputs, not {max(sizes)}")
    if ensemble.device.type != "cpu":
        raise NotCompiled(f"it trains on the CPU, not on device {ensemble.device.type}")
    if ensemble.noises:
        raise NotCompiled("it trains networks without noise")
    if ensemble.options.optimizer not in ("adam", "sgd"):
        raise NotCompiled("it knows the optimisers adam and sgd alone")
    if ensemble.options.schedule != "constant":
        raise NotCompiled("it trains at constant learning rates")
    if ensemble.dataset.continuous:
        raise NotCompiled("it minimises the cross-entropy, not the squared error")
    if any(member.label_smoothing for member in ensemble.members):
        raise NotCompiled("it trains without label smoothing")
    if ensemble.scheme != Scheme():
        raise NotCompiled("it trains by scheme=end_to_end alone")
    if any(not regularizer.numbers for regularizer in ensemble.regularizers):
        raise NotCompiled("it knows the regularisers l1, l2 and max_norm alone")
    return Kind(sizes, _activation(network.activation), _REALS[ensemble.dtype])


def _activation(activation: Activation) -> str:
    """Name an activation as `activations.h` does.

    Raises:
        NotCompiled: If it is not there.
    """
    function = activation.function
    if isinstance(function, partial) and not function.args and not function.keywords:
        function = function.func
    if type(function) in _MODULES and not activation.learned:
        name, options = _MODULES[type(function)]
        if all(getattr(function, key) == value for key, value in options.items()):
            return name
    elif function in _FUNCTIONS and _FUNCTIONS[function][1] == list(activation.learned):
        return _FUNCTIONS[function][0]
    known = "relu, tanh, abs, prelu, elu, softplus, centered_softplus and swish"
    raise NotCompiled(f"it knows the activations {known} alone")
