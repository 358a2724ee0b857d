"""A run's encoder as timm builds it, by the checkpoint's tensors and positions of the definition."""
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
import neighbormae_oracle as oracle  # noqa: E402


def tensors(path):
    """Of a safetensors file."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    result = {}
    for name, entry in header.items():
        start, end = (8 + size + place for place in entry["data_offsets"])
        values = np.frombuffer(data[start:end], dtype="<f4").reshape(entry["shape"]).copy()
        result[name] = torch.from_numpy(values)
    return result


def setting(run, name):
    """A whole number of the section `model` of a run's configuration."""
    text = (Path(run) / "configuration.yaml").read_text()
    section = re.search(r"^model:\n((?:  .*\n)+)", text, re.M).group(1)
    return int(re.search(rf"^  {name}: *(\d+)", section, re.M).group(1))


def description(run, data=None):
    """The dataset's, of a run."""
    text = (Path(run) / "configuration.yaml").read_text()
    folder = data or re.search(r"^data:\n(?:  .*\n)*?  folder: *(.+)$", text, re.M).group(1)
    folder = folder.strip(" \"'[]")
    return json.loads((Path(folder) / "dataset.json").read_text())


def newest(run):
    """The parameters' file of the newest checkpoint."""
    steps = sorted((Path(run) / "checkpoints").glob("step-*"))
    return next(steps[-1].glob("parameters*.safetensors"))


def encoder(run):
    """The encoder without its pooling: images (B, C, H, W) to tokens (B, 1 + L, D)."""
    import timm
    found = tensors(newest(run))
    side, patch = setting(run, "imageSide"), setting(run, "patchSide")
    width = found["cls_token"].shape[-1]
    depth = 1 + max(int(name.split(".")[1]) for name in found if name.startswith("blocks."))
    channels = found["patch_embed.weight"].shape[1] // (patch * patch)
    hidden = found["blocks.0.mlp.fc1.weight"].shape[0]
    model = timm.models.VisionTransformer(
        img_size=side, patch_size=patch, in_chans=channels, embed_dim=width, depth=depth,
        num_heads=setting(run, "heads"), mlp_ratio=hidden / width, num_classes=0, global_pool="")
    grid = side // patch
    positions = oracle.position_embedding(torch.tensor([0.0, 32.0, 32.0, 0.0]), grid, width)
    state = {name: value for name, value in found.items()
             if name.startswith("blocks.") or name in ("norm.weight", "norm.bias", "cls_token")}
    weights = found["patch_embed.weight"].reshape(width, patch, patch, channels)
    state["patch_embed.proj.weight"] = weights.permute(0, 3, 1, 2).contiguous()
    state["patch_embed.proj.bias"] = found["patch_embed.bias"]
    state["pos_embed"] = torch.cat(
        [torch.zeros(1, width), positions + found["img_embed"][0, 0]])[None]
    model.load_state_dict(state)
    return model.eval()
