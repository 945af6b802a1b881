"""Point → grid look-ups per second in memory, for 5,000 grids: in a batch and one by one.

python bench/points.py [--grids 5000] [--points 400000]

Needs no database. The grids are cells with bent edges of 12 corners a side, some with holes; a tenth of
the points lies outside. Prints JSON lines. Aim: 200,000 a second in a batch, 20,000 singly.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import sys
import time
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mulin.config.settings")

WEST, SOUTH, SIDE = 119.4, 41.2, 0.006
CORNERS = 12


def _bent(x: float, y: float) -> tuple[float, float]:
    """A corner, moved so that edges are not straight; the same corner always moves the same way."""
    return x + 0.0008 * math.sin(y * 900), y + 0.0008 * math.sin(x * 900)


def cell(column: int, row: int) -> list[list[tuple[float, float]]]:
    """Rings of one grid cell; every seventh has a hole."""
    west, south, step = WEST + column * SIDE, SOUTH + row * SIDE, SIDE / CORNERS
    ring = [(west + n * step, south) for n in range(CORNERS)]
    ring += [(west + SIDE, south + n * step) for n in range(CORNERS)]
    ring += [(west + SIDE - n * step, south + SIDE) for n in range(CORNERS)]
    ring += [(west, south + SIDE - n * step) for n in range(CORNERS)]
    rings = [[_bent(round(x, 9), round(y, 9)) for x, y in ring]]
    if (column + row) % 7 == 0:
        x, y, r = west + SIDE / 2, south + SIDE / 2, SIDE / 8
        rings.append([(x - r, y - r), (x - r, y + r), (x + r, y + r), (x + r, y - r)])
    return rings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=5_000)
    parser.add_argument("--points", type=int, default=400_000)
    options = parser.parse_args()
    import django

    django.setup()
    from shapely.geometry import MultiPolygon, Polygon

    from mulin.ground.territory.queries import GridMap, Spot

    wide = math.ceil(math.sqrt(options.grids))
    cells = [divmod(number, wide) for number in range(options.grids)]
    shapes = [MultiPolygon([Polygon(rings[0], rings[1:])]) for rings in (cell(c, r) for r, c in cells)]
    spots = [Spot(uuid4(), f"/001/001/g{n:04d}/", f"{n}", uuid4(), "/001/001/") for n in range(options.grids)]
    began = time.perf_counter()
    grids = GridMap(spots, shapes)
    built = time.perf_counter() - began
    chance = random.Random(20)
    span = wide * SIDE * 1.054
    points = [(WEST + chance.random() * span, SOUTH + chance.random() * span) for _n in range(options.points)]
    began = time.perf_counter()
    found = grids.many(points)
    batch = len(points) / (time.perf_counter() - began)
    few = points[: options.points // 10]
    began = time.perf_counter()
    single = [grids.at(lon, lat) for lon, lat in few]
    singly = len(few) / (time.perf_counter() - began)
    assert single == found[: len(few)]
    share = sum(1 for spot in found if spot) / len(found)
    about = {"grids": options.grids, "built_s": round(built, 3), "inside": round(share, 3)}
    for name, rate, aim in [("points_batch", batch, 200_000), ("points_single", singly, 20_000)]:
        sys.stdout.write(json.dumps({"bench": name, "per_second": round(rate), "aim": aim, **about}) + "\n")


if __name__ == "__main__":
    main()
