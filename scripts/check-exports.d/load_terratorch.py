"""An export as a backbone of terratorch, where that is installed: EXPORT."""
import pathlib, sys
try:
    import yaml
    from terratorch.registry import BACKBONE_REGISTRY
    import terratorch.tasks
    from terratorch.models import EncoderDecoderFactory
except ImportError as error:
    sys.exit(print(f"terratorch: not here ({error})"))
import torch
folder = pathlib.Path(sys.argv[1])
said = yaml.safe_load((folder / "terratorch.yaml").read_text())["model"]["init_args"]
args = dict(said["model_args"])
name = args["backbone"] = f"timm_local-dir:{folder}"
backbone = BACKBONE_REGISTRY.build(name, pretrained=True)
model = EncoderDecoderFactory().build_model(task="segmentation", **args).eval()
import json
shape = json.loads((folder / "config.json").read_text())["pretrained_cfg"]["input_size"]
with torch.no_grad():
    maps, answer = backbone(torch.randn(1, *shape)), model(torch.randn(1, *shape))
print("terratorch: backbone", [tuple(m.shape) for m in maps], "segmentation", tuple(answer.output.shape))
