"""What the desk keeps beside cases: the words by which they are found, and the views that people saved."""

from __future__ import annotations

from django.contrib.postgres.search import SearchVectorField
from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.indexes import CountyGin
from mulin.citus.models import CountyScoped
from mulin.services.cases.models.case import Case


class CaseWords(CountyScoped):
    """The letter pairs of a case's title, text, place and result. Its id is the case's.

    Written by ``actions.pairs`` in the transaction of whatever changes one of them, so that a word taken out of a case is
    found no more. See docs/adr/0008.
    """

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="+", county_index=False)
    grams = SearchVectorField()

    class Meta:
        indexes = [CountyGin(fields=["county", "grams"], name="case_words")]


class SavedView(CountyScoped):
    """A person's own view of the list of cases: filters under a name. At most one is what the list opens with."""

    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", county_index=False)
    name = models.CharField(max_length=20)
    filters = models.JSONField(default=dict, help_text="as queries.Filters.as_query says them")
    opens = models.BooleanField(default=False, help_text="the list opens with it")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "person", "name"], name="view_name"),
            models.UniqueConstraint(
                fields=["county", "person"], name="view_opens", condition=models.Q(opens=True)
            ),
        ]


class DuesFeed(CountyScoped):
    """The secret address at which somebody's calendar reads what falls due. The address itself is not kept; of one that was
    ended or replaced nothing is."""

    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", county_index=False)
    key_hash = models.CharField(max_length=64)
    whose = models.CharField(max_length=10, blank=True, default="")
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, help_text="when a calendar last came")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "person"], name="dues_feed_one"),
            models.UniqueConstraint(fields=["county", "key_hash"], name="dues_feed_key"),
        ]
