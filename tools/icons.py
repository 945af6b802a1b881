"""Draw the icons of a phone's home screen from static/mulin/logo.svg: ``python tools/icons.py``.

Needs Chromium and Playwright, as the browser tests do. The maskable and the touch icon fill their square with the
logo's own ground, because the phone cuts the corners; what matters lies in the middle four fifths.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.browser.conftest import browser_here  # noqa: E402

LOGO = (ROOT / "static/mulin/logo.svg").read_text(encoding="utf-8")
GROUND = "#0d5663"
ICONS = (
    ("icon-192", 192, False),
    ("icon-512", 512, False),
    ("maskable-512", 512, True),
    ("touch-180", 180, True),
)
"""Name, pixels, whether it fills its square."""
PAGE = (
    "<style>body{{margin:0;background:{ground}}}svg{{display:block}}"
    "div{{padding:{edge}px;box-sizing:border-box;width:{size}px}}</style><div>{logo}</div>"
)


def main() -> None:
    folder = ROOT / "static/mulin/icons"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_here(), args=["--no-sandbox"])
        for name, size, full in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            ground, edge = (GROUND, size // 10) if full else ("transparent", 0)
            page.set_content(PAGE.format(ground=ground, edge=edge, size=size, logo=LOGO))
            drawn = Image.open(io.BytesIO(page.screenshot(omit_background=not full)))
            drawn = drawn.quantize(64, method=Image.Quantize.FASTOCTREE)
            drawn.save(folder / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
