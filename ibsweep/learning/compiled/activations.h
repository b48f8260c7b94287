// Activations: the activity of an input z, and how a gradient passes back.
//
// `kept` is what the way back needs beside the activity, for those that KEEP something; `slope` is
// the number that a unit learns, for those that LEARN one.

#pragma once

#include "vectors.h"

struct Relu {
  static constexpr bool KEEPS = false, LEARNS = false;
  INLINE vec activity(vec z, vec &, real) { return z < 0 ? all(0) : z; }
  INLINE vec back(vec delta, vec activity, vec, real) { return activity <= 0 ? all(0) : delta; }
};

struct Abs {
  static constexpr bool KEEPS = true, LEARNS = false;
  INLINE vec activity(vec z, vec &kept, real) { return kept = z, magnitude(z); }
  INLINE vec back(vec delta, vec, vec z, real) { return z < 0 ? -delta : z == 0 ? all(0) : delta; }
};

struct Tanh {
  static constexpr bool KEEPS = false, LEARNS = false;
  INLINE vec activity(vec z, vec &, real) {
    vec e = exponential_minus_1(-2 * magnitude(z)), size = -e / (e + 2);
    return z < 0 ? -size : size;
  }
  INLINE vec back(vec delta, vec h, vec, real) { return delta * (1 - h * h); }
};

struct Elu {
  static constexpr bool KEEPS = false, LEARNS = false;
  INLINE vec activity(vec z, vec &, real) { return z > 0 ? z : exponential_minus_1(z); }
  INLINE vec back(vec delta, vec h, vec, real) { return h > 0 ? delta : delta * (h + 1); }
};

struct Swish {
  static constexpr bool KEEPS = true, LEARNS = false;
  INLINE vec activity(vec z, vec &kept, real) {
    vec s = logistic(z), h = z * s;
    kept = s + h * (1 - s);
    return h;
  }
  INLINE vec back(vec delta, vec, vec slope, real) { return delta * slope; }
};

struct Softplus {  // above 20 torch takes z itself, which float32 cannot tell apart
  static constexpr bool KEEPS = true, LEARNS = false;
  INLINE vec activity(vec z, vec &kept, real) {
    vec e = exponential(-magnitude(z)), positive = 1 / (1 + e);
    kept = z > 20 ? all(1) : z < 0 ? e * positive : positive;
    return z > 20 ? z : (z < 0 ? all(0) : z) + log_1_plus(e);
  }
  INLINE vec back(vec delta, vec, vec slope, real) { return delta * slope; }
};

struct CenteredSoftplus {
  static constexpr bool KEEPS = true, LEARNS = false;
  INLINE vec activity(vec z, vec &kept, real) { return Softplus::activity(z, kept, 0) - LN2; }
  INLINE vec back(vec delta, vec, vec slope, real) { return delta * slope; }
};

struct Prelu {
  static constexpr bool KEEPS = true, LEARNS = true;
  INLINE vec activity(vec z, vec &kept, real slope) { return kept = z, z > 0 ? z : slope * z; }
  INLINE vec back(vec delta, vec, vec z, real slope) { return z > 0 ? delta : slope * delta; }
};

typedef ACTIVATION Activation;
