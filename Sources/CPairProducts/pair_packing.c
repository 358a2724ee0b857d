// One instruction rounds 32 floats. Those of a row lie as pairs do; those of two rows are
// interleaved.
#include "pair_products.h"
#include "pairs.h"

#define UNROLLED _Pragma("clang loop unroll(full)")

INSIDE long least(long a, long b) { return a < b ? a : b; }

/// The first lanes, of which there may be none or more than sixteen.
INSIDE __mmask16 first_lanes(long count) {
  return (__mmask16)(count >= 16 ? 0xFFFF : count <= 0 ? 0 : (1 << count) - 1);
}

/// Sixteen pairs from 32 depths of one row, zero beyond its end.
INSIDE __m512 pairs_of_row(const float *row, long rest) {
  __m512 low = _mm512_maskz_loadu_ps(first_lanes(rest), row);
  __m512 high = _mm512_maskz_loadu_ps(first_lanes(rest - 16), row + 16);
  return (__m512)_mm512_cvtne2ps_pbh(high, low);
}

/// Sixteen pairs from sixteen columns of two depths.
INSIDE __m512 pairs_of_columns(__m512 even, __m512 odd) {
  static const short order[32] __attribute__((aligned(64))) = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  __m512i both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
  return (__m512)_mm512_permutexvar_epi16(_mm512_load_si512(order), both);
}

/// Panels of some columns; whole registers are written, also where panels are narrower.
INSIDE void pack_columns(const float *source, long rows, long columns, long stride, long width,
                         float *panels, long panel_stride) {
  for (long depth = 0; depth < rows; depth += 2) {
    const float *even = source + depth * stride;
    float *to = panels + depth / 2 * width;
    __mmask16 whole = depth + 1 < rows ? 0xFFFF : 0;
    for (long column = 0; column < columns; column += width, to += panel_stride) {
      __mmask16 lanes = first_lanes(columns - column);
      __m512 first = _mm512_maskz_loadu_ps(lanes, even + column);
      __m512 second = _mm512_maskz_loadu_ps(lanes & whole, even + column + stride);
      _mm512_storeu_ps(to, pairs_of_columns(first, second));
    }
  }
}

WITH_PAIRS void pack_pairs_b(const float *source, long rows, long columns, long stride,
                             float *panels, long panel_stride) {
  pack_columns(source, rows, columns, stride, NR, panels, panel_stride);
}

WITH_PAIRS void pack_pairs_transposed_a(const float *source, long rows, long columns, long stride,
                                        float *panels, long panel_stride) {
  pack_columns(source, rows, columns, stride, MR, panels, panel_stride);
}

WITH_PAIRS void pack_pairs_a(const float *source, long rows, long columns, long stride,
                             float *panels, long panel_stride) {
  for (long first = 0; first < rows; first += MR, panels += panel_stride) {
    for (long line = 0; line < MR; line++) {
      const float *row = source + (first + line) * stride;
      long count = first + line < rows ? columns : 0;
      float *to = panels + line * GROUP;
      for (long depth = 0; depth < columns; depth += 2 * GROUP, to += MR * GROUP)
        _mm512_storeu_ps(to, pairs_of_row(row + depth, count - depth));
    }
  }
}

/// Rows and columns of sixteen places exchanged: of pairs of rows, of fours, and of registers.
INSIDE void transpose(__m512 *rows) {
  __m512 twos[16], fours[16];
  UNROLLED for (int i = 0; i < 16; i += 2) {
    twos[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    twos[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  UNROLLED for (int i = 0; i < 16; i += 4) {
    UNROLLED for (int half = 0; half < 2; half++) {
      __m512d a = (__m512d)twos[i + half], b = (__m512d)twos[i + half + 2];
      fours[i + 2 * half] = (__m512)_mm512_unpacklo_pd(a, b);
      fours[i + 2 * half + 1] = (__m512)_mm512_unpackhi_pd(a, b);
    }
  }
  UNROLLED for (int i = 0; i < 4; i++) {
    __m512 a = _mm512_shuffle_f32x4(fours[i], fours[i + 4], 0x88);
    __m512 b = _mm512_shuffle_f32x4(fours[i], fours[i + 4], 0xDD);
    __m512 c = _mm512_shuffle_f32x4(fours[i + 8], fours[i + 12], 0x88);
    __m512 d = _mm512_shuffle_f32x4(fours[i + 8], fours[i + 12], 0xDD);
    rows[i] = _mm512_shuffle_f32x4(a, c, 0x88);
    rows[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
    rows[i + 8] = _mm512_shuffle_f32x4(a, c, 0xDD);
    rows[i + 12] = _mm512_shuffle_f32x4(b, d, 0xDD);
  }
}

WITH_PAIRS void pack_pairs_transposed_b(const float *source, long rows, long columns, long stride,
                                        float *panels, long panel_stride) {
  for (long first = 0; first < rows; first += NR, panels += panel_stride) {
    for (long depth = 0; depth < columns; depth += 2 * GROUP) {
      __m512 places[16];
      UNROLLED for (int line = 0; line < 16; line++) {
        const float *row = source + (first + line) * stride;
        long count = first + line < rows ? columns : 0;
        places[line] = pairs_of_row(row + depth, count - depth);
      }
      transpose(places);
      long pairs = (least(columns - depth, 2 * GROUP) + 1) / 2;
      float *to = panels + depth / 2 * NR;
      UNROLLED for (int i = 0; i < 16; i++) if (i < pairs) _mm512_storeu_ps(to + i * NR, places[i]);
    }
  }
}

WITH_PAIRS void repack_pair_groups(float *row, long depth) {
  // No group is written before it was read.
  const float *from = row;
  for (long start = 0; start < depth; start += 2 * GROUP, from += 2 * MR * GROUP) {
    __m512 low = _mm512_maskz_loadu_ps(first_lanes(depth - start), from);
    __m512 high = _mm512_maskz_loadu_ps(first_lanes(depth - start - 16), from + MR * GROUP);
    _mm512_storeu_ps(row + start / 2 / GROUP * MR * GROUP, (__m512)_mm512_cvtne2ps_pbh(high, low));
  }
}

WITH_PAIRS void repack_pair_rows(float *rows, long depth, long columns, long stride) {
  // No row is written before it was read.
  for (long even = 0; even < depth; even += 2) {
    const float *from = rows + even * stride;
    float *to = rows + even / 2 * stride;
    __mmask16 whole = even + 1 < depth ? 0xFFFF : 0;
    for (long column = 0; column < columns; column += 16) {
      __m512 first = _mm512_loadu_ps(from + column);
      __m512 second = _mm512_maskz_loadu_ps(whole, from + column + stride);
      _mm512_storeu_ps(to + column, pairs_of_columns(first, second));
    }
  }
}
