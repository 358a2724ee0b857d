// xxHash: XXH3, the fast checksum and digest; wrapped by Foundations alone.
#include <xxhash.h>
