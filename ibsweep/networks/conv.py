"""Convolutional networks: blocks of convolution, pooling and activation, then dense layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ibsweep import checks
from ibsweep.networks import normalization
from ibsweep.networks.activations import Activation
from ibsweep.networks.base import Network, Parameter, layer_parameters
from ibsweep.networks.blocks import Block, make_block
from ibsweep.networks.convolution import convolve
from ibsweep.networks.initialization import INITIALIZATIONS


@dataclass(frozen=True)
class ConvNet(Network):
    """A convolutional network with a softmax output layer.

    Each member's sums are computed by themselves, so that every size of ensemble gives the same
    numbers (see `ibsweep.networks.convolution`).

    Attributes:
        blocks: Options of each `Block` as a mapping, or its number of channels alone.
        hidden: Units of each dense hidden layer after the blocks; there may be none.
        activation: Activation of the hidden layers.
        initialization: `glorot` or `released` (see `MLP`), with the fans of a pixel.
        shape: Channels, height and width of a pattern.
        classes: Units of the output layer.
        normalization: As of `MLP`, after the pooling; `batch` over samples and pixels, `layer`
            over channels and pixels, both with one scale and shift a channel.

    Raises:
        ValueError: If patterns are no images, there is no block, or an option is out of its range.
    """

    blocks: Sequence[Mapping[str, int] | int]
    hidden: Sequence[int]
    activation: Activation
    initialization: str
    shape: tuple[int, int, int] | None
    classes: int
    normalization: str = normalization.NONE

    def __post_init__(self) -> None:
        checks.choice("normalization", self.normalization, normalization.KINDS)
        checks.choice("initialization", self.initialization, INITIALIZATIONS)
        checks.sequence("blocks", self.blocks, "a list of at least one block", least=1)
        checks.sequence("hidden", self.hidden)
        for position, units in enumerate(self.hidden):
            checks.integer(f"hidden[{position}]", units, minimum=1)
        if self.shape is None:
            raise ValueError("needs a task of images, as digits or mnist are")
        for position, shape in enumerate(self._shapes[1:]):
            if min(shape) < 1:
                got = " × ".join(map(str, self._shapes[position][1:]))
                raise ValueError(f"blocks[{position}] must leave a pixel of its input, got {got}")

    @cached_property
    def layers(self) -> Sequence[str]:
        """`layer_1` … `layer_k`, blocks first, then `output`."""
        hidden = len(self.blocks) + len(self.hidden)
        return [*(f"layer_{k}" for k in range(1, hidden + 1)), "output"]

    @cached_property
    def units(self) -> Sequence[int]:
        """Values of each block's output, units of the dense layers."""
        blocks = [torch.Size(shape).numel() for shape in self._shapes[1:]]
        return [*blocks, *self.hidden, self.classes]

    @property
    def least_members(self) -> int:
        """No sum is computed for members together, but for those of a normalisation."""
        return 1 if self.normalization == normalization.NONE else normalization.LEAST_MEMBERS

    @property
    def one_thread(self) -> bool:
        """A kernel's gradient is a sum over samples that threads share out."""
        return True

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """Hidden weights, output weights, biases, then what activation and normalisation learn."""
        shapes = [*map(self._kernel_shape, self._blocks, self._shapes)]
        widths = [torch.Size(self._shapes[-1]).numel(), *self.hidden, self.classes]
        shapes += zip(widths[1:], widths, strict=False)
        stds = [self._std(shape) for shape in shapes]
        return layer_parameters(self.layers, shapes, stds, self.activation, self.normalization)

    def preactivation(self, layer: str, below: Tensor, own: Mapping[str, Tensor]) -> Tensor:
        """See `Network.preactivation`; a dense layer is a block on an image of one pixel."""
        members, units, samples = below.shape
        weight, padding, pool = own["weight"], 0, 1
        shape: tuple[int, ...] = (units, 1, 1)
        position = self.layers.index(layer)
        if position < len(self.blocks):
            block, shape = self._blocks[position], self._shapes[position]
            padding, pool = block.padding, block.pool
        images = below.view(members, *shape, samples)
        kernels = weight.view(*weight.shape[:3], *(weight.shape[3:] or (1, 1)))
        z = convolve(images, kernels, own["bias"], padding=padding, pool=pool)
        return z.view(members, -1, samples)

    @cached_property
    def _blocks(self) -> Sequence[Block]:
        return [make_block(f"blocks[{k}]", options) for k, options in enumerate(self.blocks)]

    @cached_property
    def _shapes(self) -> Sequence[tuple[int, int, int]]:
        """Shape of the input, then of each block's output."""
        assert self.shape is not None
        shapes = [self.shape]
        for block in self._blocks:
            shapes.append(block.output_shape(shapes[-1]))
        return shapes

    @staticmethod
    def _kernel_shape(block: Block, below: tuple[int, int, int]) -> tuple[int, ...]:
        return block.channels, below[0], block.kernel, block.kernel

    def _std(self, shape: tuple[int, ...]) -> float:
        pixels = torch.Size(shape[2:]).numel()
        fans = shape[1] * pixels, shape[0] * pixels
        return INITIALIZATIONS[self.initialization](*fans, self.activation.gain)
