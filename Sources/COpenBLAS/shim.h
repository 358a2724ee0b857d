// OpenBLAS: its CBLAS, and three functions of the LAPACK that it holds; wrapped by LinearAlgebra
// alone. LAPACK has no C header of its own: what is declared here is Fortran's.
#if __has_include(<cblas-openblas.h>)
#include <cblas-openblas.h>
#else
#include <cblas.h>
#endif

void dpotrf_(const char *triangle, const int *n, double *a, const int *stride, int *info);
void dpotrs_(const char *triangle, const int *n, const int *columns, const double *a,
             const int *stride, double *b, const int *strideOfB, int *info);
void dsyevd_(const char *job, const char *triangle, const int *n, double *a, const int *stride,
             double *values, double *work, const int *workCount, int *integers,
             const int *integerCount, int *info);
