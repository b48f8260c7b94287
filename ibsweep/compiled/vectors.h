// Vectors of samples, and functions of them: Taylor series on short intervals, right to about one
// unit in the last place. Infinite and undefined numbers go where IEEE arithmetic takes them.

#pragma once

typedef REAL real;
#ifdef __AVX512F__
constexpr int BYTES = 64;  // of a vector
#else
constexpr int BYTES = 32;
#endif
constexpr bool SINGLE = sizeof(real) == 4;
constexpr int LANES = BYTES / sizeof(real), TILE = 64, VECTORS = TILE / LANES;
typedef real vec __attribute__((vector_size(BYTES)));
typedef vec Tile[VECTORS];  // one number of each of TILE samples
typedef long long integer;
template <int> struct Word;
template <> struct Word<4> { typedef int type __attribute__((vector_size(BYTES))); };
template <> struct Word<8> { typedef integer type __attribute__((vector_size(BYTES))); };
typedef Word<sizeof(real)>::type bits;

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#define LOOP _Pragma("GCC unroll 1")

INLINE vec all(real value) { return value - vec{}; }
INLINE real root(real x) { return SINGLE ? real(__builtin_sqrtf(x)) : real(__builtin_sqrt(x)); }

constexpr int MANTISSA = SINGLE ? 23 : 52;  // bits
constexpr int TERMS = SINGLE ? 7 : 13, LOG_TERMS = SINGLE ? 8 : 17;
constexpr real LARGEST = SINGLE ? 80 : 700;  // exp of this, and its inverse, are normal numbers
constexpr real MAGIC = SINGLE ? 12582912. + 127 : 6755399441055744. + 1023;
// = 1.5 · 2^MANTISSA + bias: the last bits of a sum with it are an integer, plus the bias
constexpr real LN2_HIGH = SINGLE ? 0.693359375 : 0.693145751953125;  // n · this is exact
constexpr real LN2_LOW = 0.693147180559945309417L - (long double)LN2_HIGH;
constexpr real LOG2_E = 1.44269504088896340736;
constexpr real LN2 = 0.693147180559945309417;

// x = n ln 2 + r with |r| ≤ ln 2 / 2; returns e^r − 1 and sets `power` to 2^n.
INLINE vec reduced(vec x, vec &power) {
  x = x < -LARGEST ? all(-LARGEST) : x;
  x = x > LARGEST ? all(LARGEST) : x;
  vec shifted = x * LOG2_E + MAGIC, n = shifted - MAGIC;
  vec r = (x - n * LN2_HIGH) - n * LN2_LOW, series = all(1);
  UNROLL for (int k = TERMS; k > 1; k--) series = series * (r * (real(1) / k)) + 1;
  power = (vec)((bits)shifted << MANTISSA);
  return series * r;
}

INLINE vec exponential(vec x) {
  vec power, rest = reduced(x, power);
  return power * rest + power;
}

INLINE vec exponential_minus_1(vec x) {
  vec power, rest = reduced(x, power);
  return power * rest + (power - 1);
}

// log(1 + e) for 0 ≤ e ≤ 1: 2 artanh(e / (2 + e)).
INLINE vec log_1_plus(vec e) {
  vec s = e / (e + 2), square = s * s, series = all(0);
  UNROLL for (int k = LOG_TERMS; k >= 0; k--) series = series * square + real(1) / (2 * k + 1);
  return 2 * s * series;
}

INLINE vec magnitude(vec z) { return z < 0 ? -z : z; }
INLINE vec logistic(vec z) { return 1 / (1 + exponential(-z)); }

// Two vectors' sums of neighbouring lanes: those of `a`, then those of `b`.
INLINE vec neighbours(vec a, vec b) {
#ifdef __clang__
  vec sums{};
  for (int k = 0; k < LANES / 2; k++) {
    sums[k] = a[2 * k] + a[2 * k + 1];
    sums[LANES / 2 + k] = b[2 * k] + b[2 * k + 1];
  }
  return sums;
#else
  bits even{};
  for (int k = 0; k < LANES; k++) even[k] = 2 * k;
  return __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, even + 1);
#endif
}

// The sums of LANES vectors, one a lane.
INLINE vec across(const vec *vectors) {
  vec part[LANES];
  UNROLL for (int k = 0; k < LANES; k++) part[k] = vectors[k];
  UNROLL for (int left = LANES / 2; left; left /= 2)
    UNROLL for (int k = 0; k < left; k++) part[k] = neighbours(part[2 * k], part[2 * k + 1]);
  return part[0];
}

