// GEOS: the STR-packed R-tree that finds neighbours; wrapped by terrane-ingest alone.
#include <geos_c.h>
