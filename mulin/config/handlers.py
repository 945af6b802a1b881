"""What ``tick``, notices, files and erasure call back: the one list of who answers for which subject."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mulin.ground.files import actions as files
from mulin.ground.files import queries as files_read
from mulin.ground.notices import actions as notices
from mulin.ground.notices import queries as notices_read
from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.ground.trail import queries as trail_read
from mulin.ground.worklist import queries as worklist_read
from mulin.kernel import hooks


def register() -> None:
    """Fill the kernel's hooks. Runs once per process."""
    hooks.tick += [
        ("trail.seal", trail.seal),
        ("notices.send_due", notices.send_due),
        ("files.sweep", files.sweep),
    ]
    hooks.public_names += [people.public_names]
    hooks.person_export += [trail_read.export, worklist_read.export, notices_read.export, files_read.export]
    # The details of the trail are emptied by people.actions.erase itself, last of all.
    hooks.person_erase += [notices.erase_person, files.erase_person]
    hooks.verb_words |= {
        "work.reassigned": _("改派待办"),
        "trail.details_erased": _("清除个人信息明细"),
        "example.made": _("造好示例县"),
    }
