"""Where random numbers come from: one explicit generator for each stream of each network."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

_Layer = TypeVar("_Layer", nn.Linear, nn.Conv2d, nn.ConvTranspose2d)

STREAMS = ("init", "batches", "split", "noise")
_ALL = (  # a place here is a stream's number: new ones come last
    *STREAMS,
    *("floor", "measuring", "attack"),
)


def stream_seed(stream: str, *seeds: int) -> int:
    """Return the 64-bit seed of a stream: independent of other streams and other seeds."""
    words = np.random.SeedSequence([_ALL.index(stream), *seeds]).generate_state(1, np.uint64)
    return int(words[0])


def generator(stream: str, seed: int) -> torch.Generator:
    """Return a fresh CPU generator for `stream` of the given seed."""
    return torch.Generator().manual_seed(stream_seed(stream, seed))


class Draw:
    """Random numbers and initial weights of one network, all from one generator.

    Args:
        seed: Seed of the generator, ≥ 0.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def permutation(self, length: int) -> Tensor:
        """Draw a permutation of 0 … length − 1."""
        return torch.randperm(length, generator=self._generator)

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Draw standard normal numbers, float32."""
        return torch.randn(*shape, generator=self._generator)

    def layer(self, make: type[_Layer], *sizes: int, **options: int) -> _Layer:
        """Return a layer of torch.nn; its weights are drawn as torch.nn draws them.

        Args:
            make: Class of the layer.
            sizes: Its positional arguments.
            options: Its keyword arguments.

        References:
            He et al., Delving deep into rectifiers, 2015; torch.nn takes a = √5.
        """
        layer = nn.utils.skip_init(make, *sizes, **options)
        nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=self._generator)
        bound = 1 / math.sqrt(layer.weight[0].numel())
        nn.init.uniform_(layer.bias, -bound, bound, generator=self._generator)
        return layer


class Generators:
    """One generator a member; members of equal seed share one, and so draw the same numbers.

    Args:
        stream: One of `STREAMS`.
        seeds: Seed of each member.
    """

    def __init__(self, stream: str, seeds: Sequence[int]) -> None:
        shared = {seed: generator(stream, seed) for seed in dict.fromkeys(seeds)}
        self.distinct = list(shared.values())
        self._members = torch.tensor([list(shared).index(seed) for seed in seeds])

    def spread(self, drawn: list[Tensor]) -> Tensor:
        """Spread one draw of each distinct generator over its members."""
        if len(drawn) == 1:
            return drawn[0].expand(len(self._members), *drawn[0].shape)
        return torch.stack(drawn)[self._members]

    def state(self) -> Tensor:
        """Return the state of each member's generator, shape `(members, bytes)`."""
        return self.spread([g.get_state() for g in self.distinct])

    def restore(self, states: Tensor) -> None:
        """Go on from the states that `state` returned, one a member."""
        for position, one in enumerate(self.distinct):
            one.set_state(states[int((self._members == position).nonzero()[0])].clone())

    def permutation(self, length: int) -> Tensor:
        """Draw a permutation of 0 … length − 1 for each member, shape `(members, length)`."""
        return self.spread([torch.randperm(length, generator=g) for g in self.distinct])

    def uniform(self, like: Tensor) -> Tensor:
        """Draw uniform numbers in [0, 1) of the shape `(members, …)`, type and place of `like`."""
        drawn = [torch.rand(like.shape[1:], generator=g, dtype=like.dtype) for g in self.distinct]
        return self.spread(drawn).to(like.device)

    def normal(self, like: Tensor) -> Tensor:
        """Draw standard normal numbers of the shape `(members, …)`, type and place of `like`."""
        drawn = [torch.randn(like.shape[1:], generator=g, dtype=like.dtype) for g in self.distinct]
        return self.spread(drawn).to(like.device)
