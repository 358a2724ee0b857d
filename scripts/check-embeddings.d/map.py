#!/usr/bin/env python3
"""Computes a map of features anew, with timm and numpy, and compares: map.py RUN SCENE MAP

Prints the largest difference and the seconds that PyTorch took on two threads.
"""
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import encoder as judged  # noqa: E402

READ = """
import sys, numpy as np
from osgeo import gdal
gdal.UseExceptions()
d = gdal.Open(sys.argv[1])
np.savez(sys.argv[2], pixels=d.ReadAsArray().reshape(d.RasterCount, d.RasterYSize, d.RasterXSize),
         mask=np.stack([d.GetRasterBand(b + 1).GetMaskBand().ReadAsArray() for b in range(min(
             d.RasterCount, 16))]).max(0), place=d.GetGeoTransform(),
         words=np.array([f"{k}={v}" for k, v in d.GetMetadata().items()]))
"""


def raster(path):
    """Pixels, mask, geotransform and words, by GDAL's own Python."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        subprocess.run(["/usr/bin/python3", "-c", READ, path, file.name], check=True)
        found = np.load(file.name)
        words = dict(word.split("=", 1) for word in found["words"])
        return found["pixels"], found["mask"] != 0, found["place"], words


def axis(outputs, scale, inputs):
    """(outputs, inputs): the weights of PyTorch's antialiased bilinear resize."""
    weights = np.zeros((outputs, inputs))
    support = max(1.0, scale)
    for output in range(outputs):
        center = scale * (output + 0.5)
        if center >= inputs:
            continue
        sample = np.arange(max(int(center - support + 0.5), 0),
                           min(int(center + support + 0.5), inputs))
        row = np.maximum(0, 1 - np.abs((sample + 0.5 - center) / support))
        weights[output, sample] = row / row.sum()
    return torch.from_numpy(weights.astype(np.float32))


def shares(length, side, are_blended):
    """For each patch along an axis the crops that contribute to it, by their starts, with shares."""
    step = max(1, side // 2)
    margin = (side - step) // 2
    last = max(0, length - side)
    starts = sorted({min(max(patch // step * step - margin, 0), last) for patch in range(length)})
    result = []
    for patch in range(length):
        near = {start: min(patch - start + 0.5, start + side - patch - 0.5)
                for start in starts if start <= patch < start + side}
        if are_blended:
            result.append({start: near[start] / sum(near.values()) for start in near})
        else:
            result.append({max(near, key=lambda start: (near[start], start)): 1.0})
    return result


def main():
    run, scene, path = sys.argv[1:4]
    torch.set_num_threads(2)
    found, _, place, words = raster(path)
    pixels, mask, source, _ = raster(scene)
    description = judged.description(run)
    side, patch = judged.setting(run, "imageSide"), judged.setting(run, "patchSide")
    grid, width = side // patch, found.shape[0]
    size = float(words["PATCH_SCENE_PIXELS"])
    assert np.allclose(place[1], source[1] * size) and np.allclose(place[5], source[5] * size)
    height_patches, width_patches = found.shape[1:]
    model = judged.encoder(run)
    begin = time.perf_counter()
    mean, deviation = (torch.tensor([band[key] for band in description["bands"]])[:, None, None]
                       for key in ("mean", "standardDeviation"))
    rows_out = max(height_patches, grid) * patch
    columns_out = max(width_patches, grid) * patch
    rows = axis(rows_out, size / patch, mask.shape[0])
    columns = axis(columns_out, size / patch, mask.shape[1])
    valid = torch.from_numpy(mask)
    share = rows @ valid.float() @ columns.T
    data = torch.from_numpy(pixels.astype(np.float32)) * valid
    image = torch.stack([rows @ band @ columns.T for band in data]) / share
    image = torch.where(share >= 0.5, (image - mean) / deviation, torch.zeros(()))
    are_blended = "blended" in words["CROPS"]
    row_shares = shares(height_patches, grid, are_blended)
    column_shares = shares(width_patches, grid, are_blended)
    crops = sorted({(r, c) for r in set().union(*row_shares) for c in set().union(*column_shares)})
    tokens = {}
    with torch.inference_mode():
        for first in range(0, len(crops), 32):
            batch = crops[first:first + 32]
            images = torch.stack([image[:, r * patch:r * patch + side, c * patch:c * patch + side]
                                  for r, c in batch])
            result = model.forward_features(images.float())[:, 1:]
            tokens.update(zip(batch, result.reshape(len(batch), grid, grid, width).numpy()))
    wanted = np.zeros((height_patches, width_patches, width), np.float32)
    rows_of, columns_of = ([{patch: part[start] for patch, part in enumerate(parts)
                             if start in part} for start in range(len(parts))]
                           for parts in (row_shares, column_shares))
    for (r, c), values in tokens.items():
        own_rows, own_columns = list(rows_of[r]), list(columns_of[c])
        weights = np.outer([rows_of[r][i] for i in own_rows], [columns_of[c][i] for i in own_columns])
        part = values[np.ix_([i - r for i in own_rows], [i - c for i in own_columns])]
        wanted[np.ix_(own_rows, own_columns)] += part * weights[..., None].astype(np.float32)
    seconds = time.perf_counter() - begin
    valid_patch = (share >= 0.5).float().unfold(0, patch, patch).unfold(1, patch, patch)
    valid_patch = valid_patch.mean((-1, -2))[:height_patches, :width_patches].numpy() >= 0.5
    wanted[~valid_patch] = np.nan
    wanted = wanted.transpose(2, 0, 1)
    there = ~np.isnan(wanted[0])
    assert np.array_equal(there, ~np.isnan(found[0])), "other patches are valid"
    difference = np.abs(wanted - found)[:, there].max()
    print(f"{there.sum()} of {there.size} patches valid, {len(crops)} images; largest difference "
          f"{difference:.2e} of values up to {np.abs(wanted[:, there]).max():.2f}; "
          f"PyTorch {seconds:.2f} s")
    assert difference < 1e-4, "the map differs"


main()
