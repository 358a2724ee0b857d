// Programs for torchgeo and torchgeo-bench that lie in an export. They read all that they say from
// item.json, so that they are the same text in every export.

import Basics

enum TorchGeoScripts {
  /// torchgeo_weights.py. (torchgeo.py would hide the library from programs that run beside it.)
  static let weights = #"""
    """This encoder as an entry of weights, in the form that torchgeo.models has them.

    To publish it, put model.safetensors where others can fetch it, with the first eight digits of
    its sha256 in its name, and say that address as the url. Needs timm, torchvision, safetensors.
    """
    import json
    import pathlib

    import timm
    import torch
    from safetensors.torch import load_file
    from torchvision.models._api import Weights, WeightsEnum
    from torchvision.transforms import v2

    folder = pathlib.Path(__file__).resolve().parent
    _item = json.loads((folder / "item.json").read_text())
    _properties = _item["properties"]
    _input = _properties["mlm:input"][0]
    _shape = _input["input"]["shape"]

    _transforms = v2.Compose([
        v2.ToDtype(torch.float32),
        v2.Resize(_shape[-2:], antialias=True),
        v2.Normalize([band["mean"] for band in _input["value_scaling"]],
                     [band["stddev"] for band in _input["value_scaling"]])])


    class TerraneWeights(WeightsEnum):
        """The weights of this folder; transforms take stored values of the bands in `meta`."""

        ENCODER = Weights(
            url=(folder / "model.safetensors").as_uri(),
            transforms=_transforms,
            meta={
                "dataset": _properties["terrane:dataset"],
                "in_chans": _shape[1],
                "img_size": _shape[-1],
                "model": "vit",
                "publication": "https://arxiv.org/abs/2603.02522",
                "repo": None,
                "ssl_method": "neighbormae",
                "bands": _input["bands"],
                "license": _properties["license"],
            })

        def get_state_dict(self, *args, **kwargs):
            return load_file(folder / "model.safetensors")


    def terrane_encoder(weights=None, **kwargs):
        """The encoder as timm makes it, with its weights or without; other arguments are timm's."""
        model = timm.create_model(f"local-dir:{folder}", pretrained=False, **kwargs)
        if weights is not None:
            model.load_state_dict(weights.get_state_dict(), strict=True)
        return model

    """#

  /// torchgeo_bench/terrane.py.
  static let bench = #"""
    """This encoder as a model of torchgeo-bench: bands in order, values in the training's unit.

    torchgeo-bench gives each dataset's bands with their names and wavelengths. Those that the
    encoder was trained on are picked by name, else by wavelength; a dataset that lacks one is
    refused. Values are brought to the kind of numbers that the training had (counts, bytes or
    reflectances, by torchgeo-bench's own rule), scaled by the training's statistics and resized to
    the encoder's image side.
    """
    import json
    import pathlib
    import re

    import timm
    import torch
    from torchgeo_bench.models._input_units import InputUnit, convert_unit, detect_input_unit
    from torchgeo_bench.models.interface import BenchModel

    FOLDER = pathlib.Path(__file__).resolve().parent.parent
    TOLERANCE = 0.03  # micrometres between the centres of two bands that count as the same


    def plain(name):
        """'B04', 'b4' and 'B4' are one name."""
        return re.sub(r"(?<![0-9])0+(?=[0-9])", "", str(name).lower())


    class TerraneEncoder(BenchModel):
        def __init__(self, bands, pool="mean", **_):
            super().__init__(bands=bands, normalization="identity")
            properties = json.loads((FOLDER / "item.json").read_text())["properties"]
            contract = properties["mlm:input"][0]
            self.pool = pool
            self.side = contract["input"]["shape"][-1]
            self.picked = [self.pick(band) for band in properties["bands"]]
            self.found = detect_input_unit([self.bands[place] for place in self.picked])
            largest = max(band["statistics"]["maximum"] for band in properties["bands"])
            self.wanted = (InputUnit.S2_DN if largest > 1000
                           else InputUnit.UINT8 if largest > 10 else InputUnit.REFLECTANCE_0_1)
            for key in ("mean", "stddev"):
                values = torch.tensor([band[key] for band in contract["value_scaling"]])
                self.register_buffer(key, values[:, None, None])
            self.encoder = timm.create_model(f"local-dir:{FOLDER}", pretrained=True)

        def pick(self, wanted):
            """The place of a band of the encoder among those of the dataset."""
            names = [{plain(band.name), plain(band.source_name)} for band in self.bands]
            by_name = [place for place, known in enumerate(names) if plain(wanted["name"]) in known]
            if by_name:
                return by_name[0]
            centre = wanted.get("eo:center_wavelength")
            near = [(abs(band.wavelength_um - centre), place)
                    for place, band in enumerate(self.bands)
                    if centre is not None and band.wavelength_um is not None]
            if near and min(near)[0] <= TOLERANCE:
                return min(near)[1]
            there = [(band.name, band.wavelength_um) for band in self.bands]
            raise ValueError(f"the encoder needs band {wanted['name']} ({centre} micrometres), and "
                             f"the dataset has {there}; choose bands that fit")

        def _forward_patch_features(self, images, _bboxes=None):
            values = convert_unit(images[:, self.picked].float(), self.found, self.wanted)
            values = (values - self.mean) / self.stddev
            values = torch.nn.functional.interpolate(
                values, (self.side, self.side), mode="bilinear", antialias=True)
            tokens = self.encoder.forward_features(values)
            features = {"cls": tokens[:, 0], "mean": tokens[:, 1:].mean(1)}
            features["both"] = torch.cat([features["cls"], features["mean"]], 1)
            return features[self.pool]

    """#

  /// torchgeo_bench/terrane.yaml.
  static func benchConfiguration(name: String) -> String {
    """
    # For torchgeo-bench: copy to conf/model, and put the folder of terrane.py on PYTHONPATH.
    _target_: terrane.TerraneEncoder
    name: \(name)
    pool: mean  # or cls, or both

    """
  }
}
