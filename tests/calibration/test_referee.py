"""The referee calibrates a study's estimators as the study used them."""

import json
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from ibsweep.calibration import referee as judging
from ibsweep.calibration.referee import TRUTHS, WIDEST, referee
from ibsweep.calibration.referee_text import readings, sentences
from ibsweep.config import shipped
from ibsweep.config.settings import Settings

EBAB = shipped.option("estimator", "ebab")
GAUSSIAN = "ibsweep.estimators.gaussian."
LOSSY = shipped.option("estimator", "lossy") | {
    "of_inputs": {"_target_": f"{GAUSSIAN}mutual_information", "_partial_": True},
    "of_labels": {"_target_": f"{GAUSSIAN}label_information", "_partial_": True},
}
UNITS = {"layer_1": 3, "layer_2": 2, "output": 2}


class FakeStore:
    """A store whose networks logged their activity."""

    def __init__(self, units=UNITS, **estimators):
        self.units, self.estimators = units, estimators

    def read_config(self, run_id):
        return OmegaConf.to_yaml({"estimator": self.estimators})

    def logged_epochs(self, run_id):
        return [0, 9]

    def read_activity(self, run_id, epoch):
        return {layer: np.zeros((5, width)) for layer, width in self.units.items()}


def judged(samples, store=None, **options):
    runs = pd.DataFrame({"run_id": ["a", "b"], "configuration": ["c", "c"], "samples": samples})
    return referee(store or FakeStore(ebab=EBAB), runs, seeds=2, **options)


def dimensions(table, quantity):
    chosen = table[table["quantity"] == quantity]
    return chosen.drop_duplicates("layer").set_index("layer")["dimensions"].to_dict()


def test_each_layer_is_judged_at_its_width_and_the_studys_samples():
    table = judged(200)
    assert table["samples"].unique().tolist() == [200]
    assert dimensions(table, "i_xt") == dimensions(table, "i_ty") == UNITS
    assert len(table) == 3 * sum(map(len, TRUTHS.values()))


def test_binning_few_samples_finely_finds_information_where_there_is_none():
    table = judged(50).set_index(["layer", "quantity", "truth"])
    assert table.loc[("layer_1", "i_ty", 0.0), "bias"] == pytest.approx(0.0, abs=1e-9)
    assert table.loc[("layer_1", "i_xt", 0.0), "bias"] > 2


def test_of_an_estimator_that_compresses_its_codes_are_judged():
    store = FakeStore({"layer_1": 1352, "layer_2": 3, "output": 10}, lossy=LOSSY)
    table = judged(400, store)
    assert dimensions(table, "i_xt") == {"layer_1": 4, "layer_2": 3, "output": 4}
    assert dimensions(table, "i_ty") == {"layer_1": 9, "layer_2": 3, "output": 9}
    exact = table[(table["quantity"] == "i_xt") & (table["truth"] == 2.0)]
    assert exact["bias"].abs().max() < 0.3  # Gaussians, as the estimator takes them to be
    assert any("lossy, layer_1, I(X;T): at N = 400, d = 4 it" in line for line in sentences(table))


def test_a_compressor_without_a_number_of_dimensions_leaves_the_layer_s():
    identity = {"_target_": "ibsweep.compressors.identity.fit", "_partial_": True}
    store = FakeStore(lossy=LOSSY | {"layer_compressor": identity})
    assert dimensions(judged(60, store), "i_xt") == {"layer_1": 3, "layer_2": 2, "output": 1}


def test_layers_that_are_too_wide_are_named_and_not_judged():
    table = judged(50, FakeStore({"layer_1": 1352, "output": 2}, ebab=EBAB))
    wide = table[table["layer"] == "layer_1"]
    assert wide["n"].tolist() == [0, 0] and wide["truth"].isna().all()
    expected = f"ebab, layer_1, I(X;T): not judged: d = 1352, more than {WIDEST}"
    assert sentences(table)[0] == expected
    told = readings(table)["c", "ebab"].set_index("d")
    assert (told.loc[1352].drop(["layer", "N"]) == "not judged").all()


def test_a_convolutional_layer_is_as_wide_as_its_channels_times_its_pixels(composed):
    options = ["task=digits", "network=conv_small", "training=images_quick"]
    config = composed(*options)
    settings = Settings.of(config)
    store = FakeStore(ebab=EBAB)
    store.logged_epochs = lambda run_id: []
    with mock.patch.object(judging, "stored_settings", return_value=settings):
        found = dimensions(judged(20, store), "i_xt")
    assert found == {"layer_1": 128, "layer_2": 64, "layer_3": 32, "output": 10}


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


def test_the_table_of_a_plane_has_a_row_a_layer_and_a_column_a_truth():
    table = judged(50)
    told = readings(table)["c", "ebab"]
    assert told["layer"].tolist() == ["layer 1", "layer 2", "output"]
    cell = table.set_index(["layer", "quantity", "truth"]).loc[("layer_2", "i_ty", 0.5)]
    assert told.loc[1, "I(T;Y) = 0.5"] == f"{cell['mean']:.2f} ± {cell['sd']:.2f}"
    assert len(told.columns) == 3 + sum(map(len, TRUTHS.values()))


def test_what_was_measured_is_kept_for_the_next_process(tmp_path):
    first = judged(50, cache=tmp_path)
    with mock.patch.object(judging, "measure", side_effect=AssertionError("measured again")):
        assert judged(50, cache=tmp_path).equals(first)
        other = json.loads(json.dumps(EBAB)) | {"bins": 10}
        with pytest.raises(AssertionError, match="measured again"):
            judged(50, FakeStore(ebab=other), cache=tmp_path)
        with (
            mock.patch.dict(judging.NUMERICS, estimators=0),
            pytest.raises(AssertionError, match="measured again"),
        ):
            judged(50, cache=tmp_path)
