"""Ground truths with labels: their information is that of a table of probabilities."""

import gzip
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from ibsweep.distributions.gao_mixture import GaoMixture
from ibsweep.distributions.labelled_images import digits, mnist
from ibsweep.distributions.quantized_uniform import QuantizedUniform, levels
from ibsweep.distributions.symmetric_channel import SymmetricChannel
from tests.support.idx import write_idx

N = 200_000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("bits", [0.0, 0.3, 1.0, math.log2(3), 3.3])
def test_bins_have_the_entropy(bits):
    law = QuantizedUniform(information=bits, features=2)
    sizes = law.probabilities
    assert stats.entropy(sizes, base=2) == pytest.approx(bits, abs=1e-9)
    x, y = law.sample(N, rng())
    assert np.bincount(y, minlength=len(sizes)) / N == pytest.approx(sizes, abs=0.01)
    for label in np.unique(y):
        assert np.ptp(x[y == label, 0]) <= sizes[label]


def test_levels_are_the_floor():
    x, y = levels(levels=10, features=4).sample(1000, rng())
    assert np.array_equal(y, np.floor(10 * x[:, 0]).astype(int))
    assert levels(levels=10).bits == pytest.approx(math.log2(10))


@pytest.mark.parametrize("symbols", [2, 10])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_channel_has_the_information_of_its_table(symbols, share):
    law = SymmetricChannel(symbols=symbols, information=share * math.log2(symbols))
    table = np.full((symbols, symbols), law.error / (symbols - 1))
    np.fill_diagonal(table, 1 - law.error)
    rows = [stats.entropy(row, base=2) for row in table]
    assert math.log2(symbols) - np.mean(rows) == pytest.approx(law.bits, abs=1e-6)
    x, y = law.sample(N, rng())
    assert np.mean(x[:, 0] != y) == pytest.approx(law.error, abs=0.01)


def test_a_channel_cannot_carry_more_than_its_symbols():
    with pytest.raises(ValueError, match="information must be ≤ 2 bits here, got 2.5"):
        SymmetricChannel(symbols=4, information=2.5)


def test_the_mixture_has_the_information_of_its_densities():
    law = GaoMixture(weight=0.3, correlation=0.8, flip=0.2)
    x, y = (part[:, 0] for part in law.sample(N, rng()))
    is_sign = np.abs(x) == 1
    normal = stats.multivariate_normal(cov=[[1, 0.8], [0.8, 1]])
    continuous = normal.logpdf(np.stack([x, y], 1)) - stats.norm.logpdf(x) - stats.norm.logpdf(y)
    ratio = np.where(
        is_sign,
        np.log(np.where(x == y, 0.8, 0.2) / 2 * 4 / 0.7),
        continuous - math.log(0.3),
    )
    assert ratio.mean() / math.log(2) == pytest.approx(law.bits, abs=0.01)
    assert is_sign.mean() == pytest.approx(0.7, abs=0.01)


def test_digits_share_the_information_of_their_classes():
    law = digits(information=2.0)
    known = {image.tobytes(): label for image, label in zip(*pool(), strict=True)}
    x, y = law.sample(20_000, rng())
    first, second = ([known[row.tobytes()] for row in rows] for rows in (x, y))
    found = mutual_info_score(first, second) / math.log(2)
    assert found == pytest.approx(2.0, abs=0.05)


def pool():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images / 16, labels


def test_chosen_classes_share_the_information_and_no_other_occurs():
    law = digits(information=0.5, classes=[4, 1])
    known = {image.tobytes(): label for image, label in zip(*pool(), strict=True)}
    x, y = law.sample(20_000, rng())
    first, second = ([known[row.tobytes()] for row in rows] for rows in (x, y))
    assert set(first) == set(second) == {1, 4}
    assert mutual_info_score(first, second) / math.log(2) == pytest.approx(0.5, abs=0.03)


def test_distinct_images_occur_once_and_never_on_both_sides():
    x, y = digits(information=0.5, classes=[0, 1], distinct=True).sample(140, rng())
    images = {row.tobytes() for row in (*x, *y)}
    assert len(images) == 280
    again, _ = digits(information=0.5, classes=[0, 1], distinct=True).sample(140, rng(1))
    assert {row.tobytes() for row in again} & {row.tobytes() for row in y}  # halves are new


def test_more_distinct_images_than_there_are_cannot_be_drawn():
    law = digits(information=0.5, classes=[0, 1], distinct=True)
    with pytest.raises(ValueError, match="samples must leave ≤ 89 distinct images of class 0"):
        law.sample(400, rng())


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([3], "classes must be different classes 0 … 9"),
        ([1, 10], r"classes\[1\] must be an integer ≤ 9, got 10"),
        ([1, 1], r"classes must be different, got \[1, 1\]"),
        ([0, 1], "information must be ≤ 1 bits here, got 2"),
    ],
)
def test_classes_that_cannot_be_are_refused(classes, message):
    with pytest.raises(ValueError, match=message):
        digits(information=2.0, classes=classes)


def test_mnist_is_read_from_its_files(tmp_path):
    labels = np.arange(20) % 10
    images = np.broadcast_to(25 * labels[:, None, None], (20, 28, 28))
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    x, y = mnist(path=str(tmp_path), information=math.log2(10)).sample(200, rng())
    assert x.shape == (200, 784)
    assert np.array_equal(x, y)  # full information: equal classes, and here equal images
    assert set(np.unique(np.rint(255 * x))) == set(range(0, 250, 25))


@pytest.mark.parametrize("damage", ["absent", "truncated", "other", "packed"])
def test_mnist_files_that_cannot_be_read(tmp_path, damage):
    path = tmp_path / "train-images-idx3-ubyte"
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(10))
    write_idx(path, np.zeros((10, 28, 28)))
    content = path.read_bytes()
    path.unlink()
    if damage == "packed":
        path.with_suffix(".gz").write_bytes(gzip.compress(content)[:10] + b"\xff" * 20)
    elif damage != "absent":
        path.write_bytes(content[:-5] if damage == "truncated" else b"image" + content)
    with pytest.raises(ValueError, match="path must hold .*train-images-idx3-ubyte"):
        mnist(path=str(tmp_path), information=1.0)
