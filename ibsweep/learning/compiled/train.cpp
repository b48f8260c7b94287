// Epochs of fully connected networks, every size of which is known to the compiler.
//
// A network takes its steps by itself, in one loop over the tiles of a batch, so its numbers
// depend on no other network. Samples stand in tiles, units first: a vector holds one unit's
// numbers of LANES samples. Gradients are summed lane by lane through a batch, and across lanes
// once, in the order that is written here: the compiler may fuse a product with a sum, but not
// reorder sums.
//
// Macros say what is compiled: REAL (float or double), SIZES (features, units of each layer,
// classes) and ACTIVATION (a structure of activations.h).

#include "network.h"

struct Training {  // `_Training` in epochs.py; arrays of one number a member unless said otherwise
  integer samples, batch_size;
  integer shared_rows;  // whether all members have the same batches
  integer adam;         // or else gradient descent with momentum
  const real *inputs;   // (all samples, FEATURES)
  const real *labels;   // (all samples)
  real *weights;        // (members, WIDTH)
  real *first, *second;  // likewise: Adam's moments; descent has its velocity in `first`
  const real *rates, *l1, *l2, *norms;
  Tile *tiles;  // room for a batch: for each tile its inputs, labels and shares of the mean
  Work *work;
  double beta1, beta2, epsilon, momentum;
};

struct Step {  // what the optimiser needs to know of one network and batch
  const real *gradient;
  real *weights, *first, *second;
  real rate, beta1, beta2, rest1, rest2, correction1, correction2, epsilon, momentum;
};

// Put the samples of a batch into tiles; what fills the last one has no share of the mean.
static void gather(const Training &t, const integer *rows, integer size, integer tiles) {
  for (integer place = 0; place < tiles * TILE; place++) {
    bool filler = place >= size;
    integer row = rows[filler ? 0 : place];
    const real *pattern = t.inputs + row * FEATURES;
    real *tile = (real *)(t.tiles + place / TILE * (FEATURES + 2)) + place % TILE;
    for (int k = 0; k < FEATURES; k++) tile[k * TILE] = pattern[k];
    tile[FEATURES * TILE] = t.labels[row];
    tile[(FEATURES + 1) * TILE] = filler ? real(0) : 1 / real(size);
  }
}

// Call `use(start, count)` with where each parameter starts, and how many numbers it has.
template <class Use>
INLINE void each_parameter(Use use) {
  for (int k = 0; k < LAYERS; k++) use(weights_at(k), UNITS[k] * UNITS[k + 1]);
  for (int k = 0; k < LAYERS; k++) use(biases_at(k), UNITS[k + 1]);
  if (Activation::LEARNS)
    for (int k = 0; k < LAYERS - 1; k++) use(slopes_at(k), UNITS[k + 1]);
}

// Add the gradients of l1 Σ|w| + l2 Σw²/2 over the hidden weights.
static void penalise(real *gradient, const real *weights, real l1, real l2) {
  for (int k = 0; k < HIDDEN; k++) {
    real sign = weights[k] > 0 ? real(1) : weights[k] < 0 ? real(-1) : real(0);
    gradient[k] += l1 * sign + l2 * weights[k];
  }
}

// Shrink the incoming weights of each hidden unit to at most a norm.
static void shrink(real *weights, real norm) {
  for (int layer = 0; layer < LAYERS - 1; layer++)
    for (int unit = 0; unit < UNITS[layer + 1]; unit++) {
      real *own = weights + weights_at(layer) + unit * UNITS[layer], square = 0;
      for (int k = 0; k < UNITS[layer]; k++) square += own[k] * own[k];
      real length = root(square);
      if (length > norm)
        for (int k = 0; k < UNITS[layer]; k++) own[k] *= norm / length;
    }
}

INLINE void adam(const Step &s, int begin, int end) {
  for (int k = begin; k < end; k++) {
    real g = s.gradient[k];
    real first = s.first[k] + (g - s.first[k]) * s.rest1;
    real second = s.second[k] * s.beta2 + g * g * s.rest2;
    s.first[k] = first, s.second[k] = second;
    s.weights[k] -= first / (root(second / s.correction2) + s.epsilon) * s.rate / s.correction1;
  }
}

INLINE void descend(const Step &s, int begin, int end) {
  for (int k = begin; k < end; k++) {
    s.first[k] = s.first[k] * s.momentum + s.gradient[k];
    s.weights[k] -= s.first[k] * s.rate;
  }
}

static void differentiate(const Training &t, const real *weights, integer tiles) {
  Work &work = *t.work;
  each_parameter([&](int start, int count) {
    for (int k = start; k < start + count; k++) work.gradients[k] = vec{};
  });
  for (integer n = 0; n < tiles; n++) {
    const Tile *tile = t.tiles + n * (FEATURES + 2);
    forward<0>(work, weights, tile);
    differentiate_loss(work, tile[FEATURES], tile[FEATURES + 1]);
    backward<LAYERS - 1>(work, weights, tile);
  }
  each_parameter([&](int start, int count) {
    for (int k = start; k < start + count; k += LANES)
      work.gradient[k / LANES] = across(work.gradients + k);
  });
}

static void step(const Training &t, integer member, integer tiles, double taken) {
  real *weights = t.weights + member * WIDTH, *gradient = (real *)t.work->gradient;
  differentiate(t, weights, tiles);
  real l1 = t.l1[member], l2 = t.l2[member];
  if (l1 != 0 || l2 != 0) penalise(gradient, weights, l1, l2);
  Step s{};
  s.gradient = gradient, s.weights = weights;
  s.first = t.first + member * WIDTH, s.second = t.second + member * WIDTH;
  s.rate = t.rates[member], s.epsilon = t.epsilon, s.momentum = t.momentum;
  s.beta1 = t.beta1, s.beta2 = t.beta2, s.rest1 = 1 - t.beta1, s.rest2 = 1 - t.beta2;
  s.correction1 = 1 - __builtin_pow(t.beta1, taken);
  s.correction2 = 1 - __builtin_pow(t.beta2, taken);
  each_parameter([&](int start, int count) {
    int end = start + (count + LANES - 1) / LANES * LANES;
    t.adam ? adam(s, start, end) : descend(s, start, end);
  });
  if (t.norms) shrink(weights, t.norms[member]);
}

// Subnormal numbers, which processors handle slowly, are 0 as long as one of these exists. They
// appear once a network is certain: gradients fall below 1e-38, and training took five times as
// long.
struct NoSubnormals {
#ifdef __SSE__
  unsigned before = __builtin_ia32_stmxcsr();
  NoSubnormals() { __builtin_ia32_ldmxcsr(before | 0x8040); }
  ~NoSubnormals() { __builtin_ia32_ldmxcsr(before); }
#else
  NoSubnormals() {}
#endif
};

// Take the step of one batch with the members from `begin` up to `end`.
//
// `rows` are those of the epoch, (members, samples), or (1, samples) if all share them; `taken` is
// the number of steps with this one.
extern "C" void take_step(const Training *training, const integer *rows, integer batch,
                          integer begin, integer end, integer taken) {
  const NoSubnormals mode;
  const Training &t = *training;
  integer start = batch * t.batch_size, left = t.samples - start;
  integer size = left < t.batch_size ? left : t.batch_size, tiles = (size + TILE - 1) / TILE;
  for (integer member = begin; member < end; member++) {
    if (!t.shared_rows || member == begin)
      gather(t, rows + (t.shared_rows ? 0 : member * t.samples) + start, size, tiles);
    step(t, member, tiles, taken);
  }
}

extern "C" integer width() { return WIDTH; }
extern "C" integer tile_bytes() { return sizeof(Tile) * (FEATURES + 2); }
extern "C" integer work_bytes() { return sizeof(Work); }
