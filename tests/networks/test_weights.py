import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ibsweep.networks.base import Parameter
from ibsweep.networks.weights import Layout

SHAPES = st.lists(
    st.lists(st.integers(1, 40), min_size=1, max_size=2).map(tuple), min_size=1, max_size=4
)


def layout(shapes):
    return Layout([Parameter(f"p{k}", "bias", shape) for k, shape in enumerate(shapes)])


@given(SHAPES, st.integers(1, 3))
def test_what_is_stored_by_parameter_is_found_in_the_flat_buffer(shapes, snapshots):
    ours = layout(shapes)
    arrays = {p.name: torch.rand(snapshots, *p.shape) for p in ours.parameters}
    flat = ours.flat(arrays)
    assert flat.shape == (snapshots, ours.width)
    assert all(torch.equal(view, arrays[name]) for name, view in ours.views(flat).items())
    assert torch.count_nonzero(flat) == sum(torch.count_nonzero(a) for a in arrays.values())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"p0.bias": torch.zeros(2, 3)}, "arrays must be p0.bias, p1.bias, got p0.bias"),
        (
            {"p0.bias": torch.zeros(2, 3), "p1.bias": torch.zeros(2, 5)},
            "p1.bias must have the shape",
        ),
    ],
)
def test_arrays_that_are_not_the_parameters_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        layout([(3,), (4,)]).flat(arrays)
