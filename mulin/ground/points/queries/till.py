"""What services ask of the ledger at a counter: whose family a passbook is, what was put right."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from mulin.ground.points.models import Account, Transfer
from mulin.ground.points.queries.ledger import family
from mulin.ground.points.rules import MEMBERS


def family_of(account: UUID) -> set[UUID]:
    """The holders of a passbook and who lives with them; nobody for none. At most three statements."""
    row = Account.objects.filter(kind__in=MEMBERS, pk=account).first()
    return family(row) if row else set()


def put_right(transfers: Iterable[UUID | None]) -> set[UUID]:
    """Those of some transfers that were reversed. One statement."""
    rows = Transfer.objects.filter(reverses_id__in=[one for one in transfers if one])
    return set(rows.values_list("reverses_id", flat=True))
