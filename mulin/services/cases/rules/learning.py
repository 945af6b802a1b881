"""Learning from texts which matter they are about, and saying by which words. Pure: the same texts give the same lesson.

A linear model over characters and pairs (``pieces``): ridge regression, solved at once, no chance in it. How sure a guess
is comes from the texts themselves: each is judged by a lesson that has not seen it (leave one out, in closed form), and
the spread of the scores is set so that "six in ten" is right six times in ten.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mulin.services.cases.rules.pieces import joined, pieces, tells

Numbers = NDArray[np.float32]
LEAST_VOICES: Final = 5
"""A piece that fewer reporters wrote is not learned: what only one household writes may say who it is."""
LEAST_LABELS, LEAST_TEXTS = 2, 20
"""With less there is nothing to learn from."""
MOST_TEXTS: Final = 4_000
"""The newest that are looked at: a square of so many numbers has to fit into memory (128 MB)."""
MOST_PIECES: Final = 6_000
RIDGE: Final = 0.3
SCALES: Final = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0)
SURE: Final = 0.2
"""Below this the likeliest is not named: the text does not say."""
VAGUE: Final = 0.08
"""From here on a text speaks for a matter enough to be compared with another text by it: place and time speak too."""
WORTH_NAMING: Final = 0.04
"""The second and third are named from here on."""
MOST_GUESSES: Final = 3


@dataclass(frozen=True)
class Text:
    """What was said, and what it turned out to be. ``voice``: whoever said it ('': not of the county's history);
    ``spoken``: as people speak; what a list says of itself teaches, and tells nothing of how sure a guess is."""

    words: str
    label: str
    voice: str = ""
    spoken: bool = True


@dataclass(frozen=True)
class Guess:
    """A label, how likely it is (0 to 1) and the words that spoke for it."""

    label: str
    share: float
    why: tuple[str, ...]


class TooLittle(Exception):
    """There are too few texts, or all are about one thing. ``texts`` and ``labels``: how many there are."""

    def __init__(self, texts: int, labels: int) -> None:
        super().__init__(f"{texts} texts, {labels} labels")
        self.texts, self.labels = texts, labels


@dataclass(frozen=True)
class Lesson:
    """What was learned: a weight for each piece and label (pieces × labels), the worth of a piece and of one that is not
    known, how steep the shares are.

    ``kept``: of all texts, left out one by one, how many had their label first and among the first three (0 to 1).
    """

    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    worth: Numbers
    weights: Numbers
    strange: float
    scale: float
    kept: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {piece: at for at, piece in enumerate(self.pieces)}

    def shares(self, text: str) -> Numbers:
        """How likely each label is, in the order of ``labels``; sums to 1."""
        row, values = self._row(text)
        return _shares(values @ self.weights[row], self.scale) if len(row) else _even(len(self.labels))

    def guesses(self, text: str, *, among: Iterable[str] | None = None) -> list[Guess]:
        """The likeliest labels, at most three, the likeliest first; none where the text does not say (``SURE``): single
        characters alone say nothing.

        ``among``: the labels that are on offer now.
        """
        row, values = self._row(text)
        named = self._named(row, values, None if among is None else set(among))
        return [Guess(self.labels[at], share, self._why(text, row, values, at)) for at, share in named]

    def topics(self, text: str, *, least: float = SURE) -> dict[str, float]:
        """The same without the words: label → how likely. ``least``: in place of SURE."""
        return {self.labels[at]: share for at, share in self._named(*self._row(text), None, least)}

    def _named(
        self, row: NDArray[np.intp], values: Numbers, among: set[str] | None, least: float = SURE
    ) -> list[tuple[int, float]]:
        if not any(len(self.pieces[at]) == 2 for at in row):
            return []
        shares = _shares(values @ self.weights[row], self.scale)
        order = [at for at in np.argsort(-shares, kind="stable") if among is None or self.labels[at] in among]
        if not order or shares[order[0]] < least:
            return []
        return [(int(at), float(shares[at])) for at in order[:MOST_GUESSES] if shares[at] >= WORTH_NAMING]

    def _row(self, text: str) -> tuple[NDArray[np.intp], Numbers]:
        """The known pieces of a text and their values: 1 long together with the unknown ones, so that a text of which little
        is known says little."""
        told = pieces(text)
        known = sorted(
            (at, often) for piece, often in told.items() if (at := self._place.get(piece)) is not None
        )
        row = np.array([at for at, _often in known], dtype=np.intp)
        values = self.worth[row] * _weighed([often for _at, often in known])
        strange = (
            _weighed([often for piece, often in told.items() if piece not in self._place]) * self.strange
        )
        length = float(np.sqrt(values @ values + strange @ strange))
        return row, values / np.float32(length or 1.0)

    def _why(self, text: str, row: NDArray[np.intp], values: Numbers, label: int) -> tuple[str, ...]:
        """The words that speak for a label more than for the others, at most three."""
        more = values * (self.weights[row, label] - self.weights[row].mean(axis=1))
        spoke = {self.pieces[at]: float(gain) for at, gain in zip(row, more, strict=True)}
        pairs = {piece: gain for piece, gain in spoke.items() if tells(piece) and gain > 0}
        if not pairs:
            single = sorted((piece for piece in spoke if len(piece) == 1), key=lambda piece: -spoke[piece])
            return tuple(piece for piece in single[:3] if spoke[piece] > 0)
        least = max(pairs.values()) / 3
        words = joined(text, frozenset(piece for piece, gain in pairs.items() if gain >= least))
        gain = {word: sum(pairs.get(word[at : at + 2], 0.0) for at in range(len(word))) for word in words}
        return tuple(sorted(words, key=lambda word: -gain[word])[:3])

    def as_bytes(self) -> bytes:
        """For keeping: a line of JSON and the weights, packed. The same lesson gives the same bytes."""
        told = {
            "pieces": self.pieces,
            "labels": self.labels,
            "worth": [round(float(one), 4) for one in self.worth],
            "strange": self.strange,
            "scale": self.scale,
            "kept": self.kept,
        }
        head = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        return zlib.compress(head + b"\n" + self.weights.astype("<f2").tobytes(), 6)

    @classmethod
    def from_bytes(cls, kept: bytes) -> Lesson:
        """What ``as_bytes`` made."""
        head, _newline, body = zlib.decompress(kept).partition(b"\n")
        told = json.loads(head)
        weights = np.frombuffer(body, dtype="<f2").astype(np.float32)
        return cls(
            pieces=tuple(told["pieces"]),
            labels=tuple(told["labels"]),
            worth=np.array(told["worth"], dtype=np.float32),
            weights=weights.reshape(len(told["pieces"]), len(told["labels"])),
            strange=told["strange"],
            scale=told["scale"],
            kept=(told["kept"][0], told["kept"][1]),
        )


def learn(texts: Iterable[Text], *, least_voices: int = LEAST_VOICES) -> Lesson:
    """What the texts teach. Raises TooLittle.

    A piece is learned where one of our own texts (no ``voice``) has it or ``least_voices`` different voices wrote it.
    """
    known = sorted(set(texts), key=lambda one: (one.label, one.words, one.voice))
    told = [pieces(one.words) for one in known]
    labels = tuple(sorted({one.label for one in known}))
    if len(known) < LEAST_TEXTS or len(labels) < LEAST_LABELS:
        raise TooLittle(len(known), len(labels))
    vocabulary, counts = _vocabulary(known, told, least_voices)
    if not vocabulary:
        raise TooLittle(0, len(labels))
    seen = np.array([counts[one] for one in vocabulary], dtype=np.float32)
    worth = (np.log((1 + len(known)) / (1 + seen)) + 1).astype(np.float32)
    strange = round(float(np.log((1 + len(known)) / 2) + 1), 4)
    rows = _rows(told, vocabulary, worth, strange)
    place = {label: at for at, label in enumerate(labels)}
    right = np.array([place[one.label] for one in known], dtype=np.intp)
    weights, left_out = _solve(rows, right, len(labels))
    asked = (
        np.array([one.spoken for one in known])
        if any(one.spoken for one in known)
        else np.full(len(known), True)
    )
    left_out, right = left_out[asked], right[asked]
    scale = max(SCALES, key=lambda one: _likelihood(left_out, right, one))
    return Lesson(vocabulary, labels, worth, weights, strange, scale, _kept(left_out, right))


def _vocabulary(
    known: Sequence[Text], told: Sequence[Mapping[str, int]], least_voices: int
) -> tuple[tuple[str, ...], Counter[str]]:
    """The pieces that may be learned, the commonest first, and in how many texts each stands."""
    ours: set[str] = set()
    voices: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for one, found in zip(known, told, strict=True):
        counts.update(found.keys())
        if not one.voice:
            ours |= found.keys()
            continue
        for piece in found:
            voices.setdefault(piece, set()).add(one.voice)
    may = ours | {piece for piece, who in voices.items() if len(who) >= least_voices}
    order = sorted(may, key=lambda piece: (-counts[piece], piece))
    return tuple(order[:MOST_PIECES]), counts


def _rows(
    told: Sequence[Mapping[str, int]], vocabulary: Sequence[str], worth: Numbers, strange: float
) -> Numbers:
    """Texts × pieces; every row is 1 long together with what it says besides."""
    place = {piece: at for at, piece in enumerate(vocabulary)}
    rows = np.zeros((len(told), len(vocabulary)), dtype=np.float32)
    for at, found in enumerate(told):
        known = [place[piece] for piece in found if piece in place]
        rows[at, known] = worth[known] * _weighed([often for piece, often in found.items() if piece in place])
        others = _weighed([often for piece, often in found.items() if piece not in place]) * strange
        length = np.sqrt(rows[at] @ rows[at] + others @ others)
        rows[at] /= length or 1
    return rows


def _weighed(often: Sequence[int]) -> Numbers:
    """What is said three times says more, but not three times as much."""
    return (1 + np.log(np.array(often, dtype=np.float32))).astype(np.float32)


def _solve(rows: Numbers, right: NDArray[np.intp], labels: int) -> tuple[Numbers, Numbers]:
    """The weights (pieces × labels), and how each text is scored by what the others teach (texts × labels).

    A label with few texts weighs more, by the root of how few.
    """
    count = np.bincount(right, minlength=labels)
    root = np.sqrt(np.sqrt(len(right) / labels / count[right])).astype(np.float32)
    said = rows * root[:, None]
    goal = np.zeros((len(right), labels), dtype=np.float32)
    goal[np.arange(len(right)), right] = 1
    square = (said @ said.T).astype(np.float64)
    square[np.diag_indices_from(square)] += RIDGE
    inverse = np.linalg.inv(square)
    alpha = inverse @ (goal * root[:, None])
    left_out = goal - alpha / np.diagonal(inverse)[:, None] / root[:, None]
    return (said.T @ alpha.astype(np.float32)).astype(np.float32), left_out.astype(np.float32)


def _shares(scores: Numbers, scale: float) -> Numbers:
    steep = np.exp(np.float32(scale) * (scores - scores.max()))
    shares: Numbers = steep / steep.sum()
    return shares


def _even(labels: int) -> Numbers:
    return np.full(labels, 1 / labels, dtype=np.float32)


def _likelihood(scores: Numbers, right: NDArray[np.intp], scale: float) -> float:
    steep = scale * (scores - scores.max(axis=1, keepdims=True))
    own = steep[np.arange(len(right)), right]
    return float((own - np.log(np.exp(steep).sum(axis=1))).mean())


def _kept(scores: Numbers, right: NDArray[np.intp]) -> tuple[float, float]:
    own = scores[np.arange(len(right)), right][:, None]
    better = (scores > own).sum(axis=1)
    return round(float((better == 0).mean()), 4), round(float((better < MOST_GUESSES).mean()), 4)


def kinship(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[float, str]:
    """How likely two texts are about one matter type, by what each may be about: 0 to 1, and the likeliest such label."""
    both = {label: (share * other[label]) ** 0.5 for label, share in one.items() if label in other}
    return (min(1.0, sum(both.values())), max(both, key=lambda label: both[label])) if both else (0.0, "")
