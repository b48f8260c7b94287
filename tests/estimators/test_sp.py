import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from ibsweep.estimators.kde import kde_information
from ibsweep.estimators.sp import sp_information


def test_two_points_agree_with_numerical_integration():
    def density(t):
        return (norm.pdf(t) + norm.pdf(t, loc=2)) / 2

    entropy = quad(lambda t: -density(t) * np.log2(density(t)), -9, 11)[0]
    exact = entropy - norm.entropy() / np.log(2)
    layer = torch.tensor([[0.0], [2.0]])
    found = sp_information(layer, torch.tensor([0, 1]), noise_variance=1.0, draws=5000)
    assert found.i_xt == pytest.approx(exact, abs=0.02)
    assert found.i_ty == pytest.approx(found.i_xt)


@pytest.mark.parametrize("noise_variance", [1e-3, 0.1, 1.0])
def test_lies_between_the_pairwise_bounds(noise_variance):
    layer = torch.randn(200, 3, generator=torch.Generator().manual_seed(0)).tanh()
    labels = torch.arange(200) % 2
    low, high = (
        kde_information(layer, labels, noise_variance=noise_variance, bound=bound).i_xt
        for bound in ("lower", "upper")
    )
    assert low < sp_information(layer, labels, noise_variance=noise_variance, draws=50).i_xt < high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise_variance": 0.0}, "noise_variance must be > 0, got 0.0"),
        ({"noise_variance": 1.0, "draws": 1}, "draws must be an integer ≥ 2, got 1"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        sp_information(torch.eye(2), torch.tensor([0, 1]), **options)
