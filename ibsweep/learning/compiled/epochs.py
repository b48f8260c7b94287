"""Epochs of an ensemble by compiled loops, one network after the other."""

import ctypes
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ibsweep.learning.batches import Order
from ibsweep.learning.ensemble import Ensemble
from ibsweep.learning.epochs import Epochs
from ibsweep.learning.regularizers import Regularizer
from ibsweep.randomness import Generators

_TILE, _ALIGNMENT = 64, 64  # samples of a tile; bytes that vectors are aligned to
_AT_ONCE = 2e9  # operations of a call: a fraction of a second, after which Ctrl-C is heard
_INTEGERS = ("samples", "batch_size", "shared_rows", "adam")
_POINTERS = (
    *("inputs", "labels", "weights", "first", "second", "rates", "l1", "l2", "norms"),
    *("tiles", "work"),
)
_REALS = ("beta1", "beta2", "epsilon", "momentum")


class _Training(ctypes.Structure):  # `Training` in train.cpp
    _fields_ = [
        *((name, ctypes.c_longlong) for name in _INTEGERS),
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_double) for name in _REALS),
    ]


class CompiledEpochs(Epochs):
    """Epochs by loops that are compiled for the sizes and the activation of a network.

    Each member is a loop of its own, so its numbers depend on no other member and no thread.

    Args:
        ensemble: What to train, of the kind that the library is for.
        weights: Its weights, shape `(members, width)`, which change in place.
        state: What its optimiser remembers, by name, which changes in place.
        library: The loops.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        weights: Tensor,
        state: Mapping[str, Tensor],
        library: ctypes.CDLL,
    ) -> None:
        members, options = ensemble.members, ensemble.options
        self._order = Order(members)
        self._noise = Generators("noise", [m.seeds["noise"] for m in members])
        self._library, self._members = library, len(members)
        self._batches = math.ceil(len(members[0].split.train) / options.batch_size)
        self._together = max(int(_AT_ONCE / (6 * weights.shape[1] * options.batch_size)), 1)
        self._steps = state.get("steps", torch.zeros(len(members), dtype=torch.int64))
        adam = options.optimizer == "adam"
        self._arrays = {
            "inputs": _to(ensemble.dataset.inputs, weights),
            "labels": _to(ensemble.dataset.labels, weights),
            "weights": weights,
            "first": state["first" if adam else "velocity"],
            "second": state["second"] if adam else None,
            "rates": _to([m.learning_rate for m in members], weights),
            **_penalties(ensemble.regularizers, weights),
            "tiles": _room(library.tile_bytes() * math.ceil(options.batch_size / _TILE)),
            "work": _room(library.work_bytes()),
        }
        beta1, beta2 = options.adam_betas
        self._training = _Training(
            samples=len(members[0].split.train),
            batch_size=options.batch_size,
            shared_rows=self._order.shared,
            adam=adam,
            beta1=beta1,
            beta2=beta2,
            epsilon=options.adam_epsilon,
            momentum=options.sgd_momentum,
            **{name: a.data_ptr() for name, a in self._arrays.items() if a is not None},
        )

    @property
    def generators(self) -> dict[str, Generators]:
        """See `Epochs.generators`."""
        return {"batches": self._order.generators, "noise": self._noise}

    def run(self, epoch: int) -> None:
        """See `Epochs.run`."""
        rows = self._order.draw().contiguous()
        where = ctypes.c_void_p(rows.data_ptr())
        taken = int(self._steps[0])
        for batch in range(self._batches):
            for begin in range(0, self._members, self._together):
                end = min(begin + self._together, self._members)
                numbers = (batch, begin, end, taken + batch + 1)
                self._library.take_step(
                    ctypes.byref(self._training), where, *map(ctypes.c_longlong, numbers)
                )
        self._steps += self._batches


def _penalties(regularizers: Sequence[Regularizer], like: Tensor) -> dict[str, Tensor | None]:
    """Return the sums of penalties, and the least norm if there is one, shape `(members,)`."""
    each: dict[str, list[Sequence[float]]] = {"l1": [], "l2": [], "norm": []}
    for regularizer in regularizers:
        for name, values in regularizer.numbers.items():
            each[name].append(values)
    nothing = [[0.0] * len(like)]
    sums = {name: _to(np.sum(each[name] or nothing, axis=0), like) for name in ("l1", "l2")}
    norms = _to(np.min(each["norm"], axis=0), like) if each["norm"] else None
    return {**sums, "norms": norms}


def _to(values: object, like: Tensor) -> Tensor:
    return torch.as_tensor(np.asarray(values)).to(like.dtype).contiguous()


def _room(size: int) -> Tensor:
    """Return zeros, in bytes, that begin where vectors may."""
    raw = torch.zeros(size + _ALIGNMENT, dtype=torch.uint8)
    start = -raw.data_ptr() % _ALIGNMENT
    return raw[start : start + size]
