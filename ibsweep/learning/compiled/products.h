// Products of a small matrix with tiles of samples, in blocks that registers hold.

#pragma once

#include "vectors.h"

#ifdef __AVX512F__
constexpr int BLOCK = 4;  // rows of a product at once
#else
constexpr int BLOCK = 3;
#endif
constexpr int AT_ONCE = 4;           // vectors of a product at once
constexpr int DEEP = 3, ACROSS = 4;  // rows and columns of a sum of outer products at once

// Call out(first + r, v, start[r] + Σ_c matrix[r · DOWN + c · RIGHT] · in[c][v]) for ROWS rows.
template <int ROWS, int COLUMNS, int DOWN, int RIGHT, class Out>
INLINE void block(const real *matrix, const real *start, const Tile *in, int first, Out out) {
  LOOP for (int v = 0; v < VECTORS; v += AT_ONCE) {
    vec sum[ROWS][AT_ONCE];
    UNROLL for (int r = 0; r < ROWS; r++)
      UNROLL for (int i = 0; i < AT_ONCE; i++) sum[r][i] = start ? all(start[r]) : vec{};
    UNROLL for (int c = 0; c < COLUMNS; c++)
      UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int i = 0; i < AT_ONCE; i++)
          sum[r][i] += matrix[r * DOWN + c * RIGHT] * in[c][v + i];
    UNROLL for (int r = 0; r < ROWS; r++)
      UNROLL for (int i = 0; i < AT_ONCE; i++) out(first + r, v + i, sum[r][i]);
  }
}

// The same for rows that are too many for one block.
template <int ROWS, int COLUMNS, int DOWN, int RIGHT, class Out>
INLINE void product(const real *matrix, const real *start, const Tile *in, Out out) {
  constexpr int BLOCKS = (ROWS + BLOCK - 1) / BLOCK, SOME = (ROWS + BLOCKS - 1) / BLOCKS;
  constexpr int REST = ROWS % SOME, LAST = ROWS - REST;
  LOOP for (int r = 0; r < LAST; r += SOME)
    block<SOME, COLUMNS, DOWN, RIGHT>(matrix + r * DOWN, start ? start + r : nullptr, in, r, out);
  if constexpr (REST > 0)
    block<REST, COLUMNS, DOWN, RIGHT>(matrix + LAST * DOWN, start ? start + LAST : nullptr, in,
                                      LAST, out);
}

// sums[r · COLUMNS + c] += left[r] · right[c], lane by lane, and totals[r] += left[r]
template <int R, int C, int COLUMNS, bool TOTALS>
INLINE void outer_block(const Tile *left, const Tile *right, vec *sums, vec *totals) {
  vec sum[R][C], total[R];
  UNROLL for (int r = 0; r < R; r++) {
    if (TOTALS) total[r] = totals[r];
    UNROLL for (int c = 0; c < C; c++) sum[r][c] = sums[r * COLUMNS + c];
  }
  LOOP for (int v = 0; v < VECTORS; v++)
    UNROLL for (int r = 0; r < R; r++) {
      if (TOTALS) total[r] += left[r][v];
      UNROLL for (int c = 0; c < C; c++) sum[r][c] += left[r][v] * right[c][v];
    }
  UNROLL for (int r = 0; r < R; r++) {
    if (TOTALS) totals[r] = total[r];
    UNROLL for (int c = 0; c < C; c++) sums[r * COLUMNS + c] = sum[r][c];
  }
}

template <int SOME, int COLUMNS>
INLINE void outer_rows(const Tile *left, const Tile *right, vec *sums, vec *totals) {
  constexpr int PIECES = (COLUMNS + ACROSS - 1) / ACROSS, FEW = (COLUMNS + PIECES - 1) / PIECES;
  constexpr int REST = COLUMNS % FEW, LAST = COLUMNS - REST;
  outer_block<SOME, FEW, COLUMNS, true>(left, right, sums, totals);
  LOOP for (int c = FEW; c < LAST; c += FEW)
    outer_block<SOME, FEW, COLUMNS, false>(left, right + c, sums + c, totals);
  if constexpr (REST > 0)
    outer_block<SOME, REST, COLUMNS, false>(left, right + LAST, sums + LAST, totals);
}

// sums += left · rightᵀ and totals += left, lane by lane
template <int ROWS, int COLUMNS>
INLINE void outer(const Tile *left, const Tile *right, vec *sums, vec *totals) {
  constexpr int PARTS = (ROWS + DEEP - 1) / DEEP, SOME = (ROWS + PARTS - 1) / PARTS;
  constexpr int REST = ROWS % SOME, LAST = ROWS - REST;
  LOOP for (int r = 0; r < LAST; r += SOME)
    outer_rows<SOME, COLUMNS>(left + r, right, sums + r * COLUMNS, totals + r);
  if constexpr (REST > 0)
    outer_rows<REST, COLUMNS>(left + LAST, right, sums + LAST * COLUMNS, totals + LAST);
}
