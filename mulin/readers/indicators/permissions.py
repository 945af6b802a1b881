"""Who reads figures: everybody who works here, each within what he may see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound


def may_read_figures(actor: Actor) -> None:
    """Staff only. Raises NotFound for a visitor (who is sent to sign in), NotAllowed for a resident."""
    if actor.anonymous:
        raise NotFound(_("没有这个页面"))
    if not access.is_staff(actor):
        raise NotAllowed(_("数据页面供工作人员使用；公开的数据在“办理公开”。"))
