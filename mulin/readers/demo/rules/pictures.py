"""Drawn stand-ins for photographs: a street, what is wrong with it, and the same street put right.

They are plainly drawings, so that nobody takes an example for a real place.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, HORIZON = 640, 480, 250
Pen = ImageDraw.ImageDraw
Colour = tuple[int, int, int]


def photo(kind: str, *, repaired: bool, seed: str) -> bytes:
    """A JPEG of 640 × 480 pixels: a matter of this kind, or the same place after the work. The same seed,
    the same bytes.

    Raises KeyError for a kind that nobody drew.
    """
    rng = Random(seed)  # noqa: S311 drawn the same each time
    night = kind == "lamp"
    image = Image.new("RGB", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(image)
    _street(pen, rng, night=night, white=kind == "snow")
    SUBJECTS[kind](pen, rng, repaired)
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _mix(one: Colour, other: Colour, part: float) -> Colour:
    return (
        int(one[0] + (other[0] - one[0]) * part),
        int(one[1] + (other[1] - one[1]) * part),
        int(one[2] + (other[2] - one[2]) * part),
    )


def _street(pen: Pen, rng: Random, *, night: bool, white: bool) -> None:
    """Sky, two blocks of flats, pavement and road."""
    top: Colour = (18, 24, 44) if night else (150, 188, 222)
    low: Colour = (48, 54, 78) if night else (222, 230, 234)
    for y in range(HORIZON):
        pen.line([(0, y), (WIDTH, y)], fill=_mix(top, low, y / HORIZON))
    for left, wide in ((rng.randint(-30, 30), 260), (rng.randint(330, 400), 230)):
        wall = rng.choice([(186, 152, 128), (196, 188, 172), (170, 172, 178)])
        wall = _mix(wall, (20, 22, 34), 0.7) if night else wall
        roof = rng.randint(60, 110)
        pen.rectangle([left, roof, left + wide, HORIZON], fill=wall)
        for row in range(roof + 18, HORIZON - 22, 36):
            for column in range(left + 16, left + wide - 22, 40):
                pane: Colour = (90, 112, 128)
                if night:
                    pane = (236, 206, 130) if rng.random() < 0.35 else (30, 34, 48)
                pen.rectangle([column, row, column + 20, row + 22], fill=pane)
    road: Colour = (226, 230, 234) if white else (98, 98, 102)
    pavement: Colour = (238, 241, 244) if white else (168, 162, 152)
    if night:
        road, pavement = _mix(road, (8, 10, 20), 0.65), _mix(pavement, (8, 10, 20), 0.65)
    pen.rectangle([0, HORIZON, WIDTH, 320], fill=pavement)
    pen.rectangle([0, 320, WIDTH, HEIGHT], fill=road)
    for _grain in range(900):
        x, y = rng.randrange(WIDTH), rng.randrange(HORIZON, HEIGHT)
        shade = rng.randint(-14, 14)
        base = pavement if y < 320 else road
        pen.point((x, y), fill=tuple(max(0, min(255, part + shade)) for part in base))
    for x in range(-20, WIDTH, 120):
        pen.polygon(
            [(x, 404), (x + 60, 404), (x + 54, 412), (x - 6, 412)], fill=_mix(road, (240, 240, 230), 0.7)
        )


def _blob(pen: Pen, rng: Random, x: int, y: int, wide: int, high: int, fill: Colour) -> None:
    """An irregular flat patch around (x, y)."""
    points = []
    steps = 14
    for step in range(steps):
        part = step / steps
        reach = rng.uniform(0.78, 1.12)
        across = 4 * abs(((part + 0.25) % 1.0) - 0.5) - 1
        down = 4 * abs((part % 1.0) - 0.5) - 1
        length = max((across**2 + down**2) ** 0.5, 0.1)
        points.append((x + wide * reach * across / length, y + high * reach * down / length))
    pen.polygon(points, fill=fill)


def _pothole(pen: Pen, rng: Random, repaired: bool) -> None:
    x = rng.randint(250, 380)
    if repaired:
        pen.rectangle([x - 120, 372, x + 120, 452], fill=(62, 62, 66))
        pen.rectangle([x - 120, 372, x + 120, 452], outline=(48, 48, 52), width=4)
        return
    _blob(pen, rng, x, 412, 112, 42, (70, 66, 62))
    _blob(pen, rng, x + 6, 416, 88, 30, (44, 38, 34))
    for _stone in range(16):
        sx, sy = x + rng.randint(-130, 130), 412 + rng.randint(-46, 48)
        pen.ellipse([sx, sy, sx + rng.randint(4, 11), sy + rng.randint(3, 7)], fill=(120, 112, 104))


def _manhole(pen: Pen, rng: Random, repaired: bool) -> None:
    x = rng.randint(260, 380)
    pen.ellipse([x - 74, 268, x + 74, 312], fill=(120, 116, 110))
    pen.ellipse([x - 64, 272, x + 64, 308], fill=(66, 66, 70) if repaired else (14, 12, 12))
    if repaired:
        for step in range(-48, 49, 16):
            pen.line([(x + step, 276), (x + step, 304)], fill=(90, 90, 94), width=3)
        return
    pen.line([(x - 4, 300), (x + 20, 196)], fill=(92, 66, 40), width=6)
    for leaf in range(6):
        _blob(pen, rng, x + 20 + rng.randint(-16, 16), 198 + leaf * 7, 12, 7, (70, 110, 52))


def _lamp(pen: Pen, rng: Random, repaired: bool) -> None:
    x = rng.randint(290, 350)
    if repaired:
        for step in range(26, 0, -1):
            glow = _mix((34, 38, 54), (255, 232, 168), (27 - step) / 60)
            pen.polygon([(x + 92, 96), (x + 92 - step * 7, 420), (x + 92 + step * 7, 420)], fill=glow)
    pen.rectangle([x, 90, x + 10, 330], fill=(70, 74, 80))
    pen.line([(x + 5, 94), (x + 90, 82)], fill=(70, 74, 80), width=8)
    pen.rectangle([x + 70, 78, x + 118, 94], fill=(255, 244, 200) if repaired else (54, 56, 62))


def _rubbish(pen: Pen, rng: Random, repaired: bool) -> None:
    for step, colour in enumerate([(52, 110, 74), (44, 84, 140), (92, 92, 96)]):
        left = 170 + step * 106
        pen.polygon([(left, 210), (left + 84, 210), (left + 76, 314), (left + 8, 314)], fill=colour)
        pen.rectangle([left - 5, 198, left + 89, 212], fill=_mix(colour, (0, 0, 0), 0.25))
    if repaired:
        return
    for _bag in range(13):
        x, y = rng.randint(110, 520), rng.randint(300, 352)
        fill = rng.choice([(34, 34, 38), (206, 206, 210), (178, 60, 56), (66, 92, 150), (222, 196, 96)])
        _blob(pen, rng, x, y, rng.randint(22, 38), rng.randint(16, 26), fill)
        pen.polygon([(x - 6, y - 24), (x + 7, y - 24), (x, y - 8)], fill=_mix(fill, (0, 0, 0), 0.2))


def _leak(pen: Pen, rng: Random, repaired: bool) -> None:
    pen.rectangle([286, 300, 354, 322], fill=(60, 60, 64))
    for step in range(294, 352, 10):
        pen.line([(step, 302), (step, 320)], fill=(28, 28, 32), width=3)
    if repaired:
        return
    _blob(pen, rng, 320, 370, 220, 56, (82, 92, 98))
    _blob(pen, rng, 330, 372, 180, 40, (118, 134, 142))
    for _ring in range(7):
        x, y = rng.randint(190, 450), rng.randint(350, 396)
        pen.arc([x, y, x + 46, y + 14], 200, 350, fill=(190, 204, 210), width=2)


def _snow(pen: Pen, rng: Random, repaired: bool) -> None:
    if repaired:
        pen.rectangle([0, 262, WIDTH, 318], fill=(150, 146, 138))
        for x in range(0, WIDTH, 46):
            pen.line([(x, 262), (x - 10, 318)], fill=(132, 128, 120), width=2)
        for x in range(-10, WIDTH, 64):
            _blob(pen, rng, x, 330, 40, 16, (244, 247, 250))
        return
    _blob(pen, rng, 320, 296, 240, 26, (206, 220, 230))
    for _shine in range(9):
        x, y = rng.randint(110, 500), rng.randint(282, 308)
        pen.line([(x, y), (x + rng.randint(18, 46), y - 3)], fill=(246, 250, 252), width=2)


def _cars(pen: Pen, rng: Random, repaired: bool) -> None:
    pen.polygon([(60, 330), (600, 330), (640, 470), (20, 470)], outline=(232, 186, 40), width=7)
    for x in range(90, 600, 60):
        pen.line([(x, 334), (x - 34, 468)], fill=(232, 186, 40), width=3)
    if repaired:
        return
    for step in range(2):
        x = 90 + step * 260 + rng.randint(-14, 14)
        body = rng.choice([(176, 40, 42), (238, 238, 238), (40, 60, 98), (70, 72, 76)])
        pen.polygon(
            [(x + 46, 352), (x + 172, 352), (x + 204, 396), (x + 14, 396)], fill=_mix(body, (0, 0, 0), 0.15)
        )
        pen.polygon([(x + 58, 358), (x + 160, 358), (x + 184, 394), (x + 36, 394)], fill=(112, 136, 150))
        pen.rounded_rectangle([x, 392, x + 220, 440], 14, fill=body)
        for wheel in (x + 34, x + 150):
            pen.ellipse([wheel, 420, wheel + 40, 460], fill=(24, 24, 26))
            pen.ellipse([wheel + 12, 432, wheel + 28, 448], fill=(150, 150, 154))


def _paper(pen: Pen, rng: Random, repaired: bool) -> None:
    """A sheet with lines of writing and a round stamp, on a desk."""
    pen.rectangle([0, 0, WIDTH, HEIGHT], fill=(150, 128, 104))
    pen.polygon([(150, 30), (500, 22), (520, 462), (132, 470)], fill=(250, 250, 246))
    pen.line([(250, 74), (402, 70)], fill=(60, 60, 66), width=9)
    for y in range(112, 400, 24):
        pen.line([(176, y), (rng.randint(400, 486), y - 4)], fill=(120, 122, 128), width=4)
    if repaired:
        pen.ellipse([382, 360, 470, 448], outline=(196, 40, 40), width=6)


SUBJECTS: dict[str, Callable[[Pen, Random, bool], None]] = {
    "pothole": _pothole,
    "manhole": _manhole,
    "lamp": _lamp,
    "rubbish": _rubbish,
    "leak": _leak,
    "snow": _snow,
    "cars": _cars,
    "paper": _paper,
}
"""What can be drawn."""
