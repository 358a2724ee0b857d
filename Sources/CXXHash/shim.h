// xxHash: XXH3, the fast checksum and digest; wrapped by Basics alone.
#include <xxhash.h>
