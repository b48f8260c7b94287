"""Networks in few bits from the command line: trained, stored, checked, measured again."""

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import ibsweep
from ibsweep import cli
from ibsweep.config.engines import engine_of
from ibsweep.config.fingerprints import network_fingerprint, run_fingerprint
from ibsweep.config.instantiation import ConfigError
from ibsweep.stored.restoring import stored_settings
from ibsweep.tracking import TrackingOptions, read_store
from tests.sweeps.test_command_line import SEQUENTIAL, TINY, command, said

BITS = ["task=parity", "task.bits=7", "training.batch_size=64"]
KINDS = {
    "uniform": ["quantization=uniform", "quantization.bits=3", "quantization.weights=true", *BITS],
    "binary": ["quantization=binary", "activation=hardtanh", *BITS],
    "normalized": [
        "quantization=uniform",
        "quantization.bits=3",
        "network.normalization=batch",
        "scheme=layerwise",
        *BITS,
    ],
    "conv": ["quantization=uniform", "quantization.bits=2", "task=digits", "network=conv_small"],
}


@pytest.fixture(scope="module", params=KINDS)
def folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    done = command(folder, *TINY, *KINDS[request.param], "estimator=[quantized]")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(folder):
    return ibsweep.runs(directory=folder / "outputs").iloc[0]


def cli_of(folder, name, *arguments):
    return CliRunner().invoke(cli.main, [name, "--directory", str(folder / "outputs"), *arguments])


def test_doctor_finds_that_weights_and_ranges_give_the_logged_activity(folder):
    done = cli_of(folder, "doctor")
    assert done.exit_code == 0, done.output


def test_stored_activity_has_few_values_and_the_module_gives_the_same(run, folder):
    stored, network = ibsweep.activity(run, 6), ibsweep.network(run, epoch=6)
    settings = stored_settings(
        read_store(TrackingOptions.at(folder / "outputs", study="ibsweep")), run["run_id"]
    )
    seen = {}
    for name, child in network.named_children():
        child.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    with torch.no_grad():
        network(torch.as_tensor(settings.dataset.inputs, dtype=torch.float32))
    for name, values in stored.items():
        if run["quantization"] == "uniform" or name != "output":
            assert len(np.unique(values)) <= 8
        assert np.isclose(seen[name], values, rtol=1e-4, atol=1e-6).mean() > 0.98


def test_other_estimators_measure_it_from_its_weights(folder):
    before = len(ibsweep.runs(directory=folder / "outputs"))
    done = cli_of(folder, "estimate", "--workers", "1", "estimator=[binning_width]")
    assert done.exit_code == 0, done.output
    table = ibsweep.runs(directory=folder / "outputs")
    assert len(table) == before
    curves = ibsweep.curves(table)
    assert set(curves["estimator"]) == {"quantized", "binning_width"}


def test_no_layer_knows_more_than_the_one_below(run):
    assert run["quantized/violations/processing"] == 0


def test_it_shares_a_sweep_with_others_and_resumes_by_its_own_name(tmp_path):
    sweep = ["-m", "activation=hardtanh", "quantization=none,uniform,binary", "seed=range(2)"]
    said(command(tmp_path, *sweep, *BITS, *SEQUENTIAL))
    runs = ibsweep.runs(directory=tmp_path / "outputs")
    assert runs["quantization"].value_counts().to_dict() == {"none": 2, "uniform": 2, "binary": 2}
    assert runs["training_fingerprint"].nunique() == 6
    again = said(command(tmp_path, *sweep, *BITS, *SEQUENTIAL))
    assert "6 known" in again or "already" in again or "0 networks" in again


def test_none_is_what_there_was_before(settings):
    """`tests/config/test_golden_fingerprints.py` holds the fingerprints themselves."""
    plain = settings()
    assert plain.network.quantization is None
    assert network_fingerprint(plain) == network_fingerprint(settings("quantization=none"))
    others = [
        settings("quantization=uniform"),
        settings("quantization=uniform", "quantization.bits=4"),
        settings("quantization=binary", "activation=hardtanh"),
    ]
    assert len({run_fingerprint(one) for one in (plain, *others)}) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["quantization=uniform", "quantization.bits=17"], "quantization.bits must be ≤ 16"),
        (["quantization=uniform", "quantization.bits=0"], "quantization.bits must be .*≥ 1"),
        (["quantization=uniform", "quantization.weights=2"], "quantization.weights must be"),
        (["quantization=binary"], "quantization=binary needs activation=hardtanh"),
        (
            ["quantization=uniform", "noise=additive"],
            r"quantization must be none where noise .* got noise=\['additive'\]",
        ),
        (
            ["quantization=uniform", "training.engine=compiled"],
            "training.engine must be auto or torch here.*without quantization",
        ),
    ],
)
def test_what_cannot_be_quantised_is_one_clear_error(settings, options, message):
    with pytest.raises(ConfigError, match=message):
        wrong = settings(*options)
        wrong.check()
        engine_of(wrong)
