"""``python -m bench [part …]``: runs the parts (default all) one after another, each in its own process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = sorted(
    path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_") and path.stem != "house"
)


def main() -> int:
    wanted = sys.argv[1:] or PARTS
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{part}"], cwd=HERE.parent).returncode for part in wanted
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
