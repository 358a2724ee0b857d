// What Swift has no word for: what this processor can do, a hint to its caches, and its
// multiplication of polynomials, by which checksums are found.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether it has all of x86-64-v4: 512-bit registers and what belongs to them.
static inline bool processor_has_512_bit_registers(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

/// Asks for the cache line at an address, which may lie anywhere: none is an error.
static inline void prefetch(const void *address) { __builtin_prefetch(address); }

/// Whether it multiplies without carries: polynomials over two elements.
static inline bool processor_multiplies_polynomials(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul");
}

typedef long long crc_pair __attribute__((vector_size(16)));
typedef long long crc_unaligned_pair __attribute__((vector_size(16), aligned(1), may_alias));

static inline crc_pair crc_load(const uint8_t *bytes) {
  return *(const crc_unaligned_pair *)bytes;
}

/// A remainder moved on by as many bits as the factors stand for, and the bytes that lie there.
__attribute__((target("pclmul"))) static inline crc_pair crc_fold(
    crc_pair remainder, crc_pair factors, crc_pair bytes) {
  return __builtin_ia32_pclmulqdq128(remainder, factors, 0x00) ^
         __builtin_ia32_pclmulqdq128(remainder, factors, 0x11) ^ bytes;
}

/// CRC-32 of IEEE 802.3 without its inversions, by folding (Gopal and others, "Fast CRC Computation
/// for Generic Polynomials Using PCLMULQDQ Instruction", 2009). The count is a multiple of 16, and
/// 64 or more; the processor multiplies polynomials.
__attribute__((target("pclmul"))) static inline uint32_t crc32_folded(
    uint32_t checksum, const uint8_t *bytes, size_t count) {
  const crc_pair by_512 = {0x0154442bd4, 0x01c6e41596}, by_128 = {0x01751997d0, 0x00ccaa009e};
  const crc_pair by_64 = {0x0163cd6124, 0}, reduction = {0x01db710641, 0x01f7011641};
  const crc_pair low_words = {0xffffffff, 0xffffffff};
  crc_pair r0 = crc_load(bytes) ^ (crc_pair){checksum, 0}, r1 = crc_load(bytes + 16);
  crc_pair r2 = crc_load(bytes + 32), r3 = crc_load(bytes + 48);
  for (bytes += 64, count -= 64; count >= 64; bytes += 64, count -= 64) {
    r0 = crc_fold(r0, by_512, crc_load(bytes));
    r1 = crc_fold(r1, by_512, crc_load(bytes + 16));
    r2 = crc_fold(r2, by_512, crc_load(bytes + 32));
    r3 = crc_fold(r3, by_512, crc_load(bytes + 48));
  }
  crc_pair r = crc_fold(crc_fold(crc_fold(r0, by_128, r1), by_128, r2), by_128, r3);
  for (; count >= 16; bytes += 16, count -= 16) r = crc_fold(r, by_128, crc_load(bytes));
  // 128 bits become 64, then 32 by Barrett's reduction.
  r = __builtin_ia32_pclmulqdq128(r, by_128, 0x10) ^ (crc_pair){r[1], 0};
  const unsigned long long low = r[0], high = r[1];
  r = __builtin_ia32_pclmulqdq128(r & low_words, by_64, 0x00) ^
      (crc_pair){(long long)(low >> 32 | high << 32), (long long)(high >> 32)};
  crc_pair q = __builtin_ia32_pclmulqdq128(r & low_words, reduction, 0x10) & low_words;
  r ^= __builtin_ia32_pclmulqdq128(q, reduction, 0x00);
  return (uint32_t)((unsigned long long)r[0] >> 32);
}
