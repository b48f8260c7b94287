"""The README's examples run, and documents link to files that exist."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
OWN_MODEL, OWN_ARRAYS, STORE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_is_short():
    shown = re.sub(r"<!--.*?-->", "", README, flags=re.DOTALL)
    assert len(shown.split()) <= 700


def test_your_own_model(tmp_path, monkeypatch, capsys, rng):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Linear(4, 2))
    inputs = torch.as_tensor(rng.normal(size=(64, 3)), dtype=torch.float32)
    optimizer = torch.optim.Adam(model.parameters())

    def train_one_epoch(model):
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    labels = (inputs[:, 0] > 0).long()
    exec(OWN_MODEL, {**locals(), "epochs": 3})
    assert "'ebab/compression/0'" in capsys.readouterr().out


def test_your_own_arrays(capsys, rng):
    x = rng.normal(size=(2000, 2))
    exec(OWN_ARRAYS, {"x": x, "y": x + rng.normal(size=(2000, 2))})
    assert float(capsys.readouterr().out) == pytest.approx(1.0, abs=0.15)


def test_asking_the_store(typed):
    typed("-m", "training=quick", "training.epochs=5", "seed=0,1,2")
    names: dict[str, object] = {}
    exec(STORE, names)
    assert len(names["runs"]) == 3
    assert names["activity"]["layer_1"].shape == (4096, 10)
    assert np.isfinite(names["curves"]["i_xt"]).all()
    assert set(names["table"]["n"]) <= {0, 2, 3}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_to_files_that_exist(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing
