// The C library's heap: its account (Benchmarks), and what it keeps of it (ClusterRuntime).
#include <malloc.h>
