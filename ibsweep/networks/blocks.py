"""Blocks of a convolutional network, from their options."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ibsweep import checks


@dataclass(frozen=True)
class Block:
    """A convolution, then the greatest value of each square, then the activation.

    Attributes:
        channels: Number of output channels, ≥ 1.
        kernel: Height and width of the kernel in pixels, ≥ 1.
        padding: Zeros around the image in pixels, ≥ 0.
        pool: Height and width of the squares in pixels, ≥ 1.

    Raises:
        ValueError: If one is out of its range.
    """

    channels: int
    kernel: int = 3
    padding: int = 0
    pool: int = 2

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            checks.integer(name, value, minimum=0 if name == "padding" else 1)

    def output_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return channels, height and width after the block, from those before it."""
        grown = 2 * self.padding + 1 - self.kernel
        return self.channels, (shape[1] + grown) // self.pool, (shape[2] + grown) // self.pool


def make_block(name: str, options: Mapping[str, int] | int) -> Block:
    """Build a block from its options.

    Raises:
        ValueError: If they are neither a mapping of a block's options nor a number of channels.
    """
    known = dict(options) if isinstance(options, Mapping) else {"channels": options}
    try:
        return Block(**known)
    except TypeError:
        names = ", ".join(Block.__annotations__)
        raise ValueError(f"{name} must have channels and only {names}, got {known}") from None
    except ValueError as error:
        raise ValueError(f"{name}.{error}") from None
