"""An export in torchgeo-bench's base class: EXPORT CLONE."""
import json, pathlib, sys, types
import torch
from safetensors.torch import load_file
folder, clone = map(pathlib.Path, sys.argv[1:])
# Its base class and its bands, without the models and datasets that its packages import besides.
for name in ("torchgeo_bench", "torchgeo_bench.models", "torchgeo_bench.datasets"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(clone / "src" / name.replace(".", "/"))]
from torchgeo_bench.datasets.base import BandSpec
sys.path.insert(0, str(folder / "torchgeo_bench"))
from terrane import TerraneEncoder
check = load_file(folder / "check.safetensors")
known = json.loads((folder / "item.json").read_text())["properties"]["bands"]


def specification(band, name, shift=0.):
    said = band["statistics"]
    centre = band.get("eo:center_wavelength")
    return BandSpec("s2", name, name.upper(), said["mean"], said["stddev"], said["minimum"], said["maximum"],
                    centre and centre + shift)


def difference(bands, values):
    with torch.no_grad():
        found = TerraneEncoder(bands=bands).eval().forward_patch_features(values)
    return float((found - check["pooled"]).abs().max() / check["pooled"].abs().max())


# Another order, names with zeros, and one band too many; then other names, known by wavelength.
stranger = BandSpec("s2", "b99", "B99", 1, 1, 0, 5000, 9.9)
named = [specification(band, band["name"].lower().replace("b", "b0")) for band in reversed(known)] + [stranger]
values = check["values"].flip(1)
by_name = difference(named, torch.cat([values, torch.zeros_like(values[:, :1])], 1))
by_wavelength = difference([specification(band, f"x{i}", .01) for i, band in enumerate(known)], check["values"])
assert by_name < 1e-5 and by_wavelength < 1e-5, (by_name, by_wavelength)
try:
    TerraneEncoder(bands=[stranger])
    sys.exit("a dataset without the encoder's bands was taken")
except ValueError as error:
    pass
print(f"torchgeo-bench: bands by name {by_name:.1e}, by wavelength {by_wavelength:.1e}; others are refused")
