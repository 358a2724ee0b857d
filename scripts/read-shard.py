#!/usr/bin/env python3
"""Reads datasets of terrane-ingest with numpy alone; not fast, but independent of Terrane.

As a program it checks a shard and shows a chip. As a module (the format is in Sources/Imagery/ShardFormat.swift):

    sys.path.append("scripts"); reader = importlib.import_module("read-shard")
    pixels, valid = reader.read_shard("data/training-00000.shard").chip(0)  # (bands, side, side), (side, side)
    chips = reader.ChipDataset("data", normalize=True)                      # for torch.utils.data.DataLoader
"""
import argparse, json, os, struct, sys, zlib
import numpy as np

try:
    from torch.utils.data import Dataset
except ImportError:
    Dataset = object  # the same class, for whoever iterates over it without PyTorch
try:
    from lz4.block import decompress
except ImportError:
    decompress = None

VERSION = 2
TYPES = {1: np.uint8, 2: np.uint16, 3: np.int16, 4: np.float32}
RECORD = np.dtype([("id", "<u4"), ("scene", "<u4"), ("column", "<u4"), ("row", "<u4"), ("footprint", "<f8", 4),
                   ("bounds", "<f8", 4), ("corners", "<f8", (4, 2)), ("valid", "<f8"), ("flags", "<u4"), ("crc", "<u4"),
                   ("offset", "<u8"), ("pixel_bytes", "<u4"), ("mask_bytes", "<u4")])
LINK = np.dtype([("chip", "<u4"), ("iou", "<f4"), ("placement", "<u4")])


class DamagedShard(Exception):
    """A file is no shard of this version, or not as it was written."""


class Shard:
    """A shard: `layout` (bands, side, dtype), `bands` and `scenes` (a dict each), `index` (RECORD, own chips first,
    then `copies` border copies), `links(chip)` and `chip(number)`."""

    def __init__(self, path):
        self.path, self.data = path, np.memmap(path, np.uint8, "r") if os.path.getsize(path) else np.zeros(0, np.uint8)
        head = self.data[:64].tobytes()
        if head[:8] != b"TRNSHARD" or len(head) < 64: raise DamagedShard(f"{path} is no shard")
        version, crc, end, size, side, bands, kind, chips, self.copies, links, scenes, places = struct.unpack(
            "<IIQQ8I", head[8:])
        if version != VERSION:
            raise DamagedShard(f"{path} is a shard of version {version}, and this reads version {VERSION}; make the "
                               "dataset again with the terrane-ingest beside this program")
        self._check("its size", size, len(self.data))
        self._check("the CRC-32 of header and index", crc, zlib.crc32(self.data[16:end]))
        directory = self.data[:end].tobytes()
        self.layout = (bands, side, np.dtype(TYPES[kind]).newbyteorder("<"))
        at = 64
        def array(dtype, count):
            nonlocal at
            values = np.frombuffer(directory, dtype, count, at); at += values.nbytes
            return values
        def text():
            length = int(array("<u4", 1)[0])
            return array(np.uint8, length).tobytes().decode()
        def meaning():
            wavelength, scale, offset = (float(value) for value in array("<f8", 3))
            return dict(wavelength=wavelength or None, scale=scale, offset=offset)
        self.index = array(RECORD, chips)
        self._starts, self._links = array("<u4", chips + 1), array(LINK, links)
        self._placements = array("<f8", 6 * places).reshape(places, 6)
        self.bands = [dict(name=text(), unit=text() or None, **meaning()) for _ in range(bands)]
        self.scenes = [dict(name=text(), crs=text(), acquired=text() or None, transform=array("<f8", 6))
                       for _ in range(scenes)]

    def __len__(self): return len(self.index)

    def links(self, chip):
        """(neighbour, IoU, placement) of a chip's neighbours; a placement is GDAL's six numbers, from the neighbour's
        columns and rows to this chip's map, or None where the neighbour's own footprint holds there."""
        def placement(number): return self._placements[number - 1] if number else None
        return [(int(link["chip"]), float(link["iou"]), placement(link["placement"]))
                for link in self._links[self._starts[chip]:self._starts[chip + 1]]]

    def chip(self, number):
        """Pixels (bands, side, side) as they are stored, and where they are valid (side, side)."""
        (bands, side, dtype), chip = self.layout, self.index[number]
        start, split = int(chip["offset"]), int(chip["pixel_bytes"])
        stored = self.data[start:start + split + int(chip["mask_bytes"])].tobytes()
        self._check(f"the CRC-32 of chip {number}", int(chip["crc"]), zlib.crc32(stored))
        planes = np.frombuffer(unpack(stored[:split], side * side * bands * dtype.itemsize), np.uint8)
        pixels = np.ascontiguousarray(planes.reshape(dtype.itemsize, -1).T).view(dtype).reshape(bands, side, side)
        if not chip["mask_bytes"]: return pixels, np.ones((side, side), bool)
        return pixels, np.frombuffer(unpack(stored[split:], side * side), np.uint8).reshape(side, side) != 0

    def _check(self, what, expected, found):
        if expected != found:
            raise DamagedShard(f"{self.path} is damaged: {what} is {found:#x}, expected {expected:#x}")


def read_shard(path):
    """Opens a shard and checks everything but its pixels, which `chip` checks. Raises DamagedShard."""
    return Shard(path)


class ChipDataset(Dataset):
    """The chips of a dataset's folder, each once: a map-style PyTorch Dataset of dicts that DataLoader can batch.

    A chip has `pixels` (float32, (bands, side, side)), `valid` (bool, (side, side)), `footprint` (left, top, right,
    bottom in its scene's map), `corners` ((4, 2) longitudes and latitudes, clockwise from the upper left), `scene` and
    `acquired` (ISO 8601, "" where it is not known). With `normalize` pixels are (value - mean) / deviation, and 0 where
    invalid."""

    def __init__(self, folder, part="training", normalize=False):
        with open(os.path.join(folder, "dataset.json")) as file: self.description = json.load(file)
        if self.description["formatVersion"] != VERSION:
            raise DamagedShard(f"{folder} is a dataset of version {self.description['formatVersion']}, not {VERSION}")
        shards = self.description[{"training": "trainingShards", "holdout": "holdoutShards"}[part]]
        self.paths = [os.path.join(folder, shard["file"]) for shard in shards]
        self.ends = np.cumsum([shard["chips"] for shard in shards], dtype=np.int64)
        bands = self.description["bands"]
        self.mean, self.deviation = (np.array([band[key] for band in bands], np.float32).reshape(-1, 1, 1)
                                     for key in ("mean", "standardDeviation"))
        self.deviation[self.deviation == 0] = 1
        self.normalize, self._open = normalize, {}

    def __len__(self): return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, number):
        if not -len(self) <= number < len(self): raise IndexError(number)
        number %= len(self)
        place = int(np.searchsorted(self.ends, number, "right"))
        number -= int(self.ends[place - 1]) if place else 0
        if place not in self._open:
            if len(self._open) >= 64: self._open.pop(next(iter(self._open)))
            self._open[place] = read_shard(self.paths[place])
        shard = self._open[place]
        pixels, valid = shard.chip(number)
        pixels = pixels.astype(np.float32)
        if self.normalize: pixels = np.where(valid, (pixels - self.mean) / self.deviation, np.float32(0))
        chip = shard.index[number]
        scene = shard.scenes[chip["scene"]]
        return dict(pixels=pixels, valid=valid, footprint=chip["footprint"].copy(), corners=chip["corners"].copy(),
                    scene=scene["name"], acquired=scene["acquired"] or "")

    def __getstate__(self): return {**self.__dict__, "_open": {}}  # a worker process opens shards itself


def unpack(block, size):
    """One LZ4 block, or plain bytes."""
    if len(block) == size: return block
    if decompress: return decompress(block, uncompressed_size=size)
    out, at = bytearray(), 0
    def length(value):
        nonlocal at
        while value >= 15:
            more = block[at]; at += 1; value += more
            if more < 255: break
        return value
    while at < len(block):
        token = block[at]; at += 1
        literals = length(token >> 4)
        out += block[at:at + literals]; at += literals
        if at >= len(block): break
        distance = block[at] | block[at + 1] << 8; at += 2
        match = length(token & 15) + 4
        while match > 0:  # a match may reach into what it writes
            piece = out[-distance:][:match]; out += piece; match -= len(piece)
    if len(out) != size: raise DamagedShard(f"a block holds {len(out)} bytes, expected {size}")
    return bytes(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("shard"); parser.add_argument("--chip", type=int); parser.add_argument("--out", metavar="X.npy")
    arguments = parser.parse_args()
    shard = read_shard(arguments.shard)
    bands, side, dtype = shard.layout
    for number in range(len(shard)):
        pixels, _ = shard.chip(number)  # checked, if not shown
        if number != arguments.chip: continue
        if arguments.out: np.save(arguments.out, pixels)
        chip = shard.index[number]
        print(f"chip {number}: footprint {chip['footprint'].tolist()}, valid {chip['valid']:.4f}, mean "
              f"{pixels.reshape(bands, -1).mean(1).round(2).tolist()}")
    print(f"{len(shard) - shard.copies} chips and {shard.copies} border copies, {bands} x {side} x {side} "
          f"{dtype.name}, {len(shard._links)} links, {len(shard.scenes)} scenes, all checksums right, valid share "
          f"{shard.index['valid'].mean():.4f}")


if __name__ == "__main__":
    try: main()
    except (DamagedShard, OSError) as error: sys.exit(str(error))
