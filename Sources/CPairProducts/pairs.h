// What the files of this module share.
#pragma once
#include <immintrin.h>

enum { MR = 12, NR = 16, GROUP = 16 };

#define WITH_PAIRS __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define INSIDE WITH_PAIRS __attribute__((always_inline)) static inline
