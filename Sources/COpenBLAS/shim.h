// OpenBLAS, the matrix products; wrapped by Kernels alone.
#include <cblas.h>
