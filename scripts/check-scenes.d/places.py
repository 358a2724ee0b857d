"""Kinds of scenes: ways to lie on the map, several resolutions, products, catalogues."""
import json
import pathlib

import numpy as np
from osgeo import gdal
from rasters import HEIGHT, KINDS, PLACE, Truth, WIDTH, hole, kind, noise, north_up, onto, save, warped


def turned(*place):
    def make(folder):
        path = save(folder / "s.tif", hole(noise()), place, nodata=0)
        return [path], north_up(path)
    return make


e, n = 500000, 5002560
for name, place in (("south-up", (e, 10, 0, n, 0, 10)), ("mirrored", (e, -10, 0, n, 0, -10)),
                    ("half-turn", (e, -10, 0, n, 0, 10)),
                    ("quarter-turn-left", (e, 0, 10, n, 10, 0)), ("quarter-turn-right", (e, 0, -10, n, -10, 0)),
                    ("transposed", (e, 0, 10, n, -10, 0)), ("transverse", (e, 0, -10, n, 10, 0))):
    KINDS[name] = turned(*place)


@kind
def rotated(folder):
    return [path := save(folder / "s.tif", noise(), (e, 9, 4, n, 4, -9))], warped(path)


@kind
def rotated_nearest(folder):
    path = save(folder / "s.tif", noise(), (e, 9, 4, n, 4, -9))
    return [path, "--resampling", "nearest"], warped(path, resampling="near")


@kind
def rotated_nodata(folder):
    path = save(folder / "s.tif", hole(noise()), (e, 9, 4, n, 4, -9), nodata=0)
    return [path], warped(path, srcNodata=0, dstNodata=0, warpOptions=["UNIFIED_SRC_NODATA=NO"])


@kind
def control_points(folder):
    save(folder / "t.tif", noise(), None, None)
    corners = [(0, 0, 15, 45.2), (WIDTH, 0, 15.03, 45.21), (0, HEIGHT, 14.995, 45.18), (WIDTH, HEIGHT, 15.025, 45.19)]
    points = [gdal.GCP(x, y, 0, column, row) for column, row, x, y in corners]
    gdal.Translate(path := str(folder / "s.tif"), str(folder / "t.tif"), GCPs=points, outputSRS="EPSG:4326")
    return [path], warped(path)


@kind
def rational_functions(folder):
    path = save(folder / "s.tif", noise(), None, None)
    linear = lambda a, b, c: " ".join(map(str, [0, a, b, c] + [0] * 16))
    one = " ".join(["1"] + ["0"] * 19)
    raster = gdal.Open(path, gdal.GA_Update)
    raster.SetMetadata(dict(
        LINE_OFF="500", SAMP_OFF="528", LAT_OFF="45.2", LONG_OFF="15", HEIGHT_OFF="0", LINE_SCALE="500",
        SAMP_SCALE="528",
        LAT_SCALE="0.05", LONG_SCALE="0.07", HEIGHT_SCALE="500", LINE_NUM_COEFF=linear(.1, -1, .02), LINE_DEN_COEFF=one,
        SAMP_NUM_COEFF=linear(1, .1, .02), SAMP_DEN_COEFF=one), "RPC")
    raster = None
    return [path], warped(path)


@kind
def footprints(folder):
    save(folder / "s.png", noise(3, 0, 255, "uint8"), None, None, driver="PNG")
    ring = [[15, 45.2], [15.1056, 45.2], [15.1056, 45.1], [15, 45.1], [15, 45.2]]
    layer(folder, ring)
    truth = Truth(folder / "s.png")
    truth.place = (15, .0001, 0, 45.2, 0, -.0001)
    return footprint_arguments(folder), truth


@kind
def footprints_askew(folder):
    path = save(folder / "s.png", noise(3, 0, 255, "uint8"), None, None, driver="PNG")
    corners = [[15, 45.2], [15.1, 45.22], [15.11, 45.12], [15.01, 45.1]]
    layer(folder, corners + corners[:1])
    pixels = [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)]
    points = [gdal.GCP(x, y, 0, column, row) for (x, y), (column, row) in zip(corners, pixels)]
    placed = gdal.Translate("", path, format="VRT", GCPs=points, outputSRS="EPSG:4326")
    return footprint_arguments(folder), warped(placed, tps=True)


def layer(folder, ring):
    feature = dict(type="Feature", properties=dict(path="s.png", date="2020-05-18"),
                   geometry=dict(type="Polygon", coordinates=[ring]))
    (folder / "images.geojson").write_text(json.dumps(dict(type="FeatureCollection", features=[feature])))


def footprint_arguments(folder):
    return ["--footprints", str(folder / "images.geojson"), "--footprint-path", "path", "--footprint-date", "date"]


def resolutions(resampling, name):
    def make(folder):
        fine = save(folder / "scene_B02.tif", noise(1))
        coarse = save(folder / "scene_B05.tif", noise(1, shape=(HEIGHT // 2, WIDTH // 2)), (e, 20, 0, n, 0, -20))
        other = onto(coarse, resampling, 10, WIDTH, HEIGHT)
        return [fine, coarse, "--resampling", name], Truth(fine).stack(other)
    return make


for name in ("nearest", "bilinear", "average", "cubic"):
    KINDS["resolutions-" + name] = resolutions("near" if name == "nearest" else name, name)


@kind
def coarser_by_average(folder):
    path = save(folder / "s.tif", noise(shape=(2 * HEIGHT, 2 * WIDTH)), (e, 5, 0, n, 0, -5))
    return [path, "--resolution", "10", "--resampling", "average"], onto(path, "average", 10, WIDTH, HEIGHT)


def quality(*mask, hides):
    def make(folder):
        path = save(folder / "scene.tif", noise())
        layer = noise(1, 0, 2047, seed=3)
        layer[0, noise(1, 0, 9)[0] != 0] = 1984
        save(folder / "scene_QA_PIXEL.tif", layer)
        return [path, str(folder / "scene_QA_PIXEL.tif"), "--mask", *mask], Truth(path).hide(hides(layer[0]))
    return make


KINDS["quality-bits"] = quality("QA_PIXEL:bits:1,3,4", hides=lambda layer: layer & 0b11010 != 0)
KINDS["quality-values"] = quality("QA_PIXEL:0-900,1000", hides=lambda layer: (layer <= 900) | (layer == 1000))


@kind
def landsat(folder):
    """Collection 2, level 2: a file a band, an MTL file, QA_PIXEL; fill is 0."""
    name = "LC08_L2SP_224077_20200518_20200820_02_T1"
    folder = folder / name
    folder.mkdir()
    bands = [save(folder / f"{name}_SR_B{band}.TIF", hole(noise(seed=band))[:1]) for band in (2, 3, 4)]
    flags = noise(1, 0, 20, seed=3) * 8
    save(folder / f"{name}_QA_PIXEL.TIF", np.where(flags > 8, 64, flags).astype("uint16"))
    numbers = "".join(f"    REFLECTANCE_MULT_BAND_{band} = 2.75e-05\n    REFLECTANCE_ADD_BAND_{band} = -0.2\n"
                      for band in (2, 3, 4))
    (folder / f"{name}_MTL.txt").write_text(
        "GROUP = LANDSAT_METADATA_FILE\n  GROUP = IMAGE_ATTRIBUTES\n"
        "    SPACECRAFT_ID = \"LANDSAT_8\"\n    SENSOR_ID = \"OLI_TIRS\"\n"
        "    DATE_ACQUIRED = 2020-05-18\n    SCENE_CENTER_TIME = \"13:32:58.8\"\n  END_GROUP = IMAGE_ATTRIBUTES\n"
        f"  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS\n{numbers}"
        "  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS\n"
        "END_GROUP = LANDSAT_METADATA_FILE\nEND\n")
    truths = [Truth(gdal.Translate("", band, format="VRT", noData=0)) for band in bands]
    clouds = (flags[0] == 8)
    return [str(folder), "--mask", "QA_PIXEL:bits:3"], truths[0].stack(*truths[1:]).hide(clouds)


@kind
def sentinel(folder):
    """Level 2A with JPEG 2000 at 10 and 20 m and SCL; GDAL's driver says what the 10 m bands hold."""
    name = "S2B_MSIL2A_20200518T135119_N0400_R024_T33TUN_20200518T172521"
    granule = folder / f"{name}.SAFE/GRANULE/L2A_T33TUN_A016703_20200518T135211"
    for metres in (10, 20): (granule / f"IMG_DATA/R{metres}m").mkdir(parents=True)
    half, lossless = (HEIGHT // 2, WIDTH // 2), ["QUALITY=100", "REVERSIBLE=YES"]

    def jp2(name, pixels, place=PLACE):
        return save(granule / "IMG_DATA" / name, pixels, place, driver="JP2OpenJPEG", options=lossless)
    tile = "T33TUN_20200518T135119"
    fine = [jp2(f"R10m/{tile}_{band}_10m.jp2", noise(1, seed=number))
            for number, band in enumerate(("B02", "B03", "B04", "B08"))]
    coarse = jp2(f"R20m/{tile}_B05_20m.jp2", noise(1, shape=half), (e, 20, 0, n, 0, -20))
    classes = jp2(f"R20m/{tile}_SCL_20m.jp2", noise(1, 0, 50, "uint8", half), (e, 20, 0, n, 0, -20))
    bands = "".join(f'<BOA_ADD_OFFSET band_id="{number}">-1000</BOA_ADD_OFFSET>' for number in range(13))
    images = "".join(f"<IMAGE_FILE>GRANULE/{granule.name}/IMG_DATA/R10m/{tile}_{band}_10m</IMAGE_FILE>"
                     for band in ("B02", "B03", "B04", "B08"))
    (folder / f"{name}.SAFE/MTD_MSIL2A.xml").write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"><n1:General_Info>
<Product_Info><PRODUCT_START_TIME>2020-05-18T13:51:19.024Z</PRODUCT_START_TIME>
<PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
<PROCESSING_BASELINE>04.00</PROCESSING_BASELINE><Product_Organisation>
<Granule_List><Granule granuleIdentifier="L2A" imageFormat="JPEG2000">
{images}
</Granule></Granule_List></Product_Organisation></Product_Info><Product_Image_Characteristics>
<QUANTIFICATION_VALUES_LIST>
<BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>
<BOA_ADD_OFFSET_VALUES_LIST>{bands}</BOA_ADD_OFFSET_VALUES_LIST></Product_Image_Characteristics>
</n1:General_Info></n1:Level-2A_User_Product>""")
    scene = str(folder / f"{name}.SAFE")
    near = onto(classes, "near", 10, WIDTH, HEIGHT)
    truth = Truth(fine[0]).stack(*map(Truth, fine[1:]), onto(coarse, "bilinear", 10, WIDTH, HEIGHT))
    return [scene, "--bands", "B02,B03,B04,B08,B05", "--mask", "SCL:1,3"], truth.hide(np.isin(near.values[0], (1, 3)))


@kind
def stac_item(folder):
    paths = [save(folder / f"{name}.tif", noise(1, seed=number)) for number, name in enumerate(("red", "nir"))]
    assets = {pathlib.Path(path).stem: dict(href=path, roles=["data"], type="image/tiff") for path in paths}
    (folder / "item.json").write_text(json.dumps(dict(
        type="Feature", stac_version="1.0.0", id="item", geometry=None, links=[], assets=assets,
        properties=dict(datetime="2020-05-18T13:32:58Z"))))
    return [str(folder / "item.json"), "--assets", "nir,red"], Truth(paths[1]).stack(Truth(paths[0]))
