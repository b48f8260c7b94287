"""Two images that share only what their classes tell of each other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from ibsweep import checks
from ibsweep.distributions.base import Distribution, Pair
from ibsweep.distributions.symmetric_channel import SymmetricChannel
from ibsweep.tasks.idx import find_idx, read_idx
from ibsweep.types import Dataset

CLASSES = 10


class LabelledImages(Distribution):
    """Draws classes A and B with a known I(A;B), then an image of class A and one of class B.

    An image tells its class and A – class – B is a Markov chain, so I(X;Y) = I(A;B) exactly. The
    images come from a finite collection, with replacement: rows repeat. Not so if they are
    `distinct`: then X is drawn from one half of each class's images, Y from the other, none twice
    in a sample; the halves are drawn anew for each.

    Args:
        images: Shape `(images, features)`, float64.
        labels: Class of each, shape `(images,)`, int64, values 0 … 9, each occurring.
        information: I(A;B) in bits, at most log2 of the number of classes.
        classes: Those that occur, all different, ≥ 2; None for 0 … 9. A symmetric channel makes B
            of A.
        distinct: See above.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        information: float,
        classes: Sequence[int] | None = None,
        distinct: bool = False,
    ) -> None:
        self._labels = _chosen(classes)
        self._classes = SymmetricChannel(symbols=len(self._labels), information=information)
        self.digest = Dataset(images, labels, CLASSES).digest
        self._images = images
        self._rows = np.argsort(labels, kind="stable")
        self._sizes = np.bincount(labels, minlength=CLASSES)
        self._distinct = checks.truth("distinct", distinct)

    @property
    def bits(self) -> float:
        """I(X;Y) in bits."""
        return self._classes.bits

    def sample(self, samples: int, generator: np.random.Generator) -> Pair:
        """Draw two images a row, each of shape `(samples, features)`.

        Raises:
            ValueError: If `distinct` asks for more images of a class than there are.
        """
        first, second = (
            self._labels[symbols] for symbols in self._classes.draw(samples, generator)
        )
        if self._distinct:
            return self._pick_distinct(first, second, generator)
        return Pair(self._pick(first, generator), self._pick(second, generator))

    def _pick(self, classes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Pick an image of each class."""
        begins = np.cumsum(self._sizes) - self._sizes
        return self._images[self._rows[begins[classes] + generator.integers(self._sizes[classes])]]

    def _pick_distinct(
        self, first: np.ndarray, second: np.ndarray, generator: np.random.Generator
    ) -> Pair:
        """Pick images of each class, none twice: X's from one half of them, Y's from the other."""
        begins = np.cumsum(self._sizes) - self._sizes
        rows = np.empty((2, len(first)), dtype=np.int64)
        for label in self._labels:
            shuffled = generator.permutation(self._sizes[label]) + begins[label]
            for side, (classes, half) in enumerate(
                zip((first, second), np.array_split(shuffled, 2), strict=True)
            ):
                places = np.flatnonzero(classes == label)
                if len(places) > len(half):
                    rule = f"samples must leave ≤ {len(half)} distinct images of class {label}"
                    raise ValueError(f"{rule}, got {len(places)}")
                rows[side, places] = self._rows[half[: len(places)]]
        return Pair(*self._images[rows])


def _chosen(classes: Sequence[int] | None) -> np.ndarray:
    """Return the classes that occur, shape `(classes,)`."""
    if classes is None:
        return np.arange(CLASSES)
    chosen = checks.sequence("classes", classes, "different classes 0 … 9", least=2, most=CLASSES)
    for place, label in enumerate(chosen):
        checks.integer(f"classes[{place}]", label, minimum=0, maximum=CLASSES - 1)
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"classes must be different, got {list(chosen)}")
    return np.array(chosen)


def digits(
    *, information: float, classes: Sequence[int] | None = None, distinct: bool = False
) -> LabelledImages:
    """Return pairs of scikit-learn's 1797 digits of 8×8 pixels, scaled to 0 … 1.

    Args:
        information: I(X;Y) in bits, at most log2 of the number of classes.
        classes: As for `LabelledImages`.
        distinct: As for `LabelledImages`.

    References:
        Alpaydin & Kaynak, Optical recognition of handwritten digits, UCI repository, 1998.
        https://doi.org/10.24432/C50P49
    """
    images, labels = load_digits(return_X_y=True)
    return LabelledImages(
        images / 16, labels, information=information, classes=classes, distinct=distinct
    )


def mnist(
    *,
    path: str,
    information: float,
    classes: Sequence[int] | None = None,
    distinct: bool = False,
) -> LabelledImages:
    """Return pairs of the 60 000 MNIST training images of 28×28 pixels, scaled to 0 … 1.

    Args:
        path: Folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, plain or .gz.
        information: I(X;Y) in bits, at most log2 of the number of classes.
        classes: As for `LabelledImages`.
        distinct: As for `LabelledImages`.

    Raises:
        ValueError: If a file is not there, or not such a file.

    References:
        LeCun et al., Gradient-based learning applied to document recognition, 1998.
        https://doi.org/10.1109/5.726791
    """
    images = _read(path, "train-images-idx3-ubyte")
    labels = _read(path, "train-labels-idx1-ubyte")
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"path must hold an image for each label, got {images.shape} and {labels.shape}"
        )
    pixels = images.reshape(len(images), -1) / 255
    if set(np.unique(labels)) != set(range(CLASSES)):
        raise ValueError(f"path must hold labels 0 … 9, all of them, got {np.unique(labels)}")
    numbers = labels.astype(np.int64)
    return LabelledImages(
        pixels, numbers, information=information, classes=classes, distinct=distinct
    )


def _read(path: str, name: str) -> np.ndarray:
    file = find_idx(Path(path), name)
    if file is None:
        raise ValueError(f"path must hold {name} or {name}.gz, got {path}")
    return read_idx(file, option="path")
