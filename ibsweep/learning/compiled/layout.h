// Where numbers lie in a network's row: the weights of all layers, their biases, learned slopes.
//
// Each starts at a multiple of 32 numbers, as `ibsweep.networks.weights.Layout` has it.

#pragma once

#include "activations.h"

constexpr int UNITS[] = {SIZES};  // features, units of each layer
constexpr int LAYERS = sizeof UNITS / sizeof *UNITS - 1;
constexpr int FEATURES = UNITS[0], CLASSES = UNITS[LAYERS];
constexpr int padded(int n) { return (n + 31) / 32 * 32; }
constexpr int weights_at(int layer) {
  int place = 0;
  for (int k = 0; k < layer; k++) place += padded(UNITS[k] * UNITS[k + 1]);
  return place;
}
constexpr int biases_at(int layer) {
  int place = weights_at(LAYERS);
  for (int k = 0; k < layer; k++) place += padded(UNITS[k + 1]);
  return place;
}
constexpr int slopes_at(int layer) { return biases_at(LAYERS) + biases_at(layer) - biases_at(0); }
constexpr int HIDDEN = weights_at(LAYERS - 1);  // so many numbers are hidden weights
constexpr int WIDTH = Activation::LEARNS ? slopes_at(LAYERS - 1) : biases_at(LAYERS);
