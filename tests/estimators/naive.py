"""The papers' formulas written out, one sample and one unit at a time: slow, and plainly right."""

import math
from collections import Counter

import numpy as np
import torch


def entropy(words):
    return -sum(n / len(words) * math.log2(n / len(words)) for n in Counter(words).values())


def information(words, labels):
    """H(T) and H(T) − H(T|Y) of hashable words."""
    whole = conditional = entropy(words)
    for label in set(labels):
        part = [word for word, own in zip(words, labels, strict=True) if own == label]
        conditional -= len(part) / len(words) * entropy(part)
    return whole, conditional


def ebab_equal(layer, labels, *, bins):
    unique = sorted({float(value) for sample in layer for value in sample})
    edges = [unique[k * len(unique) // bins] for k in range(1, bins)]
    words = [tuple(sum(edge <= float(v) for edge in edges) for v in row) for row in layer]
    return information(words, list(labels))


def ebab_released(layer, labels, *, bins, low):
    unique = [u for u in np.unique(layer) if u != low]
    inner = [unique[int(k * len(unique) / bins)] for k in range(bins)]
    edges = np.array([low, *inner, unique[-1]], dtype=np.float64)
    words = []
    for sample in layer:
        word = []
        for value in sample:
            word.append(max(int(np.digitize(value, edges)) - 1, 0))
        words.append(tuple(word))
    return information(words, list(labels))


def kde(layer, labels, *, noise_variance, c):
    """Dense, in float64: every pairwise difference, every exponential."""

    def bound(points):
        mode = "donot_use_mm_for_euclid_dist"
        squares = torch.cdist(points, points, compute_mode=mode) ** 2
        means = torch.exp(-squares / (2 * c * noise_variance)).mean(dim=1)
        return -float(means.log2().mean())

    points = torch.as_tensor(layer).double()
    labels = torch.as_tensor(labels)
    i_ty = i_xt = bound(points)
    for label in labels.unique():
        i_ty -= float((labels == label).double().mean()) * bound(points[labels == label])
    return i_xt, i_ty
