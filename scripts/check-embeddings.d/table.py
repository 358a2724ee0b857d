#!/usr/bin/env python3
"""Opens a table of features with what others open it with: table.py TABLE [RUN DATASET]

With a run and its dataset, the vectors are computed anew by timm for some rows.
"""
import json
import sys
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).resolve().parent))


def columns(path):
    """pyarrow, geopandas and DuckDB read the same."""
    arrow = pyarrow.parquet.read_table(path)
    frame = geopandas.read_parquet(path)
    geo = json.loads(pyarrow.parquet.read_metadata(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0" and frame.crs == "OGC:CRS84", frame.crs
    assert list(frame.columns) == arrow.column_names
    assert len(frame) == arrow.num_rows and frame.geometry.is_valid.all()
    assert frame.geometry.exterior.is_ccw.all()
    assert np.allclose(frame.total_bounds, geo["columns"]["geometry"]["bbox"])
    assert frame.unique_id.is_unique
    vectors = np.stack(frame.embedding)
    assert vectors.dtype == np.float32 and np.isfinite(vectors).all()
    centre = frame.geometry.to_crs("EPSG:6933").centroid.to_crs("OGC:CRS84")
    assert np.abs(centre.x - frame.centre_lon).max() < 1e-3
    assert np.abs(centre.y - frame.centre_lat).max() < 1e-3
    rows, sums = duckdb.sql(
        f"select count(*), sum(list_sum(embedding)) from read_parquet('{path}')").fetchall()[0]
    assert rows == len(frame) and np.isclose(sums, vectors.sum(dtype=np.float64), rtol=1e-4)
    # The footprint on the native map and the corners on the globe are one place.
    native = geopandas.GeoSeries.from_wkt(frame.utm_footprint, crs=frame.utm_crs[0])
    same = frame.utm_crs == frame.utm_crs[0]
    there = native[same].to_crs("OGC:CRS84").bounds.to_numpy()
    assert np.abs(there - frame[same].geometry.bounds.to_numpy()).max() < 1e-6
    print(f"{path}: {rows} rows of {vectors.shape[1]} values, alike in pyarrow "
          f"{pyarrow.__version__}, geopandas {geopandas.__version__}, DuckDB {duckdb.__version__}")
    return frame


def torchgeo(path, frame):
    """torchgeo's two classes, where this Python has them."""
    import torchgeo
    try:
        from torchgeo.datasets import ClayEmbeddings, MajorTOMEmbeddings
    except ImportError:
        print(f"torchgeo {torchgeo.__version__} has no loaders of embeddings")
        return
    for loader in (MajorTOMEmbeddings, ClayEmbeddings):
        data = loader(path)
        sample = data[len(data) - 1]
        row = frame.iloc[-1]
        assert np.array_equal(sample["embedding"].numpy(), row.embedding)
        # Single precision knows a day of this century, and hardly the minute.
        assert abs(sample["t"].item() - pd.Timestamp(row.timestamp).timestamp()) <= 64
        assert abs(sample["x"].item() - row.centre_lon) < 1e-3
        print(f"torchgeo {torchgeo.__version__} {loader.__name__}: {len(data)} samples")


def vectors(frame, run, dataset):
    """Some rows' vectors anew, from the shards by scripts/read-shard.py."""
    import importlib.util

    import torch
    import torch.nn.functional as F

    import encoder as judged
    place = Path(__file__).resolve().parents[1] / "read-shard.py"
    spec = importlib.util.spec_from_file_location("read_shard", place)
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    description = json.loads((Path(dataset) / "dataset.json").read_text())
    mean, deviation = (torch.tensor([band[key] for band in description["bands"]])[:, None, None]
                       for key in ("mean", "standardDeviation"))
    model = judged.encoder(run)
    side = judged.setting(run, "imageSide")
    worst, count, row = 0.0, 0, 0
    shards = description["trainingShards"] + description["holdoutShards"]
    for entry in shards:
        shard = reader.Shard(str(Path(dataset) / entry["file"]))
        for chip in range(0, entry["chips"], 17):
            pixels, valid = shard.chip(chip)
            if not valid.all():
                continue
            image = torch.from_numpy(pixels.astype(np.float32))
            image = F.interpolate(image[None], (side, side), mode="bilinear", antialias=True)[0]
            with torch.inference_mode():
                tokens = model.forward_features(((image - mean) / deviation)[None].float())[0]
            wanted = tokens[1:].mean(0).numpy()
            worst = max(worst, np.abs(wanted - frame.embedding.iloc[row + chip]).max())
            count += 1
        row += entry["chips"]
    print(f"{count} vectors computed anew: largest difference {worst:.2e}")
    assert count and worst < 1e-4


table = columns(sys.argv[1])
torchgeo(sys.argv[1], table)
if len(sys.argv) > 3:
    vectors(table, sys.argv[2], sys.argv[3])
