"""Image data sets, from small files of the real formats."""

import gzip
import pickle
import struct
from urllib.error import URLError

import numpy as np
import pytest

from ibsweep.tasks import mnist as mnist_module
from ibsweep.tasks.cifar import PARTS, cifar10, normalized_cifar10
from ibsweep.tasks.digits import digits
from ibsweep.tasks.mnist import FILES, fashion_mnist, mnist
from ibsweep.tasks.split import published

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (7, 4, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2, 1], dtype=np.uint8)


def idx(values):
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.tobytes()


@pytest.fixture
def folder(tmp_path):
    """Five images to train on, two to test on, half of the files compressed."""
    for name, values in zip(FILES, (PIXELS[:5], LABELS[:5], PIXELS[5:], LABELS[5:]), strict=True):
        if "labels" in name:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(values)))
        else:
            (tmp_path / name).write_bytes(idx(values))
    return tmp_path


def test_digits_are_1797_images_of_ten_classes_in_like_numbers():
    task = digits()
    assert (task.shape, task.inputs.shape, task.classes) == ((1, 8, 8), (1797, 64), 10)
    assert (task.inputs.min(), task.inputs.max()) == (0, 1)
    assert np.bincount(task.labels).min() > 170


@pytest.mark.parametrize("read", [mnist, fashion_mnist])
def test_idx_files_are_read_train_part_first(folder, read):
    task = read(root=str(folder))
    assert task.shape == (1, 4, 3)
    assert np.array_equal(task.inputs.reshape(PIXELS.shape) * 255, PIXELS)
    assert task.labels.tolist() == LABELS.tolist()
    split = published(task.labels, 0, train_samples=5)
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 2, 3, 4], [5, 6])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "IDX files of unsigned bytes"),
        (b"\x00\x00\x0d\x01" + struct.pack(">If", 1, 0.5), "IDX files of unsigned bytes"),
        (idx(PIXELS)[:-1], r"complete IDX files, got .* with 83 bytes for \(7, 4, 3\)"),
        (idx(PIXELS[:, 0]), "images of one size"),
        (idx(PIXELS[:3]), "images .* with labels"),
    ],
)
def test_damaged_idx_files(folder, content, rule):
    (folder / FILES[0]).write_bytes(content)
    with pytest.raises(ValueError, match=f"root must hold {rule}"):
        mnist(root=str(folder))


def test_a_damaged_compressed_file(folder):
    path = folder / f"{FILES[1]}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="root must hold readable IDX files"):
        mnist(root=str(folder))


def test_a_missing_file_is_named(folder):
    (folder / FILES[2]).unlink()
    with pytest.raises(ValueError, match=f"root must hold {FILES[0]}, .* without {FILES[2]}$"):
        mnist(root=str(folder))


def test_sixty_thousand_other_images_are_not_taken_for_mnist(tmp_path):
    images, labels = np.zeros((60000, 28, 28), np.uint8), np.arange(60000) % 10
    for name, values in zip(FILES, (images, labels, images[:2], labels[:2]), strict=True):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(values.astype(np.uint8)), 1))
    with pytest.raises(ValueError, match="root must hold the published MNIST, got"):
        mnist(root=str(tmp_path))


def test_without_files_and_connection_the_four_files_are_named(tmp_path, monkeypatch):
    def unreachable(*args, **kwargs):
        raise URLError("no route")

    monkeypatch.setattr(mnist_module, "fetch_openml", unreachable)
    with pytest.raises(ValueError, match=f"root must hold {', '.join(FILES)}, .* no OpenML: "):
        mnist(root=str(tmp_path))


def cifar_rows(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (3, 3072), dtype=np.uint8), rng.integers(0, 10, 3)


def test_both_versions_of_cifar10_hold_the_same_task(tmp_path):
    for folder in ("bin", "py"):
        (tmp_path / folder).mkdir()
    for seed, name in enumerate(PARTS):
        pixels, labels = cifar_rows(seed)
        rows = np.column_stack([labels.astype(np.uint8), pixels])
        (tmp_path / "bin" / f"{name}.bin").write_bytes(rows.tobytes())
        held = {b"data": pixels, b"labels": labels.tolist(), b"filenames": [b"a.png"] * 3}
        (tmp_path / "py" / name).write_bytes(as_python_2(held))
    binary, pickled = (cifar10(root=str(tmp_path / folder)) for folder in ("bin", "py"))
    assert binary.digest == pickled.digest
    assert binary.shape == (3, 32, 32)
    assert np.array_equal(binary.inputs[:3] * 255, cifar_rows(0)[0])
    scaled = normalized_cifar10(root=str(tmp_path / "bin"))
    assert (scaled.shape, scaled.labels.tolist()) == (binary.shape, binary.labels.tolist())
    plain, images = (task.inputs.reshape(-1, 3, 1024) for task in (binary, scaled))
    for colour, (mean, deviation) in enumerate(
        [(0.4914, 0.247), (0.4822, 0.243), (0.4465, 0.261)]
    ):
        np.testing.assert_allclose(images[:, colour] * deviation + mean, plain[:, colour])


def as_python_2(held):
    """Pickle arrays as the published files do: numpy 1, bytes for text."""

    class Published(pickle._Pickler):
        def save_bytes(self, obj):
            self.write(pickle.BINSTRING + struct.pack("<i", len(obj)) + obj)
            self.memoize(obj)

        dispatch = {**pickle._Pickler.dispatch, bytes: save_bytes}

    import io

    file = io.BytesIO()
    Published(file, protocol=2).dump(held)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")


class Evil:
    def __reduce__(self):
        return print, ("code was run",)


def test_a_pickle_that_would_run_code_is_refused_and_runs_none(tmp_path, capsys):
    for name in PARTS:
        (tmp_path / name).write_bytes(pickle.dumps({b"data": Evil(), b"labels": []}))
    with pytest.raises(
        ValueError, match="root must hold CIFAR-10's files, .*print is not allowed"
    ):
        cifar10(root=str(tmp_path))
    assert capsys.readouterr().out == ""


def test_a_truncated_binary_file(tmp_path):
    for name in PARTS:
        (tmp_path / f"{name}.bin").write_bytes(bytes(3072))
    with pytest.raises(ValueError, match="root must hold complete files, got .* of 3072 bytes"):
        cifar10(root=str(tmp_path))
