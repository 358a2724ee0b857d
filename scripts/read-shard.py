#!/usr/bin/env python3
"""Reads a shard (format: Sources/Imagery/ShardFormat.swift) with numpy alone; not fast, but independent."""
import argparse, struct, sys, zlib
import numpy as np

RECORD = np.dtype([("id", "<u4"), ("scene", "<u4"), ("column", "<u4"), ("row", "<u4"), ("footprint", "<f8", 4),
                   ("bounds", "<f8", 4), ("valid", "<f8"), ("flags", "<u4"), ("crc", "<u4"), ("offset", "<u8"),
                   ("pixel_bytes", "<u4"), ("mask_bytes", "<u4")])
TYPES = {1: np.uint8, 2: np.uint16, 3: np.int16, 4: np.float32}

def unpack(block, size):  # one LZ4 block, or plain bytes
    if len(block) == size: return block
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
    assert len(out) == size, f"a block holds {len(out)} bytes, expected {size}"
    return bytes(out)

def check(what, expected, found):
    if expected != found: sys.exit(f"{arguments.shard} is damaged: {what} is {found:#x}, expected {expected:#x}")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("shard"); parser.add_argument("--chip", type=int); parser.add_argument("--out", metavar="X.npy")
arguments = parser.parse_args()
data = open(arguments.shard, "rb").read()
if data[:8] != b"TRNSHARD" or data[8:12] != b"\1\0\0\0": sys.exit(f"{arguments.shard} is no shard of version 1")
crc, end, size, side, bands, kind, chips, copies, links, scenes, _ = struct.unpack_from("<IQQ8I", data, 12)
check("its size", size, len(data)); check("the CRC-32 of header and index", crc, zlib.crc32(data[16:end]))
for number, chip in enumerate(index := np.frombuffer(data, RECORD, chips, 64)):
    start = int(chip["offset"]); stored = data[start:start + int(chip["pixel_bytes"]) + int(chip["mask_bytes"])]
    check(f"the CRC-32 of chip {number}", int(chip["crc"]), zlib.crc32(stored))
    if number != arguments.chip: continue
    dtype = np.dtype(TYPES[kind]).newbyteorder("<"); plain = side * side * bands * dtype.itemsize
    planes = np.frombuffer(unpack(stored[:int(chip["pixel_bytes"])], plain), np.uint8).reshape(dtype.itemsize, -1)
    pixels = np.ascontiguousarray(planes.T).view(dtype).reshape(bands, side, side)
    if arguments.out: np.save(arguments.out, pixels)
    print(f"chip {number}: footprint {chip['footprint'].tolist()}, valid {chip['valid']:.4f}, mean "
          f"{pixels.reshape(bands, -1).mean(1).round(2).tolist()}")
print(f"{chips - copies} chips and {copies} border copies, {bands} x {side} x {side} {np.dtype(TYPES[kind]).name}, "
      f"{links} links, {scenes} scenes, all checksums right, valid share {index['valid'].mean():.4f}")
