"""The background process of ``mulin serve``: the job queue's worker, with ``tick`` every 30 seconds."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import threading

log = logging.getLogger("mulin.worker")
PERIOD = 30.0


def tick_forever(stop: threading.Event) -> None:
    """One pass over what is due, again and again. A failed pass is logged; the next one tries again."""
    from django.core.management import call_command
    from django.db import close_old_connections

    while True:
        try:
            close_old_connections()
            call_command("tick", stdout=io.StringIO())
        except SystemExit:
            log.warning("tick: something due could not be done; see above")
        except Exception:  # noqa: BLE001, RUF100  (logged; the loop outlives one bad row)
            log.exception("tick failed")
        if stop.wait(PERIOD):
            return


def main() -> None:
    """Run until SIGTERM or SIGINT, on which the jobs at hand are finished first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mulin.config.settings")
    import django

    django.setup()
    stop = threading.Event()
    threading.Thread(target=tick_forever, args=(stop,), daemon=True).start()
    try:
        asyncio.run(work())
    finally:
        stop.set()


async def work() -> None:
    """The queue's worker, one job at a time; what runs at the end gets eight seconds to finish."""
    from procrastinate.contrib.django import app

    async with app.with_connector(app.connector.get_worker_connector()).open_async() as opened:  # type: ignore[attr-defined]
        await opened.run_worker_async(concurrency=1, shutdown_graceful_timeout=8.0)
