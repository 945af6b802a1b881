"""Kinds by content, positions from tags, paths by hash."""

from __future__ import annotations

import pytest

from mulin.ground.files.rules import content_path, position, sniff, thumb_path


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"\x00\x00\x00\x18ftypmif1", "heic"),
        (b"\x00\x00\x00\x18ftypavif", "avif"),
        (b"\x00\x00\x00\x18ftypisom", "video"),
        (b"GIF89a", "gif"),
        (b"%PDF-1.7", "pdf"),
        (b"<svg xmlns=", "other"),
        (b"RIFF\x00\x00\x00\x00WAVE", "other"),
        (b"", "other"),
    ],
)
def test_the_content_tells_the_kind(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


def test_a_position_is_read_in_degrees() -> None:
    assert position({1: "N", 2: (41, 24, 18), 3: "E", 4: (119, 38, 42)}) == (119.645, 41.405)
    assert position({1: "S", 2: (41, 24, 18), 3: "W", 4: (119, 38, 42)}) == (-119.645, -41.405)
    assert position({1: "N\0", 2: (41.405, 0, 0), 3: "E", 4: (119.645, 0, 0), 18: "WGS-84"}) == (
        119.645,
        41.405,
    )


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {2: (41, 24, 18)},
        {2: (0, 0, 0), 4: (0, 0, 0)},
        {2: (91, 0, 0), 4: (119, 0, 0)},
        {2: (41, 0, 0), 4: (181, 0, 0)},
        {2: (float("nan"), 0, 0), 4: (119, 0, 0)},
        {2: (41, 0), 4: (119, 0, 0)},
        {2: "x", 4: (119, 0, 0)},
        {2: 41, 4: 119},
        {2: (-41, 0, 0), 4: (119, 0, 0)},
        {2: (41, 24, 18), 4: (119, 38, 42), 18: "GCJ-02"},
    ],
)
def test_tags_that_make_no_sense_are_no_position(tags: dict[int, object]) -> None:
    assert position(tags) is None


def test_paths_begin_with_the_county() -> None:
    assert str(content_path(211322, "ab" * 32, "jpg")) == f"211322/ab/{'ab' * 32}.jpg"
    assert str(thumb_path(211322, "ab" * 32)) == f"211322/ab/{'ab' * 32}.thumb.jpg"
