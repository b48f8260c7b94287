"""A step of training as a CUDA graph: one launch for all its kernels.

The kernels of a step on small networks are so short that launching them takes longer than running
them. A graph records the launches once and repeats them; the kernels, and so the numbers, are the
same.
"""

import gc
import logging
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

log = logging.getLogger(__name__)

Step = Callable[[Tensor, Tensor], None]
Record = Callable[[torch.cuda.CUDAGraph], torch.cuda.graph]


def graphed(step: Step, *, device: torch.device, repeatable: bool) -> Step:
    """Return a step that a CUDA device takes as one launch; elsewhere the step itself.

    Args:
        step: Takes inputs and targets of one batch; reads and writes the same tensors each time.
        device: Where it runs.
        repeatable: Whether it does nothing on the CPU that must happen anew each time, such as
            drawing random numbers. If not, the step itself is returned.
    """
    return _Graphs(step) if device.type == "cuda" and repeatable else step


class _Graphs:
    """One graph for each shape of a batch; the first batch of a shape is taken kernel by kernel.

    Attributes:
        replays: Batches that a graph took.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._seen: set[tuple] = set()
        self._captured: dict[tuple, _Graph] = {}
        self._record = partial(torch.cuda.graph, pool=torch.cuda.graph_pool_handle())
        self._refused = False
        self.replays = 0

    def __call__(self, inputs: Tensor, targets: Tensor) -> None:
        kind = (inputs.shape, inputs.stride(), targets.shape, targets.stride())
        if kind in self._seen and kind not in self._captured and not self._refused:
            self._capture(kind, inputs, targets)
        if kind in self._captured:
            self._captured[kind].replay(inputs, targets)
            self.replays += 1
        else:
            self._step(inputs, targets)
            self._seen.add(kind)

    def _capture(self, kind: tuple, inputs: Tensor, targets: Tensor) -> None:
        gc.collect()  # graphs of earlier trainings: freeing one would break off the recording
        try:
            self._captured[kind] = _Graph(self._step, inputs, targets, self._record)
        except RuntimeError as error:  # e.g. an activation of the user's that waits for a value
            self._refused = True
            log.warning("training goes on kernel by kernel, without a CUDA graph: %s", error)


class _Graph:
    """The kernels of a step on batches of one shape, and the place that they read a batch from."""

    def __init__(self, step: Step, inputs: Tensor, targets: Tensor, record: Record) -> None:
        self._batch = [_once(tensor).clone() for tensor in (inputs, targets)]
        places = (
            own.expand_as(given) for own, given in zip(self._batch, (inputs, targets), strict=True)
        )
        self._graph = torch.cuda.CUDAGraph()
        with record(self._graph):
            step(*places)

    def replay(self, inputs: Tensor, targets: Tensor) -> None:
        for own, given in zip(self._batch, (inputs, targets), strict=True):
            own.copy_(_once(given))
        self._graph.replay()


def _once(batch: Tensor) -> Tensor:
    """Return a batch that all members share but once, shape `(1, …)`."""
    return batch[:1] if batch.stride(0) == 0 else batch
