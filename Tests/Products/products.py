#!/usr/bin/env python3
"""Makes up small products as their producers lay them out: Sentinel-2 SAFE, Landsat collection 2, fMoW, STAC.

  products.py KIND FOLDER [OPTION=VALUE…]

Prints the path of what it made. Needs python3-gdal and numpy."""
import json, os, sys
import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
ORIGIN = (600000.0, 7200000.0)
CRS = 32721
SENTINEL = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"]
METRES = [60, 10, 10, 10, 20, 20, 20, 10, 20, 60, 60, 20, 20]
WAVELENGTHS = [442.7, 492.4, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8, 864.7, 945.1, 1373.5, 1613.7, 2202.4]
SIDE = 1200  # metres


def pixels(side, seed, top=3000):
    """Values that differ from band to band and from pixel to pixel."""
    y, x = np.mgrid[0:side, 0:side]
    return (1000 + (x * 7 + y * 3 + seed * 131) % top).astype("uint16")


def save(path, values, metres, driver="GTiff", options=(), place=ORIGIN, crs=CRS, nodata=None, name=None):
    """Writes one band on the common place."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kind = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16}[values.dtype.name]
    memory = gdal.GetDriverByName("MEM").Create("", values.shape[1], values.shape[0], 1, kind)
    if place:
        memory.SetGeoTransform((place[0], metres, 0, place[1], 0, -metres))
        system = osr.SpatialReference()
        system.ImportFromEPSG(crs)
        memory.SetSpatialRef(system)
    band = memory.GetRasterBand(1)
    band.WriteArray(values)
    if nodata is not None: band.SetNoDataValue(nodata)
    if name: band.SetDescription(name)
    gdal.GetDriverByName(driver).CreateCopy(path, memory, options=list(options))


def jp2(path, values, metres):
    save(path, values, metres, "JP2OpenJPEG", ["QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO"])


def safe(folder, level="2A", baseline="04.00", offset="-1000", named=None, sensed="20200518T135211"):
    """A Sentinel-2 product; offset "none" leaves the elements out."""
    digits = (named or baseline).replace(".", "")
    product = f"S2A_MSIL{level}_{sensed}_N{digits}_R024_T21JUN_20200518T174005"
    root = f"{folder}/{product}.SAFE"
    granule = f"L{level}_T21JUN_A025612_{sensed}"
    tile = f"T21JUN_{sensed}"
    files = []
    for number, (band, native) in enumerate(zip(SENTINEL, METRES)):
        if level == "2A" and band == "B10": continue
        sizes = [m for m in (10, 20, 60) if m >= native] if level == "2A" else [native]
        for metres in sizes:
            name = f"IMG_DATA/R{metres}m/{tile}_{band}_{metres}m" if level == "2A" else f"IMG_DATA/{tile}_{band}"
            files.append(f"GRANULE/{granule}/{name}")
            jp2(f"{root}/{files[-1]}.jp2", pixels(SIDE // metres, number), metres)
    if level == "2A":
        for layer in ("AOT", "WVP", "SCL"):
            values = pixels(SIDE // 20, 50) if layer != "SCL" else (pixels(SIDE // 20, 3) % 12).astype("uint8")
            files.append(f"GRANULE/{granule}/IMG_DATA/R20m/{tile}_{layer}_20m")
            jp2(f"{root}/{files[-1]}.jp2", values, 20)
    write_safe_metadata(root, granule, files, level, baseline, offset, product)
    return root


def write_safe_metadata(root, granule, files, level, baseline, offset, product):
    """The product's and the granule's metadata, with the elements that readers use."""
    what = "BOA" if level == "2A" else "RADIO"
    offsets = "".join(f'<{what}_ADD_OFFSET band_id="{b}">{offset}</{what}_ADD_OFFSET>' for b in range(13))
    if level == "2A":
        values = "<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit=\"none\">10000" \
            "</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>"
        if offset != "none": values += f"<BOA_ADD_OFFSET_VALUES_LIST>{offsets}</BOA_ADD_OFFSET_VALUES_LIST>"
    else:
        values = '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
        if offset != "none": values += f"<Radiometric_Offset_List>{offsets}</Radiometric_Offset_List>"
    spectral = "".join(
        f'<Spectral_Information bandId="{b}" physicalBand="{name.replace("B0", "B")}">'
        f'<Wavelength><CENTRAL unit="nm">{nm}</CENTRAL></Wavelength></Spectral_Information>'
        for b, (name, nm) in enumerate(zip(SENTINEL, WAVELENGTHS)))
    images = "".join(f"<IMAGE_FILE>{f}</IMAGE_FILE>" for f in files)
    day = "2020-05-18T13:52:11.024Z"
    kind = f"Level-{level}_User_Product"
    with open(f"{root}/MTD_MSIL{level}.xml", "w") as out:
        out.write(f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:{kind} xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-{level}.xsd">
<n1:General_Info><Product_Info><PRODUCT_START_TIME>{day}</PRODUCT_START_TIME>
<PRODUCT_STOP_TIME>{day}</PRODUCT_STOP_TIME><PRODUCT_URI>{product}.SAFE</PRODUCT_URI>
<PROCESSING_LEVEL>Level-{level}</PROCESSING_LEVEL><PRODUCT_TYPE>S2MSI{level}</PRODUCT_TYPE>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE><Datatake><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME>
<DATATAKE_SENSING_START>{day}</DATATAKE_SENSING_START></Datatake><Query_Options completeSingleTile="true">
<PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT></Query_Options>
<Product_Organisation><Granule_List><Granule granuleIdentifier="{granule}" imageFormat="JPEG2000">{images}</Granule>
</Granule_List></Product_Organisation></Product_Info><Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
</Special_Values><Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
<SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>{values}
<Spectral_Information_List>{spectral}</Spectral_Information_List></Product_Image_Characteristics>
</n1:General_Info></n1:{kind}>
""")
    sizes = "".join(f'<Size resolution="{m}"><NROWS>{SIDE // m}</NROWS><NCOLS>{SIDE // m}</NCOLS></Size>'
                    f'<Geoposition resolution="{m}"><ULX>{ORIGIN[0]:.0f}</ULX><ULY>{ORIGIN[1]:.0f}</ULY>'
                    f'<XDIM>{m}</XDIM><YDIM>-{m}</YDIM></Geoposition>' for m in (10, 20, 60))
    with open(f"{root}/GRANULE/{granule}/MTD_TL.xml", "w") as out:
        out.write(f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{level}_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-{level}_Tile_Metadata.xsd">
<n1:General_Info><TILE_ID>{granule}</TILE_ID></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding><HORIZONTAL_CS_NAME>WGS84 / UTM zone 21S</HORIZONTAL_CS_NAME>
<HORIZONTAL_CS_CODE>EPSG:{CRS}</HORIZONTAL_CS_CODE>{sizes}</Tile_Geocoding></n1:Geometric_Info>
</n1:Level-{level}_Tile_ID>
""")


def landsat(folder, level="L2SP"):
    """A Landsat 8 product of collection 2 at level 2 or, with L1TP, at level 1."""
    product = f"LC08_{level}_224077_20200518_20200820_02_T1"
    root = f"{folder}/{product}"
    is_surface = level == "L2SP"
    bands = [f"SR_B{n}" for n in range(1, 8)] + ["ST_B10"] if is_surface else [f"B{n}" for n in range(1, 12)]
    for number, band in enumerate(bands):
        metres = 15 if band == "B8" else 30
        place = (ORIGIN[0] + 7.5, ORIGIN[1] - 7.5) if band == "B8" else ORIGIN
        save(f"{root}/{product}_{band}.TIF", pixels(SIDE // metres, number), metres, nodata=0, place=place)
    layers = ["QA_PIXEL", "QA_RADSAT"] + (["SR_QA_AEROSOL", "ST_QA", "ST_EMIS"] if is_surface else [])
    for layer in layers + ([] if is_surface else ["SAA", "VZA"]):
        save(f"{root}/{product}_{layer}.TIF", pixels(SIDE // 30, 9) + np.uint16(20000), 30)
    reflective = range(1, 8) if is_surface else range(1, 10)
    lines = ["GROUP = LANDSAT_METADATA_FILE", "  GROUP = IMAGE_ATTRIBUTES", '    SPACECRAFT_ID = "LANDSAT_8"',
             '    SENSOR_ID = "OLI_TIRS"', "    DATE_ACQUIRED = 2020-05-18",
             '    SCENE_CENTER_TIME = "13:38:43.1234560Z"', "  END_GROUP = IMAGE_ATTRIBUTES"]
    if is_surface:
        lines += ["  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
        lines += [f"    REFLECTANCE_MULT_BAND_{n} = 2.75e-05" for n in reflective]
        lines += [f"    REFLECTANCE_ADD_BAND_{n} = -0.2" for n in reflective]
        lines += ["  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS",
                  "  GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS", "    TEMPERATURE_MULT_BAND_ST_B10 = 0.00341802",
                  "    TEMPERATURE_ADD_BAND_ST_B10 = 149.0", "  END_GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"]
    lines += ["  GROUP = LEVEL1_RADIOMETRIC_RESCALING"]
    for key, value, numbers in [("RADIANCE_MULT", "3.3420E-04", (10, 11)), ("RADIANCE_ADD", "0.10000", (10, 11)),
                                ("REFLECTANCE_MULT", "2.0000E-05", range(1, 10)),
                                ("REFLECTANCE_ADD", "-0.100000", range(1, 10))]:
        lines += [f"    {key}_BAND_{n} = {value}" for n in numbers]
    lines += ["  END_GROUP = LEVEL1_RADIOMETRIC_RESCALING", "END_GROUP = LANDSAT_METADATA_FILE", "END"]
    with open(f"{root}/{product}_MTL.txt", "w") as out: out.write("\n".join(lines) + "\n")
    return root


def fmow(folder, images="4"):
    """Photographs without georeference in fMoW's layout, beside metadata that hold their footprints."""
    for number in range(int(images)):
        name = f"airport_0_{number}_rgb"
        root = f"{folder}/train/airport/airport_0"
        os.makedirs(root, exist_ok=True)
        memory = gdal.GetDriverByName("MEM").Create("", 64, 48, 3, gdal.GDT_Byte)
        for band in (1, 2, 3): memory.GetRasterBand(band).WriteArray((pixels(64, band) % 256)[:48].astype("uint8"))
        gdal.GetDriverByName("JPEG").CreateCopy(f"{root}/{name}.jpg", memory)
        west, south = round(10 + number * 0.001, 6), 50.0
        ring = [(west, south), (round(west + 0.004, 6), south), (round(west + 0.004, 6), south + 0.002), (west, south + 0.002)]
        wkt = "POLYGON ((" + ", ".join(f"{x} {y}" for x, y in ring + ring[:1]) + "))"
        with open(f"{root}/{name}.json", "w") as out:
            json.dump({"gsd": 0.5, "img_width": 64, "img_height": 48, "timestamp": f"2016-0{number + 1}-02T09:24:45Z",
                       "img_filename": name + ".jpg", "raw_location": wkt, "country_code": "DEU", "cloud_cover": 3,
                       "bounding_boxes": [{"ID": 0, "category": "airport", "box": [1, 1, 20, 20]}]}, out)
    return folder


def bands(folder, names="S_B01,S_B02,S_B03,S_B04", extra="S_QA_PIXEL"):
    """Files of one band on one place, as GeoTIFF."""
    for number, name in enumerate((names + "," + extra).strip(",").split(",")):
        save(f"{folder}/{name}.tif", pixels(40, number), 30)
    return folder


def stac(folder, sentinel="S.SAFE", landsat="L"):
    """An item collection over a Sentinel-2 and a Landsat product in the same folder."""
    def find(root, ending):
        found = [os.path.join(p, f) for p, _, names in os.walk(f"{folder}/{root}") for f in names if f.endswith(ending)]
        return "./" + os.path.relpath(sorted(found)[0], folder)
    def asset(path, name, nm, scale, offset, common):
        return {"href": path, "type": "image/jp2" if path.endswith("jp2") else "image/tiff; application=geotiff",
                "roles": ["data"], "eo:bands": [{"name": name, "common_name": common, "center_wavelength": nm}],
                "raster:bands": [{"scale": scale, "offset": offset, "nodata": 0, "unit": "reflectance"}]}
    items = []
    for identifier, root, end, scale, offset, quality in [
            ("sentinel", sentinel, "_{}_10m.jp2", 0.0001, -0.1, ("SCL", "_SCL_20m.jp2")),
            ("landsat", landsat, "_SR_{}.TIF", 2.75e-05, -0.2, ("qa_pixel", "_QA_PIXEL.TIF"))]:
        assets = {}
        for key, band, nm in [("red", "B04" if root == sentinel else "B4", 0.665),
                              ("green", "B03" if root == sentinel else "B3", 0.56)]:
            assets[key] = asset(find(root, end.format(band)), band, nm, scale, offset, key)
        assets[quality[0]] = {"href": find(root, quality[1]), "type": "image/tiff", "roles": ["cloud"]}
        assets["thumbnail"] = {"href": "thumb.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}
        items.append({"type": "Feature", "stac_version": "1.0.0", "id": identifier, "geometry": None,
                      "properties": {"datetime": "2020-05-18T13:52:11Z"}, "links": [], "assets": assets})
    path = f"{folder}/items.json"
    with open(path, "w") as out: json.dump({"type": "FeatureCollection", "features": items}, out)
    return path


def judge(path):
    """What GDAL's own driver says of a Sentinel-2 product: name, wavelength in nm and sum of each band, as JSON."""
    result = {}
    for name, _ in gdal.Open(path).GetSubDatasets():
        if "PREVIEW" in name or "TCI" in name: continue
        subset = gdal.Open(name)
        for number in range(1, subset.RasterCount + 1):
            band = subset.GetRasterBand(number)
            key = band.GetMetadataItem("BANDNAME") or band.GetDescription()
            if key not in result:
                result[key] = [float(band.GetMetadataItem("WAVELENGTH") or 0), int(band.ReadAsArray().sum())]
    return json.dumps(result)


def sums(*paths):
    """The sums of the first bands of rasters, as JSON."""
    result = []
    for path in paths:
        raster = gdal.Open(path)  # A band without its raster is lost.
        result.append(int(raster.GetRasterBand(1).ReadAsArray().sum()))
    return json.dumps(result)


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    words = [w for w in rest if "=" not in w]
    print(globals()[kind](*words, **dict(w.split("=", 1) for w in rest if "=" in w)))
