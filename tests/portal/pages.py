"""What the tests of the faces read from a page: its controls, its icons, its links."""

from __future__ import annotations

from html.parser import HTMLParser

CONTROLS = {"a", "button", "select", "textarea", "summary", "input"}


class Page(HTMLParser):
    """``controls`` are (tag, attributes) of what a finger or the Tab key reaches; ``text``: all words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        self.hidden: dict[str, str] = {}
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(found)
        if tag == "input" and found.get("type") == "hidden":
            self.hidden[found.get("name", "")] = found.get("value", "")
        elif tag in CONTROLS and "hidden" not in found and (tag != "a" or "href" in found):
            self.controls.append((tag, found))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words of the page, white space made single."""
        return " ".join(" ".join(self.words).split())

    def links(self) -> list[str]:
        """Where the links lead, in their order."""
        return [found["href"] for tag, found in self.controls if tag == "a"]
