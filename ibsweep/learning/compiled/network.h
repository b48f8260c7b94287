// One tile of samples through a network, and its gradients back.

#pragma once

#include "layout.h"
#include "products.h"

constexpr int units_before(int layer) {  // of the layers below, features first
  int total = 0;
  for (int k = 0; k < layer; k++) total += UNITS[k];
  return total;
}
constexpr int ALL_UNITS = units_before(LAYERS + 1);

struct Work {  // room for one network and tile; zero at first
  Tile activity[ALL_UNITS], kept[ALL_UNITS], delta[ALL_UNITS];
  vec gradients[WIDTH];  // summed over the tiles of a batch, lane by lane
  vec gradient[WIDTH / LANES];
};

template <int LAYER>
INLINE void forward(Work &work, const real *row, const Tile *below) {
  constexpr int OWN = units_before(LAYER + 1);
  Tile *own = work.activity + OWN, *kept = work.kept + OWN;
  const real *slopes = row + slopes_at(LAYER);
  auto store = [=](int unit, int v, vec z) __attribute__((always_inline)) {
    if constexpr (LAYER == LAYERS - 1) {
      own[unit][v] = z;
    } else {
      vec memo;
      own[unit][v] = Activation::activity(z, memo, Activation::LEARNS ? slopes[unit] : real(0));
      if constexpr (Activation::KEEPS) kept[unit][v] = memo;
    }
  };
  product<UNITS[LAYER + 1], UNITS[LAYER], UNITS[LAYER], 1>(
      row + weights_at(LAYER), row + biases_at(LAYER), below, store);
  if constexpr (LAYER + 1 < LAYERS) forward<LAYER + 1>(work, row, own);
}

template <int LAYER>
INLINE void backward(Work &work, const real *row, const Tile *inputs) {
  constexpr int BELOW = units_before(LAYER);
  const Tile *above = work.delta + units_before(LAYER + 1);
  const Tile *below = LAYER ? work.activity + BELOW : inputs;
  outer<UNITS[LAYER + 1], UNITS[LAYER]>(above, below, work.gradients + weights_at(LAYER),
                                        work.gradients + biases_at(LAYER));
  if constexpr (LAYER > 0) {
    Tile *delta = work.delta + BELOW;
    const Tile *kept = work.kept + BELOW;
    const real *slopes = row + slopes_at(LAYER - 1);
    vec *learned = work.gradients + slopes_at(LAYER - 1);
    auto store = [=](int unit, int v, vec sum) __attribute__((always_inline)) {
      vec memo{};
      if constexpr (Activation::KEEPS) memo = kept[unit][v];
      if constexpr (Activation::LEARNS) learned[unit] += memo > 0 ? vec{} : memo * sum;
      real slope = Activation::LEARNS ? slopes[unit] : real(0);
      delta[unit][v] = Activation::back(sum, below[unit][v], memo, slope);
    };
    product<UNITS[LAYER], UNITS[LAYER + 1], 1, UNITS[LAYER]>(row + weights_at(LAYER), nullptr,
                                                            above, store);
    backward<LAYER - 1>(work, row, inputs);
  }
}

// Gradient of the cross-entropy by the logits: softmax − one-hot, times the sample's share.
INLINE void differentiate_loss(Work &work, const vec *labels, const vec *shares) {
  const Tile *logits = work.activity + units_before(LAYERS);
  Tile *delta = work.delta + units_before(LAYERS);
  for (int v = 0; v < VECTORS; v++) {
    vec largest = logits[0][v], total{};
    for (int c = 1; c < CLASSES; c++)
      largest = logits[c][v] > largest ? logits[c][v] : largest;
    for (int c = 0; c < CLASSES; c++)
      total += delta[c][v] = exponential(logits[c][v] - largest);
    vec scale = shares[v] / total;
    for (int c = 0; c < CLASSES; c++)
      delta[c][v] = delta[c][v] * scale - (labels[v] == real(c) ? shares[v] : vec{});
  }
}
