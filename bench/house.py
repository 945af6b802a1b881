"""A county in a folder of its own, for the parts that need one: real commands, embedded PostgreSQL, made-up places."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNTY = 211322


def mulin(home: Path, *words: str) -> str:
    """Run a ``mulin`` command in that home; its standard output. Raises where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "mulin", *words],
        cwd=ROOT,
        env=environment(home),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"mulin {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def environment(home: Path, **more: str) -> dict[str, str]:
    return (
        os.environ | {"MULIN_HOME": str(home), "MULIN_LOG_LEVEL": "WARNING", "PYTHONPATH": str(ROOT)} | more
    )


def _square(number: int) -> list[list[float]]:
    west, south = 119.6 + 0.002 * (number % 10), 41.4 + 0.002 * (number // 10)
    east, north = round(west + 0.002, 6), round(south + 0.002, 6)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@contextmanager
def county(grids: int = 50) -> Iterator[Path]:
    """A home in which 211322 is open, with one community and ``grids`` square grids."""
    with tempfile.TemporaryDirectory(prefix="mulin-bench-") as folder:
        home = Path(folder) / "home"
        codes = Path(folder) / "codes.csv"
        codes.write_text(
            "code,name\n21,辽宁省\n2113,朝阳市\n211322,建平县\n211322001,叶柏寿街道\n211322001003,双虹社区居民委员会\n",
            encoding="utf-8",
        )
        features = [
            {
                "type": "Feature",
                "properties": {"name": f"第{number + 1}网格", "community": "211322001003"},
                "geometry": {"type": "Polygon", "coordinates": [_square(number)]},
            }
            for number in range(grids)
        ]
        shapes = Path(folder) / "grids.geojson"
        shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        mulin(home, "migrate")
        mulin(home, "import-divisions", str(codes))
        mulin(home, "open-county", str(COUNTY))
        mulin(home, "import-grids", str(shapes), "--county", str(COUNTY), "--datum", "wgs84")
        yield home
