// Cairo: text, shapes and PNG for pictures; wrapped by Pictures alone.
#include <cairo/cairo.h>
