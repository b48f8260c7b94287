"""MNIST and data sets of the same layout: four IDX files in a folder, or OpenML's copy."""

import hashlib
from pathlib import Path
from urllib.error import URLError

import numpy as np
from sklearn.datasets import fetch_openml

from ibsweep.tasks.idx import find_idx, read_idx
from ibsweep.types import Dataset

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_RULE = f"root must hold {', '.join(FILES)}, plain or .gz"
PUBLISHED_SHAPE = (60000, 28, 28)
PUBLISHED_MNIST = "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83"


def mnist(*, root: str) -> Dataset:
    """Read MNIST: 60 000 images of handwritten digits to train on, then 10 000 to test on.

    Args:
        root: Folder of the four IDX files, plain or `.gz`; OpenML's copy is kept there if they are
            absent and there is a connection.

    Returns:
        Images of 28×28 pixels, values 0 … 1, the training part first.

    Raises:
        ValueError: If there are no such files and no connection, a file is damaged, or 60 000
            images are there that are not those of MNIST.

    References:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition,
        1998. https://doi.org/10.1109/5.726791
    """
    images, labels = _images_and_labels(root, openml="mnist_784")
    if images[:60000].shape == PUBLISHED_SHAPE:
        digest_here = digest(images, labels)
        if digest_here != PUBLISHED_MNIST:
            raise ValueError(f"root must hold the published MNIST, got {root} with {digest_here}")
    return _dataset(images, labels)


def fashion_mnist(*, root: str) -> Dataset:
    """Read Fashion-MNIST: images of clothes, of MNIST's layout and number.

    Args:
        root: Folder of the four IDX files, as for `mnist`; any data of that layout will do.

    Returns:
        Images of 28×28 pixels, values 0 … 1, the training part first.

    Raises:
        ValueError: If there are no such files and no connection, or a file is damaged.

    References:
        Xiao, Rasul & Vollgraf, Fashion-MNIST, 2017. https://arxiv.org/abs/1708.07747
    """
    return _dataset(*_images_and_labels(root, openml="Fashion-MNIST"))


def digest(images: np.ndarray, labels: np.ndarray) -> str:
    """SHA-256 of pixels, then labels, one byte each."""
    content = hashlib.sha256(images.tobytes())
    content.update(labels.astype(np.uint8).tobytes())
    return content.hexdigest()


def _dataset(images: np.ndarray, labels: np.ndarray) -> Dataset:
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        got = f"{images.shape} and {labels.shape}"
        raise ValueError(f"root must hold images (samples, height, width) with labels, got {got}")
    flat = images.reshape(len(images), -1) / 255
    return Dataset(flat, labels.astype(np.int64), int(labels.max()) + 1, (1, *images.shape[1:]))


def _images_and_labels(root: str, *, openml: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels, unsigned bytes, and labels, the training part first."""
    if not isinstance(root, str) or not root:
        raise ValueError(f"root must be a folder, got {root!r}")
    candidates = [find_idx(Path(root), name) for name in FILES]
    paths = [path for path in candidates if path is not None]
    if len(paths) == len(FILES):
        pixels, labels, test_pixels, test_labels = map(read_idx, paths)
        if pixels.shape[1:] != test_pixels.shape[1:]:
            got = f"{pixels.shape} and {test_pixels.shape}"
            raise ValueError(f"root must hold images of one size, got {got}")
        return np.concatenate([pixels, test_pixels]), np.concatenate([labels, test_labels])
    if paths:
        missing = next(name for name, path in zip(FILES, candidates, strict=True) if path is None)
        raise ValueError(f"{_RULE}, got {root} without {missing}")
    return _downloaded(root, openml)


def _downloaded(root: str, openml: str) -> tuple[np.ndarray, np.ndarray]:
    """Fetch a data set from OpenML, once, into a folder."""
    try:
        fetched = fetch_openml(openml, version=1, as_frame=False, data_home=root)
    except (URLError, OSError, TimeoutError) as error:
        raise ValueError(f"{_RULE}, got {root} without, and no OpenML: {error}") from error
    images = fetched.data.astype(np.uint8).reshape(-1, 28, 28)
    return images, fetched.target.astype(np.uint8)
