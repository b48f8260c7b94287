"""What every ground truth in conf/distribution must do."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from ibsweep.config.instantiation import ConfigError, build
from ibsweep.distributions import Distribution

FILES = sorted((Path(__file__).parents[2] / "conf" / "distribution").glob("*.yaml"))
NAMES = [file.stem for file in FILES if not file.stem.startswith("mnist")]  # files not shipped


def node(name, **options):
    """The options of a distribution, as composed."""
    content = yaml.safe_load((FILES[0].parent / f"{name}.yaml").read_text())
    values = content.get("distribution", content)
    if "information" in values:
        values["information"] = 1.0
    return {**values, **options}


def make(name, **options) -> Distribution:
    return build(node(name, **options), "distribution")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_finite_rows_of_numbers_or_labels(name):
    x, y = make(name).sample(50, rng())
    assert x.dtype == np.float64
    assert x.ndim == 2
    assert len(x) == len(y) == 50
    assert (y.ndim, y.dtype) in ((1, np.int64), (2, np.float64))
    assert np.isfinite(x).all()
    assert np.isfinite(y).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_alone_decides(name):
    one, same, other = (make(name).sample(50, rng(seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one.x, other.x)


@pytest.mark.parametrize("name", [name for name in NAMES if "information" in node(name)])
@pytest.mark.parametrize("bits", [0.9, 1.7])
def test_the_information_is_what_was_asked_for(name, bits):
    assert make(name, information=bits).bits == pytest.approx(bits, abs=1e-12)


@pytest.mark.parametrize("name", [name for name in NAMES if "information" in node(name)])
@pytest.mark.parametrize("bits", [-0.1, float("nan"), "much"])
def test_information_that_cannot_be_is_refused(name, bits):
    with pytest.raises(ConfigError, match="information must be"):
        make(name, information=bits)


@pytest.mark.parametrize("name", [name for name in NAMES if "dims" in node(name)])
@pytest.mark.parametrize("dims", [[0, 0], [2], 3, "2,2"])
def test_dimensions_that_cannot_be_are_refused(name, dims):
    with pytest.raises(ConfigError, match="must be"):
        make(name, dims=dims)
