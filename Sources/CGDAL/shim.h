// GDAL's C API: rasters, their georeferencing and coordinate systems, vector layers, virtual files
// and XML; wrapped by terrane-ingest alone.
// GDAL's C API: rasters, their georeferencing, coordinate systems and features; wrapped by Maps and
// Scenes alone.
// GDAL's C API: rasters, their georeferencing, coordinate systems and virtual files; wrapped by the
// modules that read scenes.
#include <gdal/gdal.h>
#include <gdal/gdal_utils.h>
#include <gdal/cpl_conv.h>
#include <gdal/cpl_error.h>
#include <gdal/cpl_minixml.h>
#include <gdal/cpl_string.h>
#include <gdal/cpl_vsi.h>
#include <gdal/ogr_api.h>
#include <gdal/ogr_srs_api.h>
