"""Who reads figures: everybody who works here, each within what he may see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound


def may_read_figures(actor: Actor) -> None:
    """Staff only. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    if access.is_staff(actor):
        return
    words = _("数据页面供工作人员使用；公开的数据在“办理公开”。")
    if any(held.path or held.unit for held in actor.held):
        raise NotAllowed(words)
    raise NotFound(words)
