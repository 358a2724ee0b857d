// GDAL's C API: rasters, their georeferencing, coordinate systems and features; and PROJ's, which
// comes with it, for the registry's texts. Wrapped by Maps and Scenes alone.
#include <gdal/gdal.h>
#include <proj.h>
#include <gdal/gdal_alg.h>
#include <gdal/gdal_utils.h>
#include <gdal/cpl_conv.h>
#include <gdal/cpl_error.h>
#include <gdal/cpl_minixml.h>
#include <gdal/cpl_string.h>
#include <gdal/cpl_vsi.h>
#include <gdal/cpl_vsi_error.h>
#include <gdal/ogr_api.h>
#include <gdal/ogr_srs_api.h>
