"""A scene cut into a part to pretrain on and one to probe, and labels that all of its bands give."""
import json

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
PRETRAINED, PROBED = 0.65, 0.30  # shares of the columns, from the left and from the right
CLASSES = 8
SAMPLE = 20000  # pixels that k-means looks at
ROUNDS = 50


def cut_and_label(scene, out, *, green, red, nir):
    """Writes pretraining.tif, probing.tif, a raster of each label, and labels.json, which says what they are."""
    source = gdal.Open(str(scene))
    for name, band in (("green", green), ("red", red), ("nir", nir)):
        if not 1 <= band <= source.RasterCount:
            raise OSError(f"--{name} {band}: {scene} has bands 1 to {source.RasterCount}")
    columns, rows = source.RasterXSize, source.RasterYSize
    left, right = int(PRETRAINED * columns), int(PROBED * columns)
    gdal.Translate(str(out / "pretraining.tif"), source, srcWin=[0, 0, left, rows])
    probed = gdal.Translate(str(out / "probing.tif"), source, srcWin=[columns - right, 0, right, rows])
    pixels = probed.ReadAsArray().astype(np.float32).reshape(source.RasterCount, rows, right)
    valid = np.ones((rows, right), bool)
    for band in range(source.RasterCount):
        valid &= probed.GetRasterBand(band + 1).GetMaskBand().ReadAsArray() != 0
    write(out / "ndvi.tif", probed, index(pixels[nir - 1], pixels[red - 1], valid), gdal.GDT_Float32, np.nan)
    write(out / "ndwi.tif", probed, index(pixels[green - 1], pixels[nir - 1], valid), gdal.GDT_Float32, np.nan)
    write(out / "class.tif", probed, classes(pixels, valid), gdal.GDT_Byte, 255)
    labels = {"ndvi": "numbers", "ndwi": "numbers", "class": "classes"}
    (out / "labels.json").write_text(json.dumps(labels) + "\n")


def index(one, other, valid):
    """(one − other) / (one + other); nothing where both are 0."""
    total = one + other
    valid = valid & (total > 0)
    return np.where(valid, (one - other) / np.where(valid, total, 1), np.nan).astype(np.float32)


def classes(pixels, valid):
    """The nearest of the centres that k-means finds in standardised pixels; seeded, so always the same."""
    values = pixels[:, valid].T
    values = (values - values.mean(0)) / (values.std(0) + 1e-6)
    random = np.random.default_rng(0)
    sample = values[random.permutation(len(values))[:SAMPLE]]
    centres = sample[:CLASSES]
    for _ in range(ROUNDS):
        nearest = distances(sample, centres).argmin(1)
        centres = np.stack([sample[nearest == number].mean(0) if (nearest == number).any() else centres[number]
                            for number in range(CLASSES)])
    result = np.full(valid.shape, 255, np.uint8)
    result[valid] = np.concatenate([distances(part, centres).argmin(1)
                                    for part in np.array_split(values, 1 + len(values) // SAMPLE)])
    return result


def distances(values, centres):
    return ((values[:, None] - centres[None]) ** 2).sum(2)


def write(path, like, values, kind, nodata):
    rows, columns = values.shape
    raster = gdal.GetDriverByName("GTiff").Create(str(path), columns, rows, 1, kind, ["COMPRESS=DEFLATE"])
    raster.SetGeoTransform(like.GetGeoTransform())
    raster.SetProjection(like.GetProjection())
    raster.GetRasterBand(1).SetNoDataValue(float(nodata))
    raster.GetRasterBand(1).WriteArray(values)
