"""Questions put to an open page, and pictures to send."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

GRIDS_INSIDE = """async (address) => {
  const found = await (await fetch(address)).json();
  const ring = found.features[0].geometry.coordinates.flat(found.features[0].geometry.type === "MultiPolygon" ? 1 : 0)[0];
  const middle = [0, 1].map((axis) => ring.slice(1).reduce((sum, point) => sum + point[axis], 0) / (ring.length - 1));
  return middle;
}"""
"""The middle of the first grid that this person sees: [lon, lat] in degrees. The example's grids are nearly square."""

CONTROLS = """() => {
  const seen = (element) => {
    if (element.closest("details:not([open])") && !element.closest("summary")) return false;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 2 && box.height > 2 && style.visibility !== "hidden" && style.display !== "none";
  };
  return Array.from(document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"))
    .filter(seen)
    .map((element) => element.tagName.toLowerCase() + ":" + (element.innerText || element.name || element.href || "").trim().slice(0, 30));
}"""
"""What a person could press or fill in on this page, as words."""

SMALL_PRINT = """([least, ratio]) => {
  const wrong = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim();
    const element = walk.currentNode.parentElement;
    if (!text || element.closest("template, script, style, noscript, svg")) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 2 || box.height <= 2) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const line = style.lineHeight === "normal" ? 1.2 * size : parseFloat(style.lineHeight);
    if (size < least - 0.01) wrong.push(size + "px: " + text.slice(0, 20));
    if (line / size < ratio - 0.01 && box.height > 1.6 * size) wrong.push("line " + (line / size).toFixed(2) + ": " + text.slice(0, 20));
  }
  return wrong;
}"""
"""Texts whose letters are smaller than ``least`` CSS pixels, or whose lines, where there are several, stand too close."""

TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return Array.from(document.body.querySelectorAll("*"))
    .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
    .slice(0, 6)
    .map((element) => element.tagName.toLowerCase() + "." + element.className + " " + Math.round(element.getBoundingClientRect().right))
    .concat("page " + root.scrollWidth + " of " + root.clientWidth);
}"""
"""Why the page scrolls sideways; empty if it does not."""

CHINESE = """() => {
  const han = /[\\u3400-\\u9fff]/;
  const where = "nav a, nav summary, nav button, h1, h2, h3, label, legend, button, th, summary, .page-lead, .helptext, .tile, .btn, .foot, dt, .example";
  const county = ".row-title, .row-note, td, dd, .side-me p, .phone-me p";
  const wrong = [];
  document.querySelectorAll(where).forEach((element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[lang^=zh], .row-title, .row-note, select, textarea").forEach((part) => part.remove());
    const words = copy.textContent.replace(/\\s+/g, " ").trim();
    const own = words === "中文" || element.closest("[lang^=zh]") !== document.querySelector("html[lang^=zh]");
    if (!own && !element.closest(county) && han.test(words)) wrong.push(element.tagName.toLowerCase() + ": " + words.slice(0, 60));
  });
  return wrong.concat(document.documentElement.lang === "en" ? [] : ["the page says it is in " + document.documentElement.lang]);
}"""
"""Chinese left in the parts of a page that are the program's own words: navigation, headings, labels, buttons.

The county's own names are left out: they stand in cells and rows, or are marked as Chinese.
"""


def photo(*, wide: int = 4000, high: int = 3000, place: tuple[float, float] | None = None) -> bytes:
    """A large JPEG as a phone held upright takes it: stored lying (EXIF orientation 6), its position in it.

    ``place``: lon, lat in degrees.
    """
    picture = Image.effect_noise((wide // 8, high // 8), 90).resize((wide, high)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Example phone"
    if place is not None:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = "N", _degrees(place[1])
        gps[3], gps[4] = "E", _degrees(place[0])
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=90, exif=exif)
    return target.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = int((value - whole) * 60)
    return float(whole), float(minutes), round((value - whole - minutes / 60) * 3600, 3)


def upload(content: bytes, name: str = "photo.jpg") -> dict[str, Any]:
    """As ``set_input_files`` takes it."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}
