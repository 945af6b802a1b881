"""The pictures of the README, taken from a running example county.

    make run                             # in another terminal
    .venv/bin/python tools/pictures.py [http://127.0.0.1:8000]

Writes docs/pictures/{tour,home,desk,large}.png: real pages in Chromium, set side by side with Pillow. What is on them is
the example county's; nobody in it is real.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
PHONE, SMALL, DESKTOP = (390, 844), (360, 740), (1180, 866)
WIDTH, HEIGHT, MARGIN = 1600, 800, 44
GROUND, INK, CASE, BAR = "#e6efee", "#24454c", "#20292c", "#d5dcdc"
CAPTIONS = ("居民：办到哪一步，一看就明白", "网格员：最急的在最上面", "领导：每个数字都能点开看到是哪些事")
MOST = {"tour": 400_000, "home": 150_000, "desk": 150_000, "large": 150_000}
"""Bytes."""


class Camera:
    """A browser at an example county."""

    def __init__(self, chromium: Any, url: str) -> None:
        self.chromium, self.url = chromium, url.rstrip("/")

    def take(
        self, path: str, size: tuple[int, int], *, who: str = "", large: bool = False, press: str = ""
    ) -> Image.Image:
        """The page as ``who`` sees it, at twice the pixels. ``press``: a link to follow first, by its words."""
        context = self.chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=2, locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )  # fmt: skip
        page = context.new_page()
        if who:
            page.goto(f"{self.url}/enter/")
            page.locator("button.row-link", has_text=who).first.click()
            page.wait_for_url(lambda address: not address.endswith("/enter/"))
        if large:
            context.add_cookies([{"name": "mulin_large", "value": "1", "url": self.url}])
        page.goto(self.url + path)
        if press:
            page.locator("main a", has_text=press).first.click()
        page.wait_for_load_state("networkidle")
        shot = page.screenshot()
        context.close()
        return Image.open(io.BytesIO(shot)).convert("RGB")


def rounded(picture: Image.Image, radius: int) -> Image.Image:
    """With round corners, clear outside."""
    mask = Image.new("L", (picture.width * 4, picture.height * 4), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius * 4, fill=255)
    found = picture.convert("RGBA")
    found.putalpha(mask.resize(picture.size, Image.Resampling.LANCZOS))
    return found


def scaled(picture: Image.Image, width: int) -> Image.Image:
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def phone(picture: Image.Image, width: int) -> Image.Image:
    """In the case of a telephone ``width`` pixels wide."""
    edge = 9
    screen = rounded(scaled(picture, width - 2 * edge), 22)
    case = rounded(Image.new("RGB", (width, screen.height + 2 * edge), CASE), 30)
    case.alpha_composite(screen, (edge, edge))
    return case


def window(picture: Image.Image, width: int) -> Image.Image:
    """In the frame of a browser's window."""
    bar = 26
    screen = scaled(picture, width)
    whole = Image.new("RGB", (width, screen.height + bar), BAR)
    draw = ImageDraw.Draw(whole)
    for number, colour in enumerate(("#b9c3c3", "#b9c3c3", "#b9c3c3")):
        draw.ellipse((12 + 17 * number, 8, 22 + 17 * number, 18), fill=colour)
    whole.paste(screen, (0, bar))
    return rounded(whole, 10)


def font(size: int) -> ImageFont.FreeTypeFont | None:
    """A Chinese font of this machine, None where there is none."""
    if not shutil.which("fc-match"):
        return None
    told = subprocess.run(
        ["fc-match", "-f", "%{file}", "Noto Sans CJK SC:lang=zh-cn:weight=100"],
        capture_output=True,
        text=True,
        check=False,
    )
    return ImageFont.truetype(told.stdout.strip(), size) if told.stdout.strip() else None


def put(ground: Image.Image, piece: Image.Image, at: tuple[int, int]) -> None:
    """Paste with a soft shadow."""
    shadow = Image.new("RGBA", ground.size, (0, 0, 0, 0))
    dark = Image.new("RGBA", piece.size, (20, 45, 50, 70))
    shadow.paste(dark, (at[0], at[1] + 8), piece.getchannel("A"))
    ground.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(12)))
    ground.alpha_composite(piece, at)


def tour(pieces: list[Image.Image]) -> Image.Image:
    """Two telephones and a window side by side, a line under each."""
    ground = Image.new("RGBA", (WIDTH, HEIGHT), GROUND)
    draw, face = ImageDraw.Draw(ground), font(20)
    left = MARGIN
    tallest = max(piece.height for piece in pieces)
    top = (HEIGHT - tallest - 46) // 2
    for piece, words in zip(pieces, CAPTIONS, strict=True):
        put(ground, piece, (left, top + (tallest - piece.height) // 2))
        if face is not None:
            draw.text((left + piece.width / 2, top + tallest + 34), words, fill=INK, font=face, anchor="mm")
        left += piece.width + MARGIN
    return ground


def save(picture: Image.Image, name: str) -> None:
    """As a PNG within its size: all colours where they fit, else as many as do."""
    full = picture.convert("RGB")
    for colours in (None, 256, 160, 96):
        target = io.BytesIO()
        few = (
            full.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE) if colours else full
        )
        few.save(target, "PNG", optimize=True)
        if len(target.getvalue()) <= MOST[name]:
            break
    else:
        raise SystemExit(f"{name}.png does not fit into {MOST[name]} bytes")
    (OUT / f"{name}.png").write_bytes(target.getvalue())
    print(f"docs/pictures/{name}.png {picture.size[0]}×{picture.size[1]} {len(target.getvalue()) // 1000} kB")


def main(url: str) -> int:
    browser = next((found for name in CHROMIUMS if (found := shutil.which(name))), "")
    if not browser:
        print("tools/pictures.py: no Chromium here", file=sys.stderr)
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        camera = Camera(playwright.chromium.launch(executable_path=browser, args=ARGUMENTS), url)
        receipt = camera.take("/my-reports/", PHONE, who="示例居民", press="已结案")
        todo = camera.take("/desk/", PHONE, who="· 网格员")
        figures = camera.take("/desk/figures/", DESKTOP, who="· 领导")
        narrow = (WIDTH - 4 * MARGIN - 830) // 2
        save(tour([phone(receipt, narrow), phone(todo, narrow), window(figures, 830)]), "tour")
        save(scaled(camera.take("/", PHONE), 585), "home")
        save(scaled(camera.take("/desk/map/", (1280, 800), who="· 社区工作人员"), 1280), "desk")
        save(scaled(camera.take("/", SMALL, large=True), 540), "large")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
