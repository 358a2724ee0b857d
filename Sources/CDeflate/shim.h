// libdeflate's CRC-32, the checksum that any language's standard library can verify.
#include <libdeflate.h>
