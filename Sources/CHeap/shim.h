// The C library's account of its heap; read by Benchmarks alone.
#include <malloc.h>
