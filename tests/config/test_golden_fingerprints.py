"""Fingerprints of version 0.1.0: if one changed, every stored run of its kind would be run again.

`python -m tests.config.test_golden_fingerprints` prints those of the present code.
"""

import json

import pytest
from hydra import compose, initialize_config_dir

from ibsweep.calibration.cell import Cell
from ibsweep.config import fingerprints
from ibsweep.config.settings import Settings
from ibsweep.config.shipped import conf_dir
from ibsweep.launching.registration import register

FINGERPRINTS = (
    fingerprints.run_fingerprint,
    fingerprints.network_fingerprint,
    fingerprints.configuration_fingerprint,
    fingerprints.ensemble_key,
)
NETWORKS = {
    "relu": [],
    "sgd with max_norm": [
        *("training.optimizer=sgd", "regularization=max_norm", "seed=3", "activation=tanh")
    ],
    "activity_noise": ["regularization=activity_noise", "activation=sine"],
    "prelu with l1_l2": ["activation=prelu", "regularization=l1_l2", "seeding=all", "seed=7"],
    "conv with noise": ["task=digits", "network=conv_small", "noise=[relative,dropout]"],
    "lossy with an autoencoder": [
        *("task=digits", "network=conv_small", "noise=additive", "estimator=[ebab,lossy]")
    ],
    "critic": ["estimator=[mine]"],
    "linear snapshots": ["snapshots=linear", "activation=abs"],
    "saxe snapshots": ["snapshots=saxe", "activation=gelu", "training=quick"],
    "parts and measured": ["parts=[all,train]", "measured=train", "estimator=[akde,ebab_10]"],
}
CALIBRATIONS = {
    "normal": ["estimator=[ksg,mine]"],
    "digits": [
        *("distribution=digits", "compressor=conv_autoencoder", "estimator=[shuffled]", "seed=2")
    ],
}
GOLDEN = {
    "relu": [
        "f29189de689b5a58add43c72fe3a2471",
        "8afe4aade7d7d9d190f8804927f321fd",
        "674481850aaa00a25778200e72a895f7",
        "6d4343b9b9db43592ab5a3857b88f928",
    ],
    "sgd with max_norm": [
        "4e4bc50307569a6b7c57ecf1cf6ea0c9",
        "5e7f86f6fbcfed1d6207171b5d13d3fe",
        "2281558b2da80e62a5c34a3d6e781535",
        "0a828d2ef683aa475825e0e79de00111",
    ],
    "activity_noise": [
        "061818a3d6f0c00ec6a6da1997aa2bdd",
        "b899a1ad218ec81f67f2619ad18f8a1d",
        "91e27c69061fcc012dc4011e3d05131c",
        "c93a78c413fb805c295030b88152b7a0",
    ],
    "prelu with l1_l2": [
        "814e2d78b38fd217bfd3c7854a161c80",
        "790d95ae91fab292dd9684bf251e2558",
        "7bae5808747a0eaf1f1cbac1276428aa",
        "24e99def89ab48e1a7c1c6762a73478a",
    ],
    "conv with noise": [
        "0f3caa79fcd29f82c892b8922617807d",
        "561382c5def1da516ee6cf3b09c520e9",
        "0ccfc0393dc34610868fbeecab636fcb",
        "24b28cfb224553f8c8d7d9dc014ecb0b",
    ],
    "lossy with an autoencoder": [
        "f73f3573903484b2524f34c7fff1bdf0",
        "874b9884968e896c624b5e33e8d34d51",
        "ed8f7948354d13829f68d240c928faf2",
        "23d11e35e2ebee945a8a465d0d4e88aa",
    ],
    "critic": [
        "dbbdf3b9d713176934e73d0dad688cef",
        "8afe4aade7d7d9d190f8804927f321fd",
        "1614ca775516e0de33bfaea74cabab70",
        "6d4343b9b9db43592ab5a3857b88f928",
    ],
    "linear snapshots": [
        "b98b360596c66fd8b9a8de48fe1c90b8",
        "984cf97bfc602dbf0bd1c4789f613ecb",
        "1880b7dbb3f6714cf5b787b6d179a3a8",
        "b5e31c3d303f100680760cc587ab25bb",
    ],
    "saxe snapshots": [
        "0323b853802ca55bbf1a34ff63d74a61",
        "66849668f271bec7cd1414bcea06300f",
        "a4a6afdd9434217bba058b418e03867c",
        "08dc4f8a14a33a1aad824b5660856336",
    ],
    "parts and measured": [
        "8829dc1daf4957b2023fb42f31646174",
        "8afe4aade7d7d9d190f8804927f321fd",
        "ac23f9cd03459456fa1c62ae2b761cbd",
        "6d4343b9b9db43592ab5a3857b88f928",
    ],
    "normal": [
        "8bc0dd4bcfd365718aa456c7036dee3d",
        "62a61eabd4cdfc999793dc64e555d5e0",
    ],
    "digits": [
        "fee79d86c5dfc6a1ae797a6b4f6610b0",
        "6ed0a5cb30a533b8def934ee65cd250a",
    ],
}


def of_network(overrides):
    settings = Settings.of(composed("config", ["device=cpu", "training.engine=torch", *overrides]))
    return [fingerprint(settings) for fingerprint in FINGERPRINTS]


def of_calibration(overrides):
    cell = Cell.of(composed("calibration", overrides))
    return [cell.fingerprint(cell.content), cell.fingerprint(cell.sample_content)]


def composed(name, overrides):
    register()
    with initialize_config_dir(version_base="1.3", config_dir=conf_dir()):
        return compose(name, overrides=list(overrides))


def present():
    """Return the fingerprints of the present code."""
    networks = {name: of_network(overrides) for name, overrides in NETWORKS.items()}
    return networks | {name: of_calibration(given) for name, given in CALIBRATIONS.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_keep_their_fingerprints(name):
    assert of_network(NETWORKS[name]) == GOLDEN[name]


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_calibrations_keep_their_fingerprints(name):
    assert of_calibration(CALIBRATIONS[name]) == GOLDEN[name]


if __name__ == "__main__":
    print(json.dumps(present(), indent=4))
