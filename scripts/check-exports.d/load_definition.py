"""The whole model of an export in the definition of its objective: EXPORT FOLDER_OF_DEFINITIONS OBJECTIVE."""
import json, pathlib, sys
import torch
from safetensors.torch import load_file
sys.path.insert(0, sys.argv[2])
import neighbormae_oracle
import objectives_oracle as oracle
folder = pathlib.Path(sys.argv[1])
p = load_file(folder / "pretraining/model.safetensors")
c = oracle.Config(**json.loads((folder / "pretraining/config.json").read_text()))
assert {k: tuple(v.shape) for k, v in p.items()} == oracle.parameter_shapes(c)
check = load_file(folder / "check.safetensors")
item = json.loads((folder / "item.json").read_text())["properties"]["mlm:input"][0]
mean, std = (torch.tensor([b[k] for b in item["value_scaling"]])[:, None, None] for k in ("mean", "stddev"))
images = torch.nn.functional.interpolate((check["values"] - mean) / std, (c.image_side, c.image_side), mode="bilinear",
                                         antialias=True)
box = torch.tensor([0., 32., 32., 0.])
with torch.no_grad():
    position = oracle.position_embedding(box, c.grid, c.width) + p["img_embed"][0, 0]
    patches = oracle.linear(oracle.patchify(images[0], c.patch_side), p, "patch_embed") + position
    x = torch.cat([p["cls_token"][0], patches])
    for i in range(c.depth):
        x = oracle.block(x, p, f"blocks.{i}", c.heads)
    x = oracle.layer_norm(x, p, "norm")
    torch.manual_seed(0)
    order = torch.rand(1, 2, c.patches).argsort(2)
    if sys.argv[3] == "neighbormae":
        loss, _ = neighbormae_oracle.batch_loss(c, p, images[None, [0, 0]], torch.stack([box, box])[None], order)
    else:
        side = c.image_side << c.upsamplings
        largest = torch.nn.functional.interpolate(images[:1], (side, side), mode="bilinear")
        loss, _ = oracle.batch_loss(c, p, largest, order[:, 0])
difference = float((x - check["tokens"][0]).abs().max() / x.abs().max())
assert difference < 1e-5 and torch.isfinite(loss), (difference, loss)
print(f"the definition loads the whole model: tokens differ by {difference:.1e}, loss {float(loss):.3f}")
