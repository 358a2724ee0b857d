"""Exports in timm, by torch.load and as an entry of torchgeo's weights: EXPORT…"""
import importlib, json, pathlib, sys
import timm, torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file


def near(a, b):
    return float((a - b).abs().max() / b.abs().max()) < 1e-5


def load(folder):
    config = json.loads((folder / "config.json").read_text())
    args = config["model_args"]
    check = load_file(folder / "check.safetensors")
    assert ModelCard.load(folder / "README.md").data.library_name == "timm"
    images = torch.randn(2, args["in_chans"], args["img_size"], args["img_size"])
    make = lambda **given: timm.create_model(f"local-dir:{folder}", pretrained=True, **given).eval()
    with torch.no_grad():
        tokens = make().forward_features(images)
        assert tokens.shape == (2,) + check["tokens"].shape[1:], tokens.shape
        assert near(make()(images), tokens[:, 1:].mean(1))
        assert near(make(global_pool="token")(images), tokens[:, 0])
        maps = make(features_only=True)(images)
        grid = args["img_size"] // args["patch_size"]
        assert all(m.shape == (2, args["embed_dim"], grid, grid) for m in maps), [m.shape for m in maps]
        flat = torch.load(folder / "pangaea/model.pth", weights_only=True)
        weights = load_file(folder / "model.safetensors")
        assert list(flat) == list(make().state_dict()) and all(torch.equal(flat[k], weights[k]) for k in weights)
        sys.path.insert(0, str(folder))
        sys.modules.pop("torchgeo_weights", None)
        torchgeo_weights = importlib.import_module("torchgeo_weights")
        sys.path.pop(0)
        entry = torchgeo_weights.TerraneWeights.ENCODER
        model = torchgeo_weights.terrane_encoder(entry).eval()
        assert torch.equal(model.forward_features(images), tokens)
        seen = entry.transforms(check["values"])
        assert seen.shape[1:] == images.shape[1:] and entry.meta["in_chans"] == args["in_chans"]
        assert len(entry.meta["bands"]) == args["in_chans"]


for path in map(pathlib.Path, sys.argv[1:]):
    load(path)
    print(f"{path.name}: timm's tokens, class token, mean and feature maps; torch.load; an entry of weights")
