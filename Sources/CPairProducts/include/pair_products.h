// Products of pairs of bfloat16, by the instructions VDPBF16PS and VCVTNE2PS2BF16: Swift has no
// word for them. What they compute, bit by bit, stands in Sources/Kernels/BFloat16Product.swift.
// Extents and layouts are those of MicroTile.swift there; a place holds a pair of depths, the even
// one in its lower half. Only for machines with AVX512-BF16.
#pragma once
#include <stdbool.h>

// The micro-kernel: pair_products.c

/// c (MR, NR · panels) = a · b, or c + a · b when `adding`, for a micro-panel of A in groups of
/// places, (pairs / 16, MR, 16).
///
/// - b: micro-panel p is (pairs, NR) from b + p · panel_stride.
/// - c_row: floats from one row of c to the next.
void multiply_pairs_grouped(const float *a, const float *b, long panels, long panel_stride,
                            float *c, long c_row, long pairs, bool adding);

/// The same for a micro-panel of A that lies place by place, `a_step` floats apart.
void multiply_pairs_depth_major(const float *a, long a_step, const float *b, long panels,
                                long panel_stride, float *c, long c_row, long pairs, bool adding);

// Copies of operands as micro-panels, rounded on the way: pair_packing.c. Sources are row-major,
// (rows, columns), `stride` floats from row to row; an odd depth is filled up with zeros.

/// (columns / NR, pairs, NR) of a source (depth, columns), zero beyond the last column.
void pack_pairs_b(const float *source, long rows, long columns, long stride, float *panels,
                  long panel_stride);

/// (rows / NR, pairs, NR) of a source (rows, depth), zero beyond the last row.
void pack_pairs_transposed_b(const float *source, long rows, long columns, long stride,
                             float *panels, long panel_stride);

/// (columns / MR, pairs, MR) of a source (depth, columns), anything beyond the last column; writes
/// up to four places behind each micro-panel.
void pack_pairs_transposed_a(const float *source, long rows, long columns, long stride,
                             float *panels, long panel_stride);

/// (rows / MR, pairs / 16, MR, 16) of a source (rows, depth), zero beyond the last row.
void pack_pairs_a(const float *source, long rows, long columns, long stride, float *panels,
                  long panel_stride);

/// Groups of floats of one row of a micro-panel of A become groups of pairs, in place.
void repack_pair_groups(float *row, long depth);

/// Rows of floats, (depth, columns), become rows of pairs, in place; columns are whole registers.
void repack_pair_rows(float *rows, long depth, long columns, long stride);
