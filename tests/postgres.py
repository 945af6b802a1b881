"""A pytest plugin: the embedded PostgreSQL of the test run, before Django reads its settings.

``MULIN_TEST_HOME`` holds it (default ``var/test``), ``MULIN_POSTGRES`` chooses 18 or 16, ``MULIN_TEST_PARTITIONS``
splits tenant tables by county, ``MULIN_DATABASE_URL`` + ``MULIN_OWNER_DATABASE_URL`` run the tests on another server.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_open = ExitStack()


def _start() -> None:
    version = os.environ.get("MULIN_POSTGRES", "18")
    home = Path(os.environ.get("MULIN_TEST_HOME") or ROOT / "var" / "test")
    os.environ["MULIN_HOME"] = str(home / "home")
    (home / "home" / "static").mkdir(parents=True, exist_ok=True)
    os.environ["MULIN_DATABASE_ROLE"] = "owner"
    for name in ("MULIN_EXAMPLE_DOOR", "MULIN_NOW", "MULIN_HOSTS", "MULIN_POOL"):
        os.environ.pop(name, None)
    if "PYTEST_XDIST_WORKER" in os.environ or os.environ.get("MULIN_OWNER_DATABASE_URL"):
        return
    from mulin.config import embedded

    server = _open.enter_context(embedded.running(home / f"pg{version}", version=int(version), durable=False))
    suffix = "_parts" if os.environ.get("MULIN_TEST_PARTITIONS", "0") != "0" else ""
    os.environ["MULIN_DATABASE_URL"] = server.web_url.replace("/mulin?", f"/mulin{suffix}?")
    os.environ["MULIN_OWNER_DATABASE_URL"] = server.owner_url.replace("/mulin?", f"/mulin{suffix}?")


_start()


def pytest_unconfigure() -> None:
    _open.close()
