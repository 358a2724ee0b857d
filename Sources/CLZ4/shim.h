// LZ4 block compression; wrapped by Compression alone.
#include <lz4.h>
