"""A living example county of its own, and Chromium to open it with.

``mulin serve --example`` runs as a child on a free port, in a fresh home; nothing of the test run's database is
touched. Every browser is watched: a request that leaves this machine, an error on the console, a broken file or a
violated Content-Security-Policy fails the test that opened the page.

Each worker of pytest-xdist serves a county of its own, so the tests may be spread in any way.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.probes import GRIDS_INSIDE

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(__file__).resolve().parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
WORKER, CLERK, LEADER, ADMIN = "· 网格员", "· 社区工作人员", "· 领导", "· 管理员"
RESIDENT, ELDER = "示例居民", "示例老人"
PATIENCE = 600.0
"""Seconds until the example county must have answered: the first start makes its tables and its people."""


def browser_here() -> str:
    """Where Chromium is, '' where there is none."""
    if told := os.environ.get("MULIN_CHROMIUM"):
        return told
    mac = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
    return next(
        (found for name in CHROMIUMS if (found := shutil.which(name))), str(mac) if mac.exists() else ""
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium they are left out, and say so. Each module marks itself ``browser``."""
    why = "" if browser_here() else "no Chromium here (Debian: apt-get install chromium fonts-noto-cjk)"
    for item in items:
        if why and FOLDER in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=why))


# ── the county ───────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Site:
    """A running example county: its address, its home, and a point inside the grid of the door's grid worker."""

    url: str
    home: Path

    def log(self) -> str:
        return (self.home / "serve.log").read_text(errors="replace")


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(site: Site, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{site.url}/healthz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    pytest.fail(f"the example county did not start:\n{site.log()[-3000:]}", pytrace=False)


@pytest.fixture(scope="session")
def site(worker_id: str) -> Iterator[Site]:
    """The example county, served until the session ends. Its log may hold no traceback."""
    base = Path(os.environ.get("MULIN_TEST_HOME") or ROOT / "var" / "test")
    home = base / ("browser" if worker_id == "master" else f"browser-{worker_id}")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MULIN_")}
    environment = ours | {"MULIN_HOME": str(home), "MULIN_REPORTS_PER_HOUR": "5000", "PYTHONPATH": str(ROOT)}
    port = _free_port()
    found = Site(f"http://127.0.0.1:{port}", home)
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mulin", "serve", "--example", "--port", str(port)],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(found, process)
            yield found
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    assert "Traceback" not in found.log(), f"the server failed:\n{found.log()[-4000:]}"
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Also where pytest-xdist is not used."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "master"))


# ── the browsers ─────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """Closed when this folder's tests end: Playwright's loop must not run beside tests that use the database."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_here(), args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong in a browser that nobody meant."""

    host: str
    wrong: list[str] = field(default_factory=list)

    def page(self, page: Any) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        # Chromium also puts a line there for each page answered with 4xx; those are looked at in _response.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.wrong.append(f"left this machine: {request.url}")

    def _response(self, response: Any) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind not in ("document", "xhr", "fetch")):
            self.wrong.append(f"{response.status} for {kind} {response.url}")


@dataclass
class Person:
    """Somebody with a browser of his own."""

    site: Site
    context: Any
    page: Any

    def go(self, path: str) -> Any:
        """Open a page of the county; the answer."""
        return self.page.goto(self.site.url + path)

    def new_page(self) -> Any:
        """Another tab; it becomes the current one."""
        self.page = self.context.new_page()
        return self.page

    def press(self, target: Any) -> None:
        """Press what opens a page and wait for that page: a click alone may return while the old one still stands."""
        with self.page.expect_navigation():
            target.click()

    def enter(self, who: str) -> None:
        """Through the example county's door."""
        self.go("/enter/")
        self.press(self.page.locator("button.row-link", has_text=who).first)
        assert not self.page.url.endswith("/enter/")

    def cookie(self, name: str, value: str) -> None:
        self.context.add_cookies([{"name": name, "value": value, "url": self.site.url}])


Open = Callable[..., Person]


@pytest.fixture(scope="session")
def keys() -> dict[str, Any]:
    """Sessions of those who came through the door once: role → cookies."""
    return {}


@pytest.fixture
def someone(site: Site, chromium: Any, keys: dict[str, Any]) -> Iterator[Open]:
    """Opens browsers: ``someone()`` is a stranger on a phone, ``someone(WORKER)`` has come through the door."""
    opened: list[Any] = []
    watch = Watch(urlsplit(site.url).netloc)

    def open_one(
        who: str = "",
        *,
        size: dict[str, int] = PHONE,
        large: bool = False,
        english: bool = False,
        **more: Any,
    ) -> Person:
        told = {"viewport": size, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | more
        context = chromium.new_context(**told)
        opened.append(context)
        context.set_default_timeout(15_000)
        context.on("page", watch.page)
        person = Person(site, context, context.new_page())
        if who and who not in keys:
            person.enter(who)
            keys[who] = context.cookies()
        elif who:
            context.add_cookies(keys[who])
        if large:
            person.cookie("mulin_large", "1")
        if english:
            person.cookie("django_language", "en")
        return person

    yield open_one
    for context in opened:
        context.close()
    assert not watch.wrong, "\n".join(dict.fromkeys(watch.wrong))


@pytest.fixture(scope="session")
def spots() -> dict[str, dict[str, float]]:
    """Filled by ``in_grid`` once."""
    return {}


@pytest.fixture
def in_grid(someone: Open, spots: dict[str, dict[str, float]]) -> dict[str, float]:
    """A position inside the grid of the door's grid worker, as a phone tells it."""
    if "worker" not in spots:
        worker = someone(WORKER)
        worker.go("/desk/")
        lon, lat = worker.page.evaluate(GRIDS_INSIDE, "/desk/map/grids.geojson")
        spots["worker"] = {"longitude": lon, "latitude": lat, "accuracy": 12}
    return spots["worker"]
