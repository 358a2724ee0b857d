// The C library's heap: its account, read by Benchmarks, and what it keeps, said by ClusterRuntime.
#include <malloc.h>
