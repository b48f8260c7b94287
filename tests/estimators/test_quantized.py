import pytest
import torch

from ibsweep.estimators.quantized import quantized_information


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_evenly_spread_activity_fills_all_levels(bits):
    layer = torch.arange(2048.0, dtype=torch.float64)[:, None] / 2048
    labels = torch.arange(2048) // 1024
    found = quantized_information(layer, labels, activity_range=(0.0, 1.0), bits=bits)
    assert found[:2] == pytest.approx((bits, 1.0))


def test_more_bits_never_tell_less():
    layer = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(300) % 3
    found = [
        quantized_information(layer, labels, activity_range=(-4.0, 4.0), bits=bits).i_xt
        for bits in range(1, 9)
    ]
    assert found == sorted(found)


@pytest.mark.parametrize(("bits", "rule"), [(0, "an integer ≥ 1"), (25, "≤ 24")])
def test_bits_are_checked(bits, rule):
    with pytest.raises(ValueError, match=f"bits must be {rule}, got {bits}"):
        quantized_information(
            torch.eye(2), torch.tensor([0, 1]), activity_range=(0.0, 1.0), bits=bits
        )
