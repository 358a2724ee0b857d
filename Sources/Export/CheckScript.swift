// The program that proves an export: it lies in the folder as check.py.

enum CheckScript {
  /// Needs timm, torch and safetensors.
  static let text = #"""
    #!/usr/bin/env python3
    """Does this encoder, loaded by timm, give what Terrane computed from the same raw pixels?

    check.safetensors holds chips as they lie in the dataset, their tokens after the last norm, and
    the mean of the patch tokens. This applies the bands' scaling of item.json, and fails where a
    difference is above 1e-5 of the largest value, or above what single precision leaves of bands
    whose mean is more than 80 times their deviation. Needs timm, torch and safetensors.
    """
    import json
    import pathlib
    import sys

    import timm
    import torch
    from safetensors.torch import load_file

    folder = pathlib.Path(__file__).resolve().parent
    contract = json.loads((folder / "item.json").read_text())["properties"]["mlm:input"][0]
    mean, std = (torch.tensor([band[key] for band in contract["value_scaling"]])[:, None, None]
                 for key in ("mean", "stddev"))
    side = contract["input"]["shape"][-1]


    def resize(planes):
        size = (side, side)
        return torch.nn.functional.interpolate(planes, size, mode="bilinear", antialias=True)


    check = load_file(folder / "check.safetensors")
    share = resize(check["valid"])  # of each pixel's weight, what lies on valid pixels
    seen = check["seen"] > 0  # half of it or more; where it is just half, rounding decides
    if ((seen != (share >= 0.5)) & ((share - 0.5).abs() > 1e-5)).any():
        sys.exit("not the pixels that the encoder saw: others have a value here")
    scaled = (check["values"] - mean) / std * check["valid"]
    images = torch.where(seen, resize(scaled) / share, 0.0)
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    with torch.no_grad():
        found = {"tokens": model.forward_features(images), "pooled": model(images)}
    bound = max(1e-5, 2 ** -23 * float((mean / std).abs().max()))
    differences = {name: float((value - check[name]).abs().max() / check[name].abs().max())
                   for name, value in found.items()}
    for name, difference in differences.items():
        shape = tuple(check[name].shape)
        print(f"{name}: {shape}, largest difference {difference:.1e} of the largest value")
    if not all(difference <= bound for difference in differences.values()):
        sys.exit(f"not the encoder that was exported: differences are allowed up to {bound:.1e}")
    print(f"this is the encoder that was exported: no difference is above {bound:.1e}")

    """#
}
