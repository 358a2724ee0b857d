// What Swift has no word for: what this processor can do, how it treats subnormal numbers, and a
// hint to its caches.
#pragma once
#include <stdbool.h>

/// Whether it has all of x86-64-v4: 512-bit registers and what belongs to them.
static inline bool processor_has_512_bit_registers(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

/// Whether it has besides the instruction that multiplies pairs of bfloat16, VDPBF16PS.
static inline bool processor_has_pair_products(void) {
  return processor_has_512_bit_registers() && __builtin_cpu_supports("avx512bf16");
}

/// From here on this thread's vector arithmetic reads subnormal numbers as zero and writes zero in
/// their place (DAZ and FTZ of MXCSR). Returns what `restore_subnormals` takes.
static inline unsigned flush_subnormals(void) {
  unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8040);
  return before;
}

static inline void restore_subnormals(unsigned before) { __builtin_ia32_ldmxcsr(before); }

/// Asks for the cache line at an address, which may lie anywhere: none is an error.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }
