"""Two autoencoders whose codes are trained to be near each other for pairs, and only for these."""

import copy
import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ibsweep.compressors.coders import Kind, Noisy, Scale, coders
from ibsweep.randomness import Draw

BATCH = 256  # samples of a step: each is told from so many others, at most log2(256) bits
LEARNING_RATE = 3e-3  # of Adam, at most: it rises to that within `RISE` and falls as a cosine
SHARPENING = 10.0  # times that: the rate of the logarithm of the scale of distances
RISE = 0.1  # share of the steps


class Side(nn.Module):
    """The encoder and the decoder of one of the two vectors.

    Args:
        points: Shape `(n, d)`, float32.
        dimensions: Of the codes.
        kind: Of the networks.
        noise_std: Standard deviation of the noise on codes in training.
        draw: Gives weights and noise.
    """

    def __init__(
        self, points: Tensor, *, dimensions: int, kind: Kind, noise_std: float, draw: Draw
    ) -> None:
        super().__init__()
        self.scale = Scale.of(points)
        encoder, self.decoder = coders(kind, points.shape[1], dimensions, draw)
        self.encoder = nn.Sequential(encoder, Noisy(dimensions, noise_std, draw))

    def codes(self, points: Tensor) -> Tensor:
        """Encode samples, shape `(n, d)` to `(n, dimensions)`."""
        codes: Tensor = self.encoder(self.scale.scaled(points))
        return codes

    def restored(self, codes: Tensor) -> Tensor:
        """Decode codes, shape `(n, dimensions)` to `(n, d)`."""
        return self.scale.restored(self.decoder(codes))

    def error(self, points: Tensor, codes: Tensor) -> Tensor:
        """Return the mean squared error of decoded codes, in units of the samples' variance."""
        return nn.functional.mse_loss(self.decoder(codes), self.scale.scaled(points))


class Both(nn.Module):
    """Both sides, and how near codes of a pair are to each other."""

    def __init__(self, x: Side, y: Side) -> None:
        super().__init__()
        self.x, self.y = x, y
        self.sharpness = nn.Parameter(torch.zeros(()))

    def losses(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of telling partners from others by their codes, and that of decoding.

        The first, in nats, is minus a lower bound of the information of the pairs (van den Oord et
        al., 2018), with the squared distance of codes as score.
        """
        first, second = self.x.codes(x), self.y.codes(y)
        scores = -torch.cdist(first, second).square() * self.sharpness.exp()
        among = (scores.logsumexp(dim=0) + scores.logsumexp(dim=1)).mean() / 2
        prediction = among - scores.diagonal().mean() - math.log(len(x))
        return prediction, self.x.error(x, first) + self.y.error(y, second)


class Samples(NamedTuple):
    """Pairs of samples, row by row."""

    x: Tensor
    y: Tensor

    def rows(self, chosen: Tensor) -> "Samples":
        """Return some of the pairs."""
        return Samples(self.x[chosen], self.y[chosen])


def train(
    both: Both,
    pairs: Samples,
    validation: Samples,
    draw: Draw,
    *,
    prediction: float,
    epochs: int,
    patience: int,
) -> None:
    """Train until the prediction of validation pairs gets no better; keep the best weights.

    Args:
        both: What is trained.
        pairs: What it learns from.
        validation: Other pairs.
        draw: Gives the batches.
        prediction: Weight of telling partners from others, beside that of decoding.
        epochs: Passes through the pairs, at most.
        patience: Passes without progress after which to stop.
    """
    batches = math.ceil(len(pairs.x) / BATCH)
    names = dict(both.named_parameters())
    sharpness = names.pop("sharpness")
    optimizer = torch.optim.Adam([{"params": list(names.values())}, {"params": [sharpness]}])
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [LEARNING_RATE, SHARPENING * LEARNING_RATE],
        total_steps=epochs * batches + 1,
        pct_start=RISE,
        cycle_momentum=False,
    )
    best, kept, waited = math.inf, both.state_dict(), 0
    for _ in range(epochs):
        for rows in draw.permutation(len(pairs.x)).tensor_split(batches):
            telling, error = both.losses(*pairs.rows(rows))
            optimizer.zero_grad()
            (error + prediction * telling).backward()
            optimizer.step()
            pace.step()
        now = _validation_loss(both, validation)
        waited = 0 if now < best else waited + 1
        if now < best:
            best, kept = now, copy.deepcopy(both.state_dict())
        if waited == patience:
            break
    both.load_state_dict(kept)
    both.eval()


def _validation_loss(both: Both, validation: Samples) -> float:
    """Return the mean loss of telling partners from others, over batches that do not train."""
    batches = torch.arange(len(validation.x)).tensor_split(math.ceil(len(validation.x) / BATCH))
    both.eval()
    with torch.no_grad():
        losses = [float(both.losses(*validation.rows(rows))[0]) for rows in batches]
    both.train()
    return sum(losses) / len(losses)
