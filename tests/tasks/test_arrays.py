import numpy as np
import pytest
import scipy.io
import scipy.sparse

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


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_labels_that_float64_would_merge_stay_apart(save, dtype):
    large = np.array([2**53, 2**53 + 1, 2**63 - 1, 2**63 - 2]).astype(dtype)
    task = arrays(path=save(np.eye(4), large), inputs="x", labels="y")
    assert task.labels.tolist() == [0, 1, 3, 2]


def test_labels_beyond_what_their_floats_tell_apart_are_refused(save):
    with pytest.raises(ValueError, match=r"labels=y must be stored as integers .* reach 2\^24"):
        arrays(path=save(np.eye(2), np.float32([2**24 + 1, 0])), inputs="x", labels="y")


def test_patterns_that_float64_would_round_are_refused(save):
    with pytest.raises(ValueError, match="x must be numbers that float64 holds exactly, got 9007"):
        arrays(path=save(np.array([[2**53 + 1], [0]]), np.array([0, 1])), inputs="x", labels="y")


@pytest.mark.parametrize(
    ("x", "y", "advice"),
    [
        (np.eye(3), np.eye(3)[[0, 1, 0]], "argmax.* makes labels of one-hot rows"),
        (np.zeros((3, 8, 9, 3)), np.array([0, 1, 0]), r"got \(3, 8, 9, 3\): numpy.moveaxis"),
        (np.zeros((5, 3)), np.array([0, 1, 0]), "its transpose has a row a sample"),
        (np.eye(2), np.array(["a", "b"]), "return_inverse=True"),
        (np.eye(2) * 1j, np.array([0, 1]), "real and imaginary parts as features"),
        (np.zeros(2, [("a", float)]), np.array([0, 1]), "a column a field"),
        (np.eye(2), np.array([0, 1], dtype=object), "y holds Python objects"),
    ],
)
def test_arrays_laid_out_otherwise_are_told_how_to_fit(save, x, y, advice):
    with pytest.raises(ValueError, match=advice):
        arrays(path=save(x, y), inputs="x", labels="y")


def test_feature_maps_that_are_small_are_no_pictures(save):
    maps = np.zeros((2, 16, 4, 4))
    assert arrays(path=save(maps, np.array([0, 1])), inputs="x", labels="y").shape == (16, 4, 4)


def test_sparse_matrices_are_read(tmp_path):
    sparse = {"x": scipy.sparse.csc_matrix(np.eye(3)), "y": scipy.sparse.csc_matrix([[0, 1, 0]])}
    scipy.io.savemat(tmp_path / "data.mat", sparse)
    task = arrays(path=str(tmp_path / "data.mat"), inputs="x", labels="y")
    assert (task.inputs == np.eye(3)).all()
    assert task.labels.tolist() == [0, 1, 0]


HDF5 = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(384) + b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("data.npz", b"\x93NUMPY\x01\x00", "it holds one array, of numpy.save"),
        ("data.npz", b"\x80\x04}.", "it is no archive of numpy.savez"),
        ("data.npz", b"", "it is no archive of numpy.savez"),
        ("data.mat", HDF5, r"version 7.3 \(HDF5\) is not read, save\(…, '-v7'\)"),
        ("data.mat", b"hello", "must name a readable .mat file"),
    ],
)
def test_files_of_another_kind(tmp_path, name, content, rule):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rule):
        arrays(path=str(tmp_path / name), inputs="x", labels="y")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "data.npz").mkdir()
    with pytest.raises(ValueError, match="path must name a file, got the folder"):
        arrays(path=str(tmp_path / "data.npz"), inputs="x", labels="y")


def test_only_the_arrays_that_are_asked_for_are_read(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.eye(2), y=[0, 1], notes=np.array([{}], dtype=object))
    assert arrays(path=str(tmp_path / "data.npz"), inputs="x", labels="y").classes == 2


def test_home_is_where_the_tilde_points(save, monkeypatch, tmp_path):
    save(np.eye(2), np.array([0, 1]))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert arrays(path="~/data.npz", inputs="x", labels="y").classes == 2
