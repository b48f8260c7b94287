import pytest
import torch

from ibsweep.learning import regularizers
from ibsweep.randomness import Generators

WEIGHTS = torch.tensor([[3.0, -4.0], [1.0, 2.0]])


def test_l1_and_l2_by_hand():
    assert regularizers.l1(penalty=[0.1, 0.2]).penalty(WEIGHTS).tolist() == pytest.approx(
        [0.7, 0.6]
    )
    assert regularizers.l2(penalty=[0.1, 0.2]).penalty(WEIGHTS).tolist() == pytest.approx(
        [1.25, 0.5]
    )


def test_max_norm_shrinks_long_rows_alone():
    weights = torch.tensor([[[3.0, 4.0], [0.3, 0.4]]])
    regularizers.max_norm(norm=[1.0]).constrain(weights)
    torch.testing.assert_close(weights, torch.tensor([[[0.6, 0.8], [0.3, 0.4]]]))


def test_dropout_keeps_the_mean_and_zeroes_the_given_share():
    drop = regularizers.dropout(rate=[0.25, 0.0]).perturb
    passed = drop(torch.ones(2, 100, 1000), Generators("noise", [1, 2]))
    assert (passed[0] == 0).double().mean().item() == pytest.approx(0.25, abs=0.01)
    assert passed[0].mean().item() == pytest.approx(1, abs=0.01)
    assert (passed[1] == 1).all()


def test_activity_noise_has_the_given_deviation():
    add = regularizers.activity_noise(noise_std=[0.5, 0.0]).perturb
    passed = add(torch.zeros(2, 100, 1000), Generators("noise", [1, 2]))
    assert passed[0].std().item() == pytest.approx(0.5, rel=0.01)
    assert (passed[1] == 0).all()


HIDDEN = {
    "layer_1": torch.tensor([[[1.0, 2.0, 9.0], [3.0, 4.0, 9.0]]] * 2),
    "layer_2": torch.tensor([[[0.5, 1.0, 9.0]]] * 2),
}
SHARES = torch.tensor([[0.5, 0.5, 0.0]] * 2)  # the third sample fills up the batch


@pytest.mark.parametrize(
    ("layers", "mean"),
    [
        (["layer_1"], 7.5),
        (["penultimate"], 0.625),
        (["layer_1", "penultimate", "layer_2"], 7.5 + 0.625),
    ],
)
def test_activity_l2_by_hand(layers, mean):
    added = regularizers.activity_l2(penalty=[0.1, 2.0], layers=[layers] * 2)
    expected = [0.1 * mean, 2.0 * mean]
    assert added.activity_penalty(HIDDEN, SHARES).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: regularizers.l2(penalty=[0.1, -0.1]), "penalty must be ≥ 0, got -0.1"),
        (lambda: regularizers.l1(penalty=["a"]), "penalty must be a number ≥ 0, got 'a'"),
        (lambda: regularizers.dropout(rate=[1.0]), "rate must be ≥ 0 and < 1, got 1.0"),
        (lambda: regularizers.activity_noise(noise_std=[-1]), "noise_std must be ≥ 0, got -1"),
        (
            lambda: regularizers.activity_l2(penalty=[-0.1], layers=[["penultimate"]]),
            "penalty must be ≥ 0, got -0.1",
        ),
        (
            lambda: regularizers.activity_l2(penalty=[0.1], layers=["penultimate"]),
            "layers must be a list of layers, got 'penultimate'",
        ),
        (
            lambda: regularizers.activity_l2(penalty=[0.1] * 2, layers=[["a"], ["b"]]),
            "layers must be the same for all members",
        ),
        *(
            (
                lambda growth=growth: regularizers.activity_l2(
                    penalty=[0.1], layers=[["penultimate"]], growth=[growth]
                ),
                f"growth{rule}",
            )
            for growth, rule in [
                ({"factor": 2}, " must be null or have the keys factor, every, until, got {'fa"),
                (2.0, " must be null or have the keys"),
                ({"factor": 0.5, "every": 1, "until": 1.0}, ".factor must be ≥ 1, got 0.5"),
                ({"factor": 2, "every": 0, "until": 1.0}, ".every must be an integer ≥ 1, got 0"),
                ({"factor": 2, "every": 1, "until": 0}, ".until must be > 0, got 0"),
            ]
        ),
        (lambda: regularizers.max_norm(norm=[0]), "norm must be > 0, got 0"),
    ],
)
def test_values_out_of_range(call, rule):
    with pytest.raises(ValueError, match=rule):
        call()
