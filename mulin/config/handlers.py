"""What ``tick``, notices, files and erasure call back: the one list of who answers for which subject."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.ground.files import actions as files
from mulin.ground.files import queries as files_read
from mulin.ground.notices import actions as notices
from mulin.ground.notices import queries as notices_read
from mulin.ground.people import queries as people
from mulin.ground.territory import actions as territory
from mulin.ground.territory import queries as territory_read
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
    _territory()


def _territory() -> None:
    hooks.person_export += [territory_read.export_person]
    hooks.person_erase += [territory.erase_person]
    hooks.subject_url |= {
        "division": lambda actor, key: reverse("territory:division", args=[key]),
        "grid": lambda actor, key: reverse("territory:grid", args=[key]),
    }
    hooks.subject_reach |= {"division": territory_read.division_reach, "grid": territory_read.grid_reach}
    hooks.verb_words |= {
        "territory.open_county": _("开通县或更新区划"),
        "territory.add_division": _("添加地方"),
        "territory.rename_division": _("改地方名称"),
        "territory.outline_division": _("画地方边界"),
        "territory.end_division": _("撤销地方"),
        "territory.put_in_charge": _("登记负责单位"),
        "territory.relieve": _("取消负责单位"),
        "territory.settle": _("登记住处"),
        "territory.draw_grid": _("划网格"),
        "territory.redraw_grid": _("重画网格边界"),
        "territory.rename_grid": _("改网格名称"),
        "territory.end_grid": _("撤销网格"),
        "territory.put_in_grid": _("归入网格"),
        "territory.post_to_grid": _("安排网格员"),
        "territory.end_posting": _("网格员离岗"),
        "territory.import_grids": _("导入网格边界"),
    }
