import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ibsweep.plots.axes import draw_colourbar


@pytest.mark.parametrize("epochs", [2, 4, 20, 100, 8000])
def test_colours_of_epochs_are_explained_by_two_labels_or_more(epochs):
    figure = Figure()
    axes = figure.add_axes((0.1, 0.1, 0.05, 0.8))
    draw_colourbar(axes, LogNorm(1, epochs + 1))
    figure.draw_without_rendering()
    low, high = axes.get_ylim()
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    labels = [label.get_text() for place, label in ticks if low <= place <= high]
    assert len(labels) >= 2
    assert all(labels)


def test_many_epochs_are_labelled_by_powers_of_ten():
    figure = Figure()
    axes = figure.add_axes((0.1, 0.1, 0.05, 0.8))
    draw_colourbar(axes, LogNorm(1, 8001))
    figure.draw_without_rendering()
    labels = {
        round(place): one.get_text()
        for place, one in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    assert labels[1] == "10⁰" and labels[1000] == "10³"
