import numpy as np
import pytest
import scipy.io

from ibsweep.tasks.arrays import arrays
from ibsweep.tasks.boolean import spherical


@pytest.fixture
def save(tmp_path):
    def write(x, y, name="data.npz"):
        np.savez(tmp_path / name, x=x, y=y)
        return str(tmp_path / name)

    return write


def test_labels_are_renumbered_from_zero(save):
    task = arrays(path=save(np.eye(4), np.array([7, -1, 7, 3])), inputs="x", labels="y")
    assert task.labels.tolist() == [2, 0, 2, 1]
    assert task.classes == 3


def test_matlab_layout_of_the_published_file(tmp_path):
    task = spherical()
    scipy.io.savemat(tmp_path / "var_u.mat", {"F": task.inputs, "y": task.labels[None, :]})
    read = arrays(path=str(tmp_path / "var_u.mat"), inputs="F", labels="y")
    assert read.digest == task.digest


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (np.arange(24.0).reshape(2, 3, 4), (1, 3, 4)),
        (np.arange(24.0).reshape(2, 2, 3, 2), (2, 3, 2)),
        (np.arange(24.0).reshape(2, 12), None),
    ],
)
def test_images_keep_their_shape(save, images, shape):
    task = arrays(path=save(images, np.array([0, 1])), inputs="x", labels="y")
    assert task.shape == shape
    assert (task.inputs == np.arange(24.0).reshape(2, 12)).all()


@pytest.mark.parametrize(
    ("x", "y", "rule"),
    [
        (np.eye(3), np.zeros(3), "at least two classes"),
        (np.array([[0.0], [np.nan]]), np.array([0, 1]), "x must be finite"),
        (np.eye(3), np.array([0, 1]), "must have shapes"),
        (np.zeros((2, 1, 2, 2, 2)), np.array([0, 1]), "must have shapes"),
        (np.eye(2), np.array([0.5, 1]), "y must be integers"),
        (np.eye(2), np.array(["a", "b"]), "y must hold numbers"),
        (np.array([[None]]), np.array([0]), "readable .npz"),
    ],
)
def test_malformed_arrays(save, x, y, rule):
    with pytest.raises(ValueError, match=rule):
        arrays(path=save(x, y), inputs="x", labels="y")


def test_absent_array_is_named_with_those_present(save):
    with pytest.raises(ValueError, match="must hold an array 'z', got .* with x, y"):
        arrays(path=save(np.eye(2), np.array([0, 1])), inputs="z", labels="y")


@pytest.mark.parametrize("name", ["absent.npz", "data.csv", ""])
def test_no_such_file(tmp_path, name):
    with pytest.raises(ValueError, match="path must"):
        arrays(path=str(tmp_path / name) if name else None, inputs="x", labels="y")


def test_truncated_file(save, tmp_path):
    path = tmp_path / save(np.eye(50), np.arange(50))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="readable .npz"):
        arrays(path=str(path), inputs="x", labels="y")
