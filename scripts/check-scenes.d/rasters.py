"""Rasters made up for check-scenes, and what GDAL reads of them."""
import numpy as np
from osgeo import gdal, osr

WIDTH, HEIGHT = 1056, 1000  # not square, so that no transposition is missed
PLACE = (500000, 10, 0, 5002560, 0, -10)
gdal.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")
# By name: makes a scene in a folder, and gives arguments of terrane-ingest, a Truth, and the nodata rule if not "any".
KINDS = {}


def kind(function):
    KINDS[function.__name__.replace("_", "-")] = function
    return function


def noise(bands=3, low=1, high=10000, dtype="uint16", shape=(HEIGHT, WIDTH), seed=7):
    return np.random.default_rng(seed).integers(low, high, (bands, *shape), endpoint=True).astype(dtype)


def save(path, pixels, place=PLACE, crs=32633, nodata=None, driver="GTiff", options=(), alpha=None):
    """Writes a raster; formats that cannot be created are made of a GeoTIFF."""
    types = {"uint8": 1, "uint16": 2, "int16": 3, "uint32": 4, "int32": 5, "float32": 6, "float64": 7, "int8": 1}
    real = "GTiff" if driver == "GTiff" else "MEM"
    options = list(options)
    if pixels.dtype == "int8":
        options.append("PIXELTYPE=SIGNEDBYTE")
        pixels = pixels.view("uint8")
        code = 1
    else:
        code = types[str(pixels.dtype)]
    if real == "GTiff" and alpha is None: options.append("ALPHA=NO")
    out = gdal.GetDriverByName(real).Create(
        str(path) if real == "GTiff" else "", pixels.shape[2], pixels.shape[1], len(pixels), code,
        options if real == "GTiff" else [])
    if place: out.SetGeoTransform(place)
    if crs:
        system = osr.SpatialReference()
        system.ImportFromEPSG(crs)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        out.SetSpatialRef(system)
    for number, band in enumerate(pixels, 1):
        target = out.GetRasterBand(number)
        if nodata is not None: target.SetNoDataValue(nodata)
        if alpha == number: target.SetColorInterpretation(gdal.GCI_AlphaBand)
        target.WriteArray(band)
    if real == "MEM": gdal.GetDriverByName(driver).CreateCopy(str(path), out, 0, options)
    out = None
    return str(path)


def hole(values):
    """0 in some bands here and there, in all of them elsewhere."""
    chance = noise(4, 0, 39, seed=11)
    for band in range(3): values[band, chance[band] == 0] = 0
    values[:, chance[3] == 0] = 0
    return values


class Truth:
    """What GDAL reads: values (bands, rows, columns), the bands' masks, and the place on the map."""

    def __init__(self, raster, bands=None):
        raster = gdal.Open(str(raster)) if not isinstance(raster, gdal.Dataset) else raster
        self.place = raster.GetGeoTransform()
        every = [raster.GetRasterBand(number + 1) for number in range(raster.RasterCount)]
        image = [band for band in every if band.GetColorInterpretation() != gdal.GCI_AlphaBand]
        if bands: image = [every[number - 1] for number in bands]
        self.values = np.stack([band.ReadAsArray() for band in image])
        if every[0].GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
            self.values = self.values.view("int8")
        self.masks = np.stack([band.GetMaskBand().ReadAsArray() != 0 for band in image])
        self.hidden = np.zeros(self.masks.shape[1:], bool)
        for band in every:
            if band.GetColorInterpretation() == gdal.GCI_AlphaBand: self.hidden |= band.ReadAsArray() == 0

    def hide(self, where):
        self.hidden |= where
        return self

    def stack(self, *others):
        for other in others:
            self.values = np.concatenate([self.values.astype("float64"), other.values])
            self.masks = np.concatenate([self.masks, other.masks])
            self.hidden |= other.hidden
        return self

    def valid(self, rule):
        return (self.masks.all(0) if rule == "all" else self.masks.any(0)) & ~self.hidden


def north_up(path, **options):
    """The whole of a turned raster on the grid that has it upright, by gdalwarp: every pixel as it is."""
    raster = gdal.Open(path)
    g, w, h = raster.GetGeoTransform(), raster.RasterXSize, raster.RasterYSize
    xs = [g[0] + g[1] * a + g[2] * b for a in (0, w) for b in (0, h)]
    ys = [g[3] + g[4] * a + g[5] * b for a in (0, w) for b in (0, h)]
    size = (w, h) if g[1] else (h, w)
    return Truth(gdal.Warp("", raster, format="VRT", outputBounds=(min(xs), min(ys), max(xs), max(ys)), width=size[0],
                           height=size[1], resampleAlg="near", **options))


def warped(path, *, alpha=True, resampling="bilinear", **options):
    return Truth(gdal.Warp("", path, format="VRT", dstAlpha=alpha, resampleAlg=resampling, **options))


def onto(path, resampling, metres, width, height, **options):
    """A raster brought to the grid of a scene at PLACE."""
    box = (PLACE[0], PLACE[3] - height * metres, PLACE[0] + width * metres, PLACE[3])
    return warped(path, resampling=resampling, outputBounds=box, width=width, height=height, **options)
