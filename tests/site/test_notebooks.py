"""The notebooks run from top to bottom, and what they show on the site is what they gave."""

import numpy as np
import pytest

from docs.site import notebooks

NAMES = sorted(path.stem for path in notebooks.FOLDER.glob("*.ipynb"))
SEEDS = 4  # in place of those that a notebook begins with


@pytest.fixture
def execute(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def executed(name, **values):
        notebook = notebooks.read(notebooks.FOLDER / f"{name}.ipynb")
        return notebooks.execute(notebook, tmp_path, **values)

    return executed


def test_a_first_plane(execute):
    names = execute("first-plane", seeds=SEEDS)
    assert len(names["runs"]) == SEEDS
    assert names["curves"]["i_xt"].between(0, 12).all()
    assert set(names["probe"].curves["layer"]) == {"0", "1", "output"}


def test_compression_and_accuracy(execute):
    names = execute("compression-and-accuracy", seeds=SEEDS)
    assert names["without"].groupby("group")["n"].max().to_dict() == {"relu": 4, "tanh": 4}
    assert names["without"]["r"].between(-1, 1).all()


def test_an_estimator_of_your_own(execute):
    names = execute("own-estimator", seeds=SEEDS)
    bias = names["bias"]
    assert np.abs(bias["ksg"]).max() < 0.1 and np.abs(bias["general"]).max() < 0.1
    assert bias["bins", 0.0] > 0.05 and bias["bins", 6.0] < -2
    assert set(names["curves"]["layer"]) == {"layer_1", "layer_2", "output"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_whole(execute, name):
    assert execute(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_was_executed_in_order(name):
    cells = notebooks.read(notebooks.FOLDER / f"{name}.ipynb")["cells"]
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_every_cell_and_picture(name):
    pages = notebooks.pages()
    text = pages[f"notebooks/{name}.md"]
    for cell in notebooks.read(notebooks.FOLDER / f"{name}.ipynb")["cells"]:
        assert "".join(cell["source"]) in text
    pictures = [path for path in pages if path.startswith(f"notebooks/{name}-")]
    assert pictures and all(pages[path].startswith(b"\x89PNG") for path in pictures)
    assert all(f"![Figure]({path.removeprefix('notebooks/')})" in text for path in pictures)


def test_a_cell_gives_what_it_prints_its_last_value_and_its_figure(tmp_path):
    sources = [
        "n = 5\nprint(n)\nn + 1",
        "import matplotlib.pyplot as plt\nplt.plot([n]);",
        "m = n",
    ]
    cells = [{"cell_type": "code", "source": [source]} for source in sources]
    names = notebooks.execute({"cells": cells}, tmp_path, n=2)
    assert names["m"] == 2
    printed, value = cells[0]["outputs"]
    assert printed["text"] == ["2\n"] and value["data"] == {"text/plain": ["3"]}
    assert [list(output["data"]) for output in cells[1]["outputs"]] == [[notebooks.PICTURE]]
    assert cells[2]["outputs"] == []


def test_a_cell_that_fails_stops_the_notebook(tmp_path):
    cells = [{"cell_type": "code", "source": ["1 / 0"]}]
    with pytest.raises(ZeroDivisionError):
        notebooks.execute({"cells": cells}, tmp_path)
