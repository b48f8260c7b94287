// Sums of Gaussian kernels over all pairs of points.
//
// Points lie in boxes of a k-d tree, each of one class. Two boxes meet once, and only if the gap
// between them is small enough to matter.

#include <algorithm>

#include "vectors.h"

constexpr int BOX = 32, PARTS = BOX / LANES;
constexpr int ROWS = 4;   // points whose distances to a vector of points are computed together
constexpr int PRECISION = 9;  // terms of e^r: right to 1e-11
typedef vec Column[PARTS];  // one number of each of the points of a box

struct Points {  // `_Points` in pairwise.py
  integer count, dimensions;
  const real *points;      // (count, dimensions)
  const real *weights;     // (count)
  const integer *classes;  // (count), ascending
  real *own, *other;       // (count): sums over points of the same class, and of other classes
  real cutoff;             // squared distance beyond which a kernel does not matter
};

struct Boxes {
  integer count, dimensions;
  Column *coordinates;  // (boxes, dimensions)
  Column *weights, *own, *other;  // (boxes)
  real *lows, *highs;   // (boxes, dimensions)
  integer *classes;     // (boxes)
};

// Order the rows from `begin` up to `end` so that each BOX of them are neighbours.
static void split(const Points &p, integer *rows, integer begin, integer end) {
  integer boxes = (end - begin + BOX - 1) / BOX, widest = 0;
  if (boxes < 2) return;
  real width = -1;
  for (integer k = 0; k < p.dimensions; k++) {
    real low = p.points[rows[begin] * p.dimensions + k], high = low;
    for (integer i = begin; i < end; i++) {
      real x = p.points[rows[i] * p.dimensions + k];
      low = std::min(low, x), high = std::max(high, x);
    }
    if (high - low > width) width = high - low, widest = k;
  }
  integer middle = begin + boxes / 2 * BOX;
  std::nth_element(rows + begin, rows + middle, rows + end, [&](integer a, integer b) {
    return p.points[a * p.dimensions + widest] < p.points[b * p.dimensions + widest];
  });
  split(p, rows, begin, middle);
  split(p, rows, middle, end);
}

// Put the rows from `begin` up to `end`, at most BOX, into a box; copies of weight 0 fill it up.
static void fill(const Points &p, const integer *rows, integer begin, integer end, Boxes &boxes) {
  integer box = boxes.count++;
  boxes.classes[box] = p.classes[rows[begin]];
  for (integer k = 0; k < p.dimensions; k++) {
    real *column = (real *)boxes.coordinates[box * p.dimensions + k];
    for (integer i = 0; i < BOX; i++)
      column[i] = p.points[rows[std::min(begin + i, end - 1)] * p.dimensions + k];
    boxes.lows[box * p.dimensions + k] = *std::min_element(column, column + BOX);
    boxes.highs[box * p.dimensions + k] = *std::max_element(column, column + BOX);
  }
  for (integer i = begin; i < end; i++) ((real *)boxes.weights[box])[i - begin] = p.weights[rows[i]];
}

static bool near(const Boxes &boxes, integer a, integer b, real cutoff) {
  real square = 0;
  for (integer k = 0; k < boxes.dimensions; k++) {
    integer left = a * boxes.dimensions + k, right = b * boxes.dimensions + k;
    real above = boxes.lows[right] - boxes.highs[left], below = boxes.lows[left] - boxes.highs[right];
    real gap = std::max({above, below, real(0)});
    square += gap * gap;
  }
  return square <= cutoff;
}

struct Inverse {
  real factorial[PRECISION + 1] = {1, 1};
  constexpr Inverse() {
    for (int k = 2; k <= PRECISION; k++) factorial[k] = factorial[k - 1] / k;
  }
};
constexpr Inverse inverse;

// e^-x for x ≥ 0, at least e^-LARGEST.
INLINE vec decay(vec x) {
  x = x > LARGEST ? all(LARGEST) : x;
  vec shifted = MAGIC - x * LOG2_E, n = shifted - MAGIC;
  vec r = -(x + n * LN2_HIGH) - n * LN2_LOW, series = all(inverse.factorial[PRECISION]);
  UNROLL for (int k = PRECISION - 1; k >= 0; k--) series = series * r + inverse.factorial[k];
  return series * (vec)((bits)shifted << MANTISSA);
}

INLINE bool any(bits mask) {
  integer bit = 0;
  UNROLL for (int k = 0; k < LANES; k++) bit |= mask[k];
  return bit;
}

// Add what the points of two boxes give one another.
static void add(const Boxes &boxes, integer a, integer b, real cutoff) {
  const Column *left = boxes.coordinates + a * boxes.dimensions;
  const Column *right = boxes.coordinates + b * boxes.dimensions;
  const real *weights = (real *)boxes.weights[a];
  Column *sums = boxes.classes[a] == boxes.classes[b] ? boxes.own : boxes.other;
  for (int i = 0; i < BOX; i += ROWS) {
    vec totals[ROWS] = {};
    for (int j = 0; j < PARTS; j++) {
      vec squares[ROWS] = {};
      for (integer k = 0; k < boxes.dimensions; k++)
        UNROLL for (int r = 0; r < ROWS; r++) {
          vec gap = right[k][j] - ((real *)left[k])[i + r];
          squares[r] += gap * gap;
        }
      vec least = squares[0];
      UNROLL for (int r = 1; r < ROWS; r++) least = squares[r] < least ? squares[r] : least;
      if (!any(least <= cutoff)) continue;
      vec passed{};
      UNROLL for (int r = 0; r < ROWS; r++) {
        vec kernel = decay(squares[r]);
        totals[r] += kernel * boxes.weights[b][j];
        passed += kernel * weights[i + r];
      }
      if (a != b) sums[b][j] += passed;
    }
    UNROLL for (int r = 0; r < ROWS; r++)
      UNROLL for (int k = 0; k < LANES; k++) ((real *)sums[a])[i + r] += totals[r][k];
  }
}

extern "C" void kernel_sums(const Points *points) {
  const Points &p = *points;
  integer *rows = new integer[p.count], most = 0;
  for (integer i = 0; i < p.count; i++) rows[i] = i;
  auto each_class = [&](auto use) {
    for (integer begin = 0, end = 0; begin < p.count; begin = end) {
      while (end < p.count && p.classes[end] == p.classes[begin]) end++;
      use(begin, end);
    }
  };
  each_class([&](integer begin, integer end) { most += (end - begin + BOX - 1) / BOX; });
  Boxes boxes{0, p.dimensions};
  boxes.coordinates = new Column[most * p.dimensions];
  boxes.weights = new Column[3 * most](), boxes.own = boxes.weights + most;
  boxes.other = boxes.own + most;
  boxes.lows = new real[2 * most * p.dimensions], boxes.highs = boxes.lows + most * p.dimensions;
  boxes.classes = new integer[most];
  each_class([&](integer begin, integer end) {
    split(p, rows, begin, end);
    for (integer i = begin; i < end; i += BOX) fill(p, rows, i, std::min(i + BOX, end), boxes);
  });
  for (integer a = 0; a < boxes.count; a++)
    for (integer b = a; b < boxes.count; b++)
      if (near(boxes, a, b, p.cutoff)) add(boxes, a, b, p.cutoff);
  integer box = 0;
  each_class([&](integer begin, integer end) {
    for (integer i = begin; i < end; i++) {
      p.own[rows[i]] = ((real *)boxes.own[box + (i - begin) / BOX])[(i - begin) % BOX];
      p.other[rows[i]] = ((real *)boxes.other[box + (i - begin) / BOX])[(i - begin) % BOX];
    }
    box += (end - begin + BOX - 1) / BOX;
  });
  delete[] rows;
  delete[] boxes.coordinates;
  delete[] boxes.weights;
  delete[] boxes.lows;
  delete[] boxes.classes;
}
