#!/usr/bin/env python3
"""Holds every chip of a dataset against GDAL's own reading of its scenes.

  judge_chips.py DATASET < {"SCENE": {"bands": [[RASTER, NUMBER]], "nodata": 0, "scale": 1, "offset": 0,
                                      "masks": [[RASTER, [VALUE, …]]]}}

A RASTER may be a metadata file of a Sentinel-2 product, whose bands GDAL's driver then knows by name in NUMBER's
place. Files of one band on another grid than the scene's are warped to it as gdalwarp does, masks by the nearest pixel.
Prints how many chips there are, how many have other values where they are valid, and how many are valid elsewhere."""
import importlib
import json
import os
import sys

import numpy as np
from osgeo import gdal, osr

sys.path.append(os.path.join(os.path.dirname(__file__), "../../scripts"))
sys.dont_write_bytecode = True
reader = importlib.import_module("read-shard")
gdal.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")


def plane(raster, number):
    """A band's file and number: of a product, by its name in the finest subdataset that has it."""
    if isinstance(number, int): return raster, number
    for name, _ in gdal.Open(raster).GetSubDatasets():
        if "PREVIEW" in name or "TCI" in name: continue
        subset = gdal.Open(name)
        for found in range(1, subset.RasterCount + 1):
            if subset.GetRasterBand(found).GetDescription().split(",")[0] == number.replace("B0", "B"):
                return name, found
    raise KeyError(number)


def read(scene, raster, number, method, nodata=None):
    """Values and validity of a band on a scene's grid."""
    t, width, height = scene["transform"], scene["width"], scene["height"]
    one = gdal.Translate("", raster, format="VRT", bandList=[number], noData="none" if nodata is None else nodata)
    mine = one.GetGeoTransform()
    expected = [t["originX"], t["columnX"], t["rowX"], t["originY"], t["columnY"], t["rowY"]]
    has_place = mine != (0, 1, 0, 0, 0, 1)
    if has_place and not np.allclose(mine, expected, rtol=1e-12):
        system = osr.SpatialReference(wkt=scene["wkt"])
        box = scene["footprint"]
        one = gdal.Warp("", one, format="VRT", dstAlpha=True, resampleAlg=method, srcNodata=nodata, dstNodata=nodata,
                        warpOptions=["UNIFIED_SRC_NODATA=NO"], width=width, height=height, dstSRS=system.ExportToWkt(),
                        outputBounds=(box["left"], box["bottom"], box["right"], box["top"]))
        values, alpha = one.ReadAsArray()
        return values, (alpha != 0) & (values != nodata if nodata is not None else True)
    band = one.GetRasterBand(1)
    return band.ReadAsArray(), band.GetMaskBand().ReadAsArray() != 0


def judged(scene, recipe):
    bands = [read(scene, *plane(*band), "bilinear", recipe.get("nodata")) for band in recipe["bands"]]
    valid = np.max([band[1] for band in bands], 0)
    for raster, values in recipe.get("masks", []):
        valid &= ~np.isin(read(scene, raster, 1, "near")[0], values)
    pixels = np.stack([band[0] for band in bands])
    if "scale" in recipe: pixels = (pixels * recipe["scale"] + recipe.get("offset", 0)).astype(np.float32)
    return pixels, valid


def main():
    folder, recipes = sys.argv[1], json.load(sys.stdin)
    with open(folder + "/dataset.json") as file: description = json.load(file)
    systems = description["referenceSystems"]
    scenes = {scene["name"]: judged({**scene, "wkt": systems[scene["referenceSystem"]]["wkt"]}, recipes[scene["name"]])
              for scene in description["scenes"]}
    chips = values = masks = 0
    for entry in description["trainingShards"] + description["holdoutShards"]:
        shard = reader.read_shard(f"{folder}/{entry['file']}")
        for number, chip in enumerate(shard.index):
            pixels, valid = shard.chip(number)
            column, row, side = chip["column"], chip["row"], shard.layout[1]
            window = (slice(row, row + side), slice(column, column + side))
            expected, shown = scenes[shard.scenes[chip["scene"]]["name"]]
            chips += 1
            values += bool((pixels != expected[(slice(None), *window)])[:, valid].any())
            masks += bool((valid != shown[window]).any())
    print(f"{chips} chips, {values} of other values, {masks} valid elsewhere")


main()
