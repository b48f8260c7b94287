"""The referee calibrates a study's estimators as the study used them."""

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from ibsweep.calibration.referee import TRUTHS, referee, sentences

EBAB = {"_target_": "ibsweep.estimators.ebab.ebab_information", "_partial_": True, "bins": 30}


class FakeStore:
    def read_config(self, run_id):
        return OmegaConf.to_yaml({"estimator": {"ebab": EBAB}})

    def read_weights(self, run_id):
        widths = {"layer_1": 3, "layer_2": 2, "output": 2}
        return {f"{layer}.bias": np.zeros((9, width)) for layer, width in widths.items()}


def judged(samples):
    runs = pd.DataFrame({"run_id": ["a", "b"], "configuration": ["c", "c"], "samples": samples})
    return referee(FakeStore(), runs, seeds=2)


def test_each_layer_is_judged_at_its_width_and_the_studys_samples():
    table = judged(200)
    assert table["samples"].unique().tolist() == [200]
    widths = table.drop_duplicates("layer").set_index("layer")["units"]
    assert widths.to_dict() == {"layer_1": 3, "layer_2": 2, "output": 2}
    assert len(table) == 3 * sum(map(len, TRUTHS.values()))


def test_binning_few_samples_finely_finds_information_where_there_is_none():
    table = judged(50).set_index(["layer", "quantity", "truth"])
    assert table.loc[("layer_1", "i_ty", 0.0), "bias"] == pytest.approx(0.0, abs=1e-9)
    assert table.loc[("layer_1", "i_xt", 0.0), "bias"] > 2


def test_a_sentence_tells_each_layers_readings_beside_the_truths():
    table = judged(50)
    lines = sentences(table)
    assert len(lines) == 3 * len(TRUTHS)
    (line,) = (
        line for line in lines if line.startswith("ebab, layer_2, I(X;T): at N = 50, d = 2")
    )
    cells = table[(table["layer"] == "layer_2") & (table["quantity"] == "i_xt")]
    for cell in cells.to_dict("records"):
        told = f"{cell['mean']:.2f} ± {cell['sd']:.2f} bits where the truth is {cell['truth']:g}"
        assert told in line
