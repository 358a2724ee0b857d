// What Swift has no word for: what this processor can do, and a hint to its caches.
#pragma once
#include <stdbool.h>

/// Whether it has all of x86-64-v4: 512-bit registers and what belongs to them.
static inline bool processor_has_512_bit_registers(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

/// Asks for the cache line at an address, which may lie anywhere: none is an error.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }
