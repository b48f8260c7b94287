"""The presets of published sizes, an epoch of each on a few images in the published formats."""

import math

import numpy as np
import pytest

import ibsweep
from ibsweep.config.settings import Settings
from ibsweep.tasks.cifar import PARTS
from tests.tasks.test_images import idx

BRIEF = ["training.epochs=1", "training.batch_size=20"]
BRIEF += ["estimator.lossy.input_compressor.epochs=1"]


def write_cifar10(folder):
    """Write 66 colour images, ten or eleven a file, in the binary format."""
    rng = np.random.default_rng(0)
    for name in PARTS:
        labels = (np.arange(11) % 10).astype(np.uint8)
        pixels = rng.integers(0, 256, (11, 3072), dtype=np.uint8)
        (folder / f"{name}.bin").write_bytes(np.column_stack([labels, pixels]).tobytes())


def write_mnist(folder):
    rng = np.random.default_rng(0)
    for part, samples in (("train", 40), ("t10k", 24)):
        images = rng.integers(0, 256, (samples, 28, 28), dtype=np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        labels = (np.arange(samples) % 10).astype(np.uint8)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))


@pytest.mark.parametrize(
    ("name", "write", "trained", "numbers"),
    [
        ("butakov_cifar10", write_cifar10, 40, 22_778),
        ("butakov_cifar10_quick", write_cifar10, 40, 22_778),
        ("butakov_mnist_paper", write_mnist, 40, 7_274),
    ],
)
def test_an_epoch_on_images_of_the_published_format(
    typed, composed, tmp_path, name, write, trained, numbers
):
    write(tmp_path)
    words = [f"+experiment={name}", f"task.root={tmp_path}", f"split.train_samples={trained}"]
    words += BRIEF
    settings = Settings.of(composed(*words))
    assert sum(math.prod(p.shape) for p in settings.network.parameters) == numbers
    done = typed(*words)
    assert done.status == 0, done.stderr
    runs = ibsweep.runs()
    curves = ibsweep.curves(runs)
    assert len(runs) == 1 and set(curves["epoch"]) == {0, 1}
    assert curves["i_xt"].notna().all()
    assert runs["samples"].tolist() == [len(settings.split.test)]
