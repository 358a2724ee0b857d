"""Kinds of scenes: number formats, nodata values, masks, file formats."""
import numpy as np
from osgeo import gdal
from rasters import HEIGHT, KINDS, PLACE, Truth, WIDTH, hole, kind, noise, save


def plain(dtype, low, high, **more):
    def make(folder):
        path = save(folder / "scene.tif", noise(3, low, high, dtype), **more)
        return [path], Truth(path)
    return make


for name, *limits in (("uint8", 0, 255), ("uint16", 0, 65535), ("int16", -32768, 32767), ("int8", -128, 127),
                      ("int32", -2**24, 2**24), ("uint32", 0, 2**24)):
    KINDS[name] = plain(name, *limits)


@kind
def float32(folder):
    values = (noise(3, 0, 2**31 - 1, "uint32").astype("float64") * 1e-7 - 50).astype("float32")
    return [path := save(folder / "scene.tif", values)], Truth(path)


@kind
def float64_exact(folder):
    return [path := save(folder / "s.tif", (noise().astype("float32") / 7).astype("float64"))], Truth(path)


@kind
def nan(folder):
    values = noise().astype("float32")
    values[1, noise(1, 0, 20)[0] == 0] = np.nan
    path = save(folder / "s.tif", values)
    return [path], Truth(path).hide(np.isnan(values).any(0))


@kind
def nodata_nan(folder):
    values = noise().astype("float32")
    values[:, noise(1, 0, 20)[0] == 0] = np.nan
    return [path := save(folder / "s.tif", values, nodata=float("nan"))], Truth(path)


@kind
def scale_raw(folder):
    save(folder / "s.tif", noise())
    gdal.Translate(str(folder / "t.tif"), str(folder / "s.tif"), options="-a_scale 0.0000275 -a_offset -0.2")
    return [path := str(folder / "t.tif")], Truth(path)


@kind
def scale_physical(folder):
    path = scale_raw(folder)[0][0]
    whole = gdal.Translate("", path, options="-of MEM -unscale -ot Float64")
    truth = Truth(whole)
    truth.values = truth.values.astype("float32")
    return [path, "--values", "physical"], truth


@kind
def nodata_any(folder):
    return [path := save(folder / "s.tif", hole(noise()), nodata=0)], Truth(path)


@kind
def nodata_all(folder):
    return [path := save(folder / "s.tif", hole(noise()), nodata=0), "--nodata-rule", "all"], Truth(path), "all"


@kind
def nodata_option(folder):
    path = save(folder / "s.tif", hole(noise()))
    judge = gdal.Translate("", path, options="-of VRT -a_nodata 0")
    return [path, "--nodata", "0"], Truth(judge)


@kind
def nodata_rounded(folder):
    values = noise().astype("float32")
    values[:, noise(1, 0, 20)[0] == 0] = -np.finfo("float32").max
    return [path := save(folder / "s.tif", values, nodata=-3.4e38)], Truth(path)


@kind
def nodata_of_each_band(folder):
    parts = [save(folder / f"part{number}.tif", noise(1, 1, 30, "uint8", seed=number), nodata=number)
             for number in (1, 2, 3)]
    gdal.BuildVRT(str(folder / "s.vrt"), parts, separate=True).FlushCache()
    return [path := str(folder / "s.vrt")], Truth(path)


@kind
def alpha(folder):
    values = noise(4, 0, 255, "uint8")
    values[3] = np.where(noise(1, 0, 20)[0] == 0, 0, 255)
    return [path := save(folder / "s.tif", values, alpha=4, options=["ALPHA=YES"])], Truth(path)


@kind
def alpha_of_16_bits(folder):
    values = noise(4, 0, 65535)
    values[3] = np.where(noise(1, 0, 20)[0] == 0, 0, noise(1, 1, 65535)[0])
    return [path := save(folder / "s.tif", values, alpha=4, options=["ALPHA=YES"])], Truth(path)


def masked(inside):
    def make(folder):
        path = save(folder / "s.tif", noise())
        gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES" if inside else "NO")
        raster = gdal.Open(path, gdal.GA_Update)
        raster.CreateMaskBand(gdal.GMF_PER_DATASET)
        raster.GetRasterBand(1).GetMaskBand().WriteArray(np.where(noise(1, 0, 20)[0] == 0, 0, 255).astype("uint8"))
        raster = None
        return [path], Truth(path)
    return make


KINDS["mask-inside"], KINDS["mask-beside"] = masked(True), masked(False)


def stored(driver, ending, *options, dtype="uint8", high=255):
    def make(folder):
        path = save(folder / f"s.{ending}", noise(3, 0, high, dtype), driver=driver, options=options)
        return [path], Truth(path)
    return make


for name, *how in (("JPEG", "jpg", "QUALITY=90", "WORLDFILE=YES"), ("PNG", "png", "WORLDFILE=YES"),
                   ("JP2OpenJPEG", "jp2", "QUALITY=30"), ("HFA", "img"), ("ENVI", "dat")):
    KINDS[name.lower()] = stored(name, *how)
for name, *options in (("tiles", "TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", "BLOCKXSIZE=112", "BLOCKYSIZE=80"),
                       ("planes", "INTERLEAVE=BAND", "COMPRESS=LZW"), ("12-bits", "NBITS=12"),
                       ("big-endian", "ENDIANNESS=BIG"), ("bigtiff", "BIGTIFF=YES", "TILED=YES"),
                       ("sparse", "SPARSE_OK=TRUE", "TILED=YES", "COMPRESS=ZSTD")):
    KINDS[name] = plain("uint16", 0, 4095, options=options)


@kind
def png_world_file(folder):
    """By the world file alone: a .prj beside says the system."""
    path = save(folder / "s.png", noise(3, 0, 255, "uint8"), None, None, driver="PNG")
    (folder / "s.pgw").write_text("10\n0\n0\n-10\n500005\n5002555\n")
    (folder / "s.png.aux.xml").write_text("<PAMDataset><SRS>EPSG:32633</SRS></PAMDataset>")
    return [path], Truth(path)


@kind
def vrt_mosaic(folder):
    values = noise()
    parts = [save(folder / f"part{at}.tif", values[:, :, at:at + 352], (PLACE[0] + at * 10, *PLACE[1:]))
             for at in (0, 352, 704)]
    gdal.BuildVRT(str(folder / "s.vrt"), parts).FlushCache()
    return [path := str(folder / "s.vrt")], Truth(path)


@kind
def one_band_files(folder):
    paths = [save(folder / f"scene_B{number:02}.tif", noise(1, seed=number)) for number in (2, 3, 4)]
    return paths, Truth(paths[0]).stack(*map(Truth, paths[1:]))


@kind
def files_of_other_types(folder):
    paths = [save(folder / f"scene_B{number}.tif", noise(1, low, high, dtype, seed=number))
             for number, low, high, dtype in ((1, 0, 255, "uint8"), (2, -999, 999, "int16"), (3, 0, 9999, "uint16"))]
    return paths, Truth(paths[0]).stack(*map(Truth, paths[1:]))


@kind
def palette(folder):
    path = str(folder / "s.tif")
    save(path, noise(1, 0, 255, "uint8"))
    table = gdal.ColorTable()
    for index, color in enumerate(noise(3, 0, 255, "int16", (256,)).T):
        table.SetColorEntry(index, (*map(int, color), 255))
    raster = gdal.Open(path, gdal.GA_Update)
    raster.GetRasterBand(1).SetColorTable(table)
    raster = None
    return [path, "--expand-palette"], Truth(gdal.Translate("", path, options="-of VRT -expand rgb"))
