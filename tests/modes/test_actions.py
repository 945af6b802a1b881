"""Declaring, moving on, extending, expiring; who may; once each."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from mulin.ground.modes import actions, queries
from mulin.ground.modes.models import EmergencyMode, ModeStage
from mulin.ground.trail.models import AuditEntry
from mulin.kernel.actor import Actor, Held, system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from tests.personas import COUNTY, NEIGHBOUR, Scene, a_uuid

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def declare(
    by: Actor, now: datetime, path: str = "/001/", stage: str = "response", **told: Any
) -> EmergencyMode:
    words = {"title": "暴雪", "basis": "雪灾应急预案", "ends_at": now + DAY} | told
    return actions.declare(path=path, stage=stage, by=by, now=now, **words)


def move(
    mode: EmergencyMode, to: str, was: str, by: Actor, now: datetime, note: str = "雪停了"
) -> EmergencyMode:
    return actions.move(mode=mode.id, to=to, was=was, note=note, by=by, now=now)


class TestDeclaring:
    def test_it_is_in_force_at_once_and_ends_by_itself(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now)
        assert queries.mode_at("/001/003/g1001/", now) == "emergency"
        assert queries.mode_at("/003/", now) == "routine"
        assert queries.mode_at("/001/", now + DAY) == "routine"
        entry = AuditEntry.objects.get(verb="modes.declare")
        assert entry.subject_id == mode.id
        assert entry.person == county.street_clerk.person
        assert entry.facts["basis"] == "雪灾应急预案"

    @pytest.mark.parametrize(
        ("who", "path"),
        [
            ("leader", "/"),
            ("county_clerk", "/"),
            ("county_clerk", "/001/"),
            ("street_clerk", "/001/"),
            ("street_clerk", "/001/003/"),
            ("community_clerk", "/001/003/"),
        ],
    )
    def test_an_officer_may_within_the_own_territory(
        self, county: Scene, now: datetime, who: str, path: str
    ) -> None:
        assert declare(county.actors[who], now, path).path == path

    @pytest.mark.parametrize(
        ("who", "path"),
        [
            ("stranger", "/"),
            ("resident", "/001/003/"),
            ("merchant", "/001/003/"),
            ("grid_worker", "/001/003/"),
            ("department", "/"),
            ("admin", "/"),
            ("community_clerk", "/001/"),
            ("community_clerk", "/003/004/"),
            ("street_clerk", "/"),
            ("street_clerk", "/003/"),
            ("other_clerk", "/001/003/"),
        ],
    )
    def test_nobody_else_may(self, county: Scene, now: datetime, who: str, path: str) -> None:
        with pytest.raises(NotAllowed):
            declare(county.actors[who], now, path)
        assert not EmergencyMode.objects.exists()

    def test_without_a_name_nothing_is_declared(self, county: Scene, now: datetime) -> None:
        nameless = Actor(county=COUNTY, account=a_uuid(), held=(Held("leader", "/"),))
        for by in (nameless, system(COUNTY, "import")):
            with pytest.raises(NotAllowed):
                declare(by, now, "/")

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"stage": "recovery"}, "stage"),
            ({"stage": "routine"}, "stage"),
            ({"title": " "}, "title"),
            ({"title": "雪" * 61}, "title"),
            ({"basis": ""}, "basis"),
            ({"basis": "据" * 201}, "basis"),
            ({"ends_at": datetime.fromisoformat("2026-09-01T08:59+08:00")}, "ends_at"),
            ({"ends_at": datetime.fromisoformat("2026-10-02T09:00+08:00")}, "ends_at"),
            ({"path": "/001/003/g1001/"}, "path"),
            ({"path": "/001/003/C1/"}, "path"),
            ({"path": "/009/"}, "path"),
        ],
    )
    def test_what_is_missing_or_wrong_is_refused_at_its_field(
        self, county: Scene, now: datetime, told: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            declare(county.leader, now, **told)
        assert refused.value.field == field
        assert not EmergencyMode.objects.exists()

    def test_one_open_mode_per_place_and_the_next_after_its_end(self, county: Scene, now: datetime) -> None:
        declare(county.street_clerk, now)
        declare(county.street_clerk, now, "/001/003/")
        with pytest.raises(Stale):
            declare(county.leader, now, stage="alert")
        declare(county.leader, now + DAY, title="大风")
        assert EmergencyMode.objects.get(title="暴雪", path="/001/").closed_at == now + DAY
        assert AuditEntry.objects.filter(verb="modes.expire").count() == 1

    def test_another_county_is_not_touched(self, county: Scene, now: datetime) -> None:
        declare(county.leader, now, "/")
        with county_scope(NEIGHBOUR):
            assert queries.mode_at("/", now) == "routine"
            assert queries.banners(["/"], now) == []


class TestMovingOn:
    def test_from_alert_to_response_to_recovery_to_routine(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now, stage="alert")
        told = [queries.mode_at("/001/", now)]
        for hour, (was, to) in enumerate(
            [
                ("alert", "response"),
                ("response", "recovery"),
                ("recovery", "response"),
                ("response", "recovery"),
            ],
            1,
        ):
            move(mode, to, was, county.street_clerk, now + hour * HOUR)
            told.append(queries.mode_at("/001/", now + hour * HOUR))
        done = move(mode, "routine", "recovery", county.leader, now + 5 * HOUR)
        assert told == ["routine", "emergency", "routine", "emergency", "routine"]
        assert done.closed_at == now + 5 * HOUR
        assert queries.in_force("/001/", now + 5 * HOUR) == []
        assert [queries.mode_at("/001/", now + hour * HOUR / 2) for hour in (1, 3, 5, 7)] == [
            "routine", "emergency", "routine", "emergency",
        ]  # fmt: skip
        verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))
        assert verbs == ["modes.declare", *["modes.move"] * 4, "modes.close"]

    def test_a_stage_that_may_not_follow_and_a_missing_reason_are_refused(
        self, county: Scene, now: datetime
    ) -> None:
        mode = declare(county.street_clerk, now, stage="alert")
        for to, note, field in (("recovery", "好", "to"), ("response", " ", "note")):
            with pytest.raises(Refused) as refused:
                move(mode, to, "alert", county.street_clerk, now + HOUR, note)
            assert refused.value.field == field
        assert ModeStage.objects.count() == 1

    def test_the_second_of_two_officers_is_told_to_look_again(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now, stage="alert")
        move(mode, "response", "alert", county.street_clerk, now + HOUR)
        with pytest.raises(Stale):
            move(mode, "routine", "alert", county.leader, now + HOUR)

    def test_what_is_over_stays_over(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now)
        with pytest.raises(Stale):
            move(mode, "recovery", "response", county.street_clerk, now + DAY)
        with pytest.raises(Stale):
            actions.extend(mode=mode.id, ends_at=now + 2 * DAY, note="雪", by=county.leader, now=now + DAY)

    @pytest.mark.parametrize("who", ["resident", "grid_worker", "community_clerk", "department", "admin"])
    def test_who_may_not_declare_here_may_not_move_or_extend(
        self, county: Scene, now: datetime, who: str
    ) -> None:
        mode = declare(county.street_clerk, now)
        with pytest.raises(NotAllowed):
            move(mode, "recovery", "response", county.actors[who], now + HOUR)
        with pytest.raises(NotAllowed):
            actions.extend(
                mode=mode.id, ends_at=now + 2 * DAY, note="雪", by=county.actors[who], now=now + HOUR
            )

    def test_what_is_not_there_is_not_found(self, county: Scene, now: datetime) -> None:
        with pytest.raises(NotFound):
            actions.move(mode=a_uuid(), to="routine", was="alert", note="x", by=county.leader, now=now)


class TestTheEnd:
    def test_an_extension_holds_and_is_written_down(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now)
        actions.extend(mode=mode.id, ends_at=now + 3 * DAY, note="还在下", by=county.leader, now=now + HOUR)
        assert queries.mode_at("/001/", now + 2 * DAY) == "emergency"
        assert queries.mode_at("/001/", now + 3 * DAY) == "routine"
        assert AuditEntry.objects.get(verb="modes.extend").facts["note"] == "还在下"

    @pytest.mark.parametrize("ends", [HOUR, DAY, 31 * DAY])
    def test_an_earlier_end_and_one_too_far_away_are_refused(
        self, county: Scene, now: datetime, ends: timedelta
    ) -> None:
        mode = declare(county.street_clerk, now)
        with pytest.raises(Refused) as refused:
            actions.extend(mode=mode.id, ends_at=now + ends, note="雪", by=county.leader, now=now)
        assert refused.value.field == "ends_at"

    def test_tick_closes_each_once_at_its_own_end_also_after_days_of_standstill(
        self, county: Scene, now: datetime
    ) -> None:
        mode = declare(county.street_clerk, now)
        declare(county.leader, now, "/", ends_at=now + 9 * DAY)
        assert actions.expire_due(now=now + DAY - HOUR) == 0
        assert actions.expire_due(now=now + 4 * DAY) == 1
        assert actions.expire_due(now=now + 4 * DAY) == 0
        assert EmergencyMode.objects.get(id=mode.id).closed_at == now + DAY
        entry = AuditEntry.objects.get(verb="modes.expire")
        assert (entry.system, entry.subject_id) == ("tick", mode.id)


class TestBanners:
    def test_people_under_it_and_over_it_read_it_others_do_not(self, county: Scene, now: datetime) -> None:
        declare(county.street_clerk, now)
        declare(county.leader, now, "/003/", "alert", title="大风")
        assert [one.place for one in queries.banners(["/001/003/g1001/"], now)] == ["叶柏寿街道"]
        assert [(one.words, one.title) for one in queries.banners(["/"], now)] == [
            ("应急响应", "暴雪"),
            ("预警", "大风"),
        ]
        assert queries.banners(["/002/"], now) == []
        assert queries.banners(["/001/"], now + DAY) == []

    def test_a_change_is_read_at_once(self, county: Scene, now: datetime) -> None:
        mode = declare(county.street_clerk, now)
        assert queries.banners(["/001/"], now)[0].emergency
        move(mode, "recovery", "response", county.street_clerk, now)
        assert [one.words for one in queries.banners(["/001/"], now)] == ["恢复"]


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_declare_one_mode(scene: Scene, now: datetime) -> None:
    done: list[str] = []

    def run(by: Actor) -> None:
        try:
            with county_scope(COUNTY):
                declare(by, now)
            done.append("declared")
        except Stale:
            done.append("stale")
        finally:
            connections.close_all()

    officers = [scene.leader, scene.county_clerk, scene.street_clerk] * 2
    threads = [threading.Thread(target=run, args=(by,)) for by in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["declared", *["stale"] * 5]
    with county_scope(COUNTY):
        assert EmergencyMode.objects.count() == ModeStage.objects.count() == 1
