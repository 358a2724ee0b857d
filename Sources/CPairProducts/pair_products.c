// Two micro-tiles at a time, twelve rows of two micro-panels of B, as the micro-kernel of floats on
// 512-bit registers has them: 24 of the 32 registers hold sums.
#include "pair_products.h"
#include "pairs.h"

enum { PREFETCH_DISTANCE = 256 };

#define FOR_EACH_ROW _Pragma("clang loop unroll(full)") for (int row = 0; row < MR; row++)

/// Places of a micro-panel of A: those of a group are `step` floats apart, its rows `row`.
struct places {
  const float *start;
  long row, step, group;
};

/// The sum, plus odd · odd, plus even · even of a place of A and sixteen of B.
INSIDE __m512 with_pair(__m512 sum, const float *a, __m512bh b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_ps(*a), b);
}

INSIDE void write(const __m512 *sums, float *c, long c_row, bool adding) {
  FOR_EACH_ROW {
    float *place = c + row * c_row;
    __m512 sum = adding ? _mm512_add_ps(_mm512_loadu_ps(place), sums[row]) : sums[row];
    _mm512_storeu_ps(place, sum);
  }
}

INSIDE void multiply_two(struct places a, const float *b, const float *next, float *c, long c_row,
                         long pairs, bool adding) {
  __m512 left[MR], right[MR];
  FOR_EACH_ROW {
    if (adding) {
      __builtin_prefetch(c + row * c_row);
      __builtin_prefetch(c + row * c_row + NR);
    }
    left[row] = right[row] = _mm512_setzero_ps();
  }
  for (; pairs > 0; pairs -= GROUP, a.start += a.group) {
    const float *place = a.start;
    for (long rest = pairs < GROUP ? pairs : GROUP; rest > 0; rest--) {
      __builtin_prefetch(b + PREFETCH_DISTANCE);
      __builtin_prefetch(next + PREFETCH_DISTANCE);
      __m512bh p = (__m512bh)_mm512_loadu_ps(b), q = (__m512bh)_mm512_loadu_ps(next);
      FOR_EACH_ROW {
        left[row] = with_pair(left[row], place + row * a.row, p);
        right[row] = with_pair(right[row], place + row * a.row, q);
      }
      place += a.step;
      b += NR;
      next += NR;
    }
  }
  write(left, c, c_row, adding);
  write(right, c + NR, c_row, adding);
}

/// The last micro-panel of an odd number.
INSIDE void multiply_one(struct places a, const float *b, float *c, long c_row, long pairs,
                         bool adding) {
  __m512 sums[MR];
  FOR_EACH_ROW sums[row] = _mm512_setzero_ps();
  for (; pairs > 0; pairs -= GROUP, a.start += a.group) {
    const float *place = a.start;
    for (long rest = pairs < GROUP ? pairs : GROUP; rest > 0; rest--) {
      __m512bh p = (__m512bh)_mm512_loadu_ps(b);
      FOR_EACH_ROW sums[row] = with_pair(sums[row], place + row * a.row, p);
      place += a.step;
      b += NR;
    }
  }
  write(sums, c, c_row, adding);
}

INSIDE void multiply_panels(struct places a, const float *b, long panels, long panel_stride,
                            float *c, long c_row, long pairs, bool adding) {
  for (; panels >= 2; panels -= 2) {
    multiply_two(a, b, b + panel_stride, c, c_row, pairs, adding);
    b += 2 * panel_stride;
    c += 2 * NR;
  }
  if (panels == 1) multiply_one(a, b, c, c_row, pairs, adding);
}

WITH_PAIRS void multiply_pairs_grouped(const float *a, const float *b, long panels,
                                       long panel_stride, float *c, long c_row, long pairs,
                                       bool adding) {
  struct places places = {a, .row = GROUP, .step = 1, .group = MR * GROUP};
  multiply_panels(places, b, panels, panel_stride, c, c_row, pairs, adding);
}

WITH_PAIRS void multiply_pairs_depth_major(const float *a, long a_step, const float *b,
                                           long panels, long panel_stride, float *c, long c_row,
                                           long pairs, bool adding) {
  struct places places = {a, .row = 1, .step = a_step, .group = GROUP * a_step};
  multiply_panels(places, b, panels, panel_stride, c, c_row, pairs, adding);
}
