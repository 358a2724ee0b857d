#!/usr/bin/env python3
"""Says which windows of rasters meet on the globe, slowly and with GDAL's own means.

Reads {"side", "systems": [text], "chips": [{"system", "transform": [6 numbers of GDAL]}]} and prints one line for each
pair that comes close: numbers of both chips, distance in pixels of the finer one, IoU, and the largest error of an
affine map from one to the other in pixels of the finer one. Polygons are densified on their own maps and compared in
a Lambert azimuthal equal-area projection around the pair.
"""
import json
import math
import sys

from osgeo import ogr, osr

osr.UseExceptions()
ogr.UseExceptions()
PER_EDGE = 32


def system(text):
    reference = osr.SpatialReference()
    reference.SetFromUserInput(text)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def around(side):
    """Columns and rows around a window."""
    steps = [side * k / PER_EDGE for k in range(PER_EDGE)]
    return ([(s, 0) for s in steps] + [(side, s) for s in steps] + [(side - s, side) for s in steps]
            + [(0, side - s) for s in steps])


def on_map(transform, points):
    a, b, c, d, e, f = transform
    return [(a + b * x + c * y, d + e * x + f * y) for x, y in points]


def direction(lon, lat):
    lon, lat = math.radians(lon), math.radians(lat)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def angle(a, b):
    return 2 * math.asin(min(1, math.dist(a, b) / 2))


def polygon(points):
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in points + points[:1]:
        ring.AddPoint_2D(x, y)
    shape = ogr.Geometry(ogr.wkbPolygon)
    shape.AddGeometry(ring)
    return shape


def affine_error(side, way, period, near, anchor, own):
    """Of the affine map at the centre of `own`, against `way` at its corners and edge middles."""
    h = side / 2
    offsets = [(0, 0), (-h, 0), (h, 0), (0, -h), (0, h), (-h, -h), (h, -h), (h, h), (-h, h)]
    places = [way.TransformPoint(x, y)[:2] for x, y in on_map(own, [(h + dx, h + dy) for dx, dy in offsets])]
    if period:
        places = [(x + period * round((near - x) / period), y) for x, y in places]
    if not all(math.isfinite(v) for p in places for v in p):
        return math.inf
    (cx, cy), west, east, north, south = places[:5]
    m = [(east[0] - west[0]) / side, (south[0] - north[0]) / side, (east[1] - west[1]) / side,
         (south[1] - north[1]) / side]
    det = m[0] * m[3] - m[1] * m[2]
    if det == 0:
        return math.inf
    worst = 0
    for (dx, dy), (x, y) in zip(offsets, places):
        ex, ey = cx + m[0] * dx + m[1] * dy - x, cy + m[2] * dx + m[3] * dy - y
        worst = max(worst, math.hypot(ex / anchor[1], ey / anchor[5]),
                    math.hypot((m[3] * ex - m[1] * ey) / det, (m[0] * ey - m[2] * ex) / det))
    return worst


def main():
    task = json.load(sys.stdin)
    side = task["side"]
    globe = system("EPSG:4326")
    systems = [system(text) for text in task["systems"]]
    chips = []
    for chip in task["chips"]:
        way = osr.CoordinateTransformation(systems[chip["system"]], globe)
        points = [way.TransformPoint(x, y)[:2]
                  for x, y in on_map(chip["transform"], around(side) + [(side / 2, side / 2)])]
        directions = [direction(*p) for p in points]
        center = directions.pop()
        chips.append({
            "points": points[:-1], "at": points[-1], "center": center,
            "radius": max(angle(center, d) for d in directions),
            "pixel": min(max(angle(directions[0], directions[PER_EDGE]),
                             angle(directions[2 * PER_EDGE], directions[3 * PER_EDGE])),
                         max(angle(directions[PER_EDGE], directions[2 * PER_EDGE]),
                             angle(directions[3 * PER_EDGE], directions[0]))) / side})
    for i, a in enumerate(chips):
        for j in range(i):
            b = chips[j]
            if angle(a["center"], b["center"]) > 1.1 * (a["radius"] + b["radius"]):
                continue
            frame = system(f"+proj=laea +lon_0={a['at'][0]} +lat_0={a['at'][1]} +R=6371000")
            sphere = system("+proj=longlat +R=6371000")
            way = osr.CoordinateTransformation(sphere, frame)
            one, other = (polygon([way.TransformPoint(x, y)[:2] for x, y in c["points"]]) for c in (a, b))
            pixel = min(a["pixel"], b["pixel"]) * 6371000
            distance = one.Distance(other) / pixel
            common = one.Intersection(other).Area() if distance == 0 else 0
            iou = common / (one.Area() + other.Area() - common)
            error = 0
            ca, cb = task["chips"][i], task["chips"][j]
            if ca["system"] != cb["system"]:
                for anchor, own in ((ca, cb), (cb, ca)):
                    t = anchor["transform"]
                    way = osr.CoordinateTransformation(systems[own["system"]], systems[anchor["system"]])
                    error = max(error, affine_error(
                        side, way, task["periods"][anchor["system"]], t[0] + t[1] * side / 2, t, own["transform"]))
            print(j, i, distance, iou, min(error, 1e9))


main()
