"""What the county's suggestions have learned (rules.learning)."""

from __future__ import annotations

from django.db import models

from mulin.citus.models import CountyScoped


class WordLesson(CountyScoped):
    """One version of what texts taught about matter types: weights of characters and pairs, no text and nobody's name.

    A row and not a file: it is in every backup, it is the county's own by the same scope as its cases, and web processes on
    several machines have the same one. About 1 MB; the newest few are kept.
    """

    number = models.PositiveIntegerField(help_text="1, and one more at each change")
    learned_at = models.DateTimeField()
    cases = models.PositiveIntegerField(help_text="cases of the county that it was learned from")
    first = models.FloatField(help_text="share of texts, each left out once, whose matter came first")
    among_three = models.FloatField(help_text="and among the first three")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content")
    content = models.BinaryField(help_text="rules.learning.Lesson.as_bytes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "number"], name="word_lesson_number")]

    def __str__(self) -> str:
        return str(self.number)
