"""``python -m mulin <command>``."""

from __future__ import annotations

import sys

from mulin.config.cli import main

if __name__ == "__main__":
    sys.exit(main())
