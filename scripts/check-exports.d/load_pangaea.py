"""An export in the ViT encoder of PANGAEA's repository: EXPORT CLONE."""
import json, pathlib, sys, types
import torch, yaml
from safetensors.torch import load_file
folder, clone = map(pathlib.Path, sys.argv[1:])
# The class needs neither what its package imports besides nor what it would download with.
for name in ("pangaea", "pangaea.encoders"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(clone / name.replace(".", "/"))]
sys.modules.setdefault("gdown", types.ModuleType("gdown"))
from pangaea.encoders.vit_encoder import VIT_Encoder
said = yaml.safe_load((folder / "pangaea/encoder.yaml").read_text())
assert said.pop("_target_").endswith("VIT_Encoder")
said["encoder_weights"] = str(folder / "pangaea/model.pth")


class Strict:
    def warning(self, words, *_):
        sys.exit(f"PANGAEA: {words}")

    info = print


encoder = VIT_Encoder(**said).eval()
missing = [name for name, _ in encoder.named_parameters() if name not in torch.load(said["encoder_weights"])]
assert not missing, missing
encoder.load_encoder_weights(Strict())
check = load_file(folder / "check.safetensors")
item = json.loads((folder / "item.json").read_text())["properties"]["mlm:input"][0]
mean, std = (torch.tensor([b[k] for b in item["value_scaling"]])[:, None, None] for k in ("mean", "stddev"))
side = said["input_size"]
images = torch.nn.functional.interpolate((check["values"] - mean) / std, (side, side), mode="bilinear", antialias=True)
with torch.no_grad():
    maps = encoder({"optical": images[:, :, None]})
last = maps[-1].flatten(2).transpose(1, 2)
difference = float((last - check["tokens"][:, 1:]).abs().max() / last.abs().max())
assert difference < 1e-5, difference
print(f"PANGAEA: maps of blocks {said['output_layers']}, the last one differs by {difference:.1e}")
