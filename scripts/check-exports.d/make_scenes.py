"""Makes a scene of so many made-up bands: BANDS PATH."""
import sys
import numpy as np
from osgeo import gdal, osr
bands, path = int(sys.argv[1]), sys.argv[2]
gdal.UseExceptions()
rng = np.random.default_rng(bands)
side = 400
y, x = np.mgrid[:side, :side] / side
scene = gdal.GetDriverByName("GTiff").Create(path, side, side, bands, gdal.GDT_UInt16)
system = osr.SpatialReference()
system.ImportFromEPSG(32633)
scene.SetProjection(system.ExportToWkt())
scene.SetGeoTransform((500000, 10, 0, 5000000, 0, -10))
# With seven bands every chip has pixels without a value.
hidden = (np.hypot(x - .7, y - .3) < .08) | (rng.random((side, side)) < .02 * (bands == 7))
for band in range(1, bands + 1):
    wave = np.sin(12 * x * band % 7 + band) + np.cos(9 * y + band * x) + rng.normal(0, .4, (side, side))
    # With two bands the mean is 1000 times the deviation.
    values = 60000 + 60 * wave if bands == 2 else 400 * band + 250 * wave + 900
    values[hidden] = 0
    target = scene.GetRasterBand(band)
    target.WriteArray(values.clip(0, 65535).astype(np.uint16))
    target.SetNoDataValue(0)
    target.SetDescription(f"B{band}")
    target.SetMetadataItem("wavelength", f"{.4 + .1 * band:.2f}")
    target.SetMetadataItem("wavelength_units", "micrometers")
