// GEOS: R-trees and planar shapes; wrapped by Maps alone.
#include <geos_c.h>
