"""A matter comes in: whose it becomes, that it is never lost, and that sending it again changes nothing."""

from __future__ import annotations

import io
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from PIL import Image

from mulin.ground.territory import actions as territory
from mulin.ground.worklist import queries as work
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.ids import is_token, read_public, uuid7
from mulin.kernel.secrets import decrypt, keyed_hash
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.rules import Source, sampled
from tests.cases.scenes import PHONE, WORDS, reported
from tests.conftest import as_owner
from tests.personas import COUNTY, IN_GRID_A, IN_GRID_B, IN_NO_GRID, Scene, square

WorkItem: Any = apps.get_model("worklist.WorkItem")


def todo(case: Case) -> tuple[str, str, str]:
    row = WorkItem.objects.get(subject_id=case.id, done_at=None)
    return row.kind, row.role, row.path


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "JPEG")
    out.seek(0)
    return out


def test_a_point_in_a_grid_becomes_its_workers_todo(county: Scene, now: datetime) -> None:
    made = reported(county, now)
    case = made.case
    assert (case.state, case.grid_id, case.grid_path) == ("reported", county.grids["a"].id, "/001/003/g1001/")
    assert (case.place_path, case.title) == ("/001/003/", "双虹家园3号楼东门路灯坏了三天，晚上看不见路")
    assert todo(case) == ("handle", "grid_worker", "/001/003/g1001/")
    assert [item.subject_id for item in work.open_for(county.grid_worker)] == [case.id]
    assert not work.open_for(county.other_grid_worker).exists()
    assert WorkItem.objects.get().due_at == now + timedelta(hours=24)
    assert read_public(case.number) == (COUNTY, case.number)
    token = read_public(made.receipt)
    assert token is not None and is_token(token[1])


def test_a_resend_finds_the_first(county: Scene, now: datetime) -> None:
    key = uuid7()
    first = reported(county, now, client_id=key)
    again = reported(
        county, now + timedelta(minutes=5), client_id=key, text=WORDS.replace("。", "。") + "\r\n"
    )
    assert (again.case.id, again.receipt, again.again) == (first.case.id, first.receipt, True)
    assert Case.objects.count() == CaseReporter.objects.count() == CaseStep.objects.count() == 1
    assert WorkItem.objects.count() == 1


def test_other_words_or_another_person_under_the_same_key_are_refused(county: Scene, now: datetime) -> None:
    key = uuid7()
    reported(county, now, client_id=key, by="resident")
    for other in ({"text": "别的事"}, {"by": "other_resident"}, {"by": "stranger"}):
        with pytest.raises(Refused) as refused:
            reported(county, now, client_id=key, **({"by": "resident"} | other))
        assert (refused.value.code, refused.value.status) == ("client_id_taken", 409)
    assert Case.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_equal_resends_in_parallel_make_one_case(scene: Scene, now: datetime) -> None:
    key, start, found = uuid7(), threading.Barrier(8), []

    def send() -> None:
        with county_scope(COUNTY):
            start.wait()
            found.append(reported(scene, now, client_id=key, phone=PHONE))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({one.case.id for one in found}) == 1
    assert len({one.receipt for one in found}) == 1 and sum(not one.again for one in found) == 1
    with county_scope(COUNTY):
        assert Case.objects.count() == CaseStep.objects.count() == WorkItem.objects.count() == 1
        assert apps.get_model("trail.AuditEntry").objects.count() == 1


def test_a_picked_place_decides_before_the_position(county: Scene, now: datetime) -> None:
    case = reported(county, now, place=county.places["building"].id, at=IN_GRID_B).case
    assert (case.grid_path, case.place_path, case.lon) == ("/001/003/g1001/", "/001/003/C1/B1/", None)
    case = reported(county, now, place=county.places["building"].id, at=IN_GRID_A).case
    assert (case.grid_path, case.lon) == ("/001/003/g1001/", IN_GRID_A[0])


def test_a_case_knows_its_compound(county: Scene, now: datetime) -> None:
    for place in ("building", "compound"):
        case = reported(county, now, place=county.places[place].id).case
        assert case.compound_id == county.places["compound"].id
    assert fixed(county, now, place=county.places["compound"].id).compound_id == county.places["compound"].id
    for place in ({"place": county.places["community"].id}, {}):
        assert reported(county, now, **place).case.compound_id is None


def test_a_position_in_a_compound_is_a_matter_of_the_compound(county: Scene, now: datetime) -> None:
    compound, community = county.places["compound"], county.places["community"].id
    territory.outline_division(
        division=compound, geometry=square(119.643, 41.403, 0.004), by=county.admin, now=now
    )
    for more in ({}, {"place": community}):
        case = reported(county, now, **more).case
        assert (case.place_id, case.compound_id, case.grid_id) == (
            compound.id, compound.id, county.grids["a"].id,
        )  # fmt: skip
    beside = reported(county, now, at=(119.649, 41.405)).case
    rough = reported(county, now, accuracy=3000.0).case
    assert [(one.place_id, one.compound_id) for one in (beside, rough)] == [(community, None)] * 2


def test_a_picked_community_lets_the_position_find_the_grid(county: Scene, now: datetime) -> None:
    case = reported(county, now, place=county.places["community"].id, at=IN_GRID_B).case
    assert case.grid_path == "/001/003/g1002/"
    case = reported(county, now, place=county.places["street"].id, at=IN_GRID_B).case
    assert (case.grid_path, case.place_path) == ("/001/003/g1002/", "/001/003/")
    case = reported(county, now, place=county.places["other_community"].id, at=IN_GRID_B).case
    assert (case.grid_path, case.place_path) == ("", "/003/004/")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("community", ("screen", "community_clerk", "/001/003/")),
        ("street", ("screen", "street_clerk", "/001/")),
        ("root", ("screen", "county_clerk", "/")),
    ],
)
def test_without_a_grid_the_place_s_clerk_screens(
    county: Scene, now: datetime, place: str, expected: tuple[str, str, str]
) -> None:
    assert todo(reported(county, now, place=county.places[place].id, at=None).case) == expected


def test_words_alone_go_to_the_county(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=None, place_text="老桥头").case
    assert todo(case) == ("screen", "county_clerk", "/")
    assert (case.place_text, case.place_path) == ("老桥头", "/")


def test_a_point_in_no_grid_is_screened_by_the_county(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=IN_NO_GRID).case
    assert todo(case) == ("screen", "county_clerk", "/")
    assert not case.steps.get().facts.get("outside")


def test_outside_the_county_it_is_kept_and_flagged(county: Scene, now: datetime) -> None:
    with as_owner():
        root = county.places["root"]
        root.geometry = square(119.5, 41.3, 0.5)
        root.save()
        version = apps.get_model("territory.MapVersion").objects.get()
        version.version += 1
        version.save()
    case = reported(county, now, at=(116.4, 39.9)).case
    assert todo(case) == ("screen", "county_clerk", "/")
    assert case.steps.get().facts["outside"] is True
    assert WorkItem.objects.get().title.startswith("【县外】")


def test_a_rough_position_only_tells_the_community(county: Scene, now: datetime) -> None:
    case = reported(county, now, accuracy=3000.0).case
    assert (case.grid_path, todo(case)) == ("", ("screen", "community_clerk", "/001/003/"))


def test_gcj_02_is_converted(county: Scene, now: datetime) -> None:
    # 119.645 E, 41.405 N as AutoNavi shows it
    case = reported(county, now, at=(119.650963, 41.406946), datum="gcj02").case
    assert case.grid_path == "/001/003/g1001/" and case.source_datum == "gcj02"
    assert abs(case.lon - 119.645) < 1e-4 and abs(case.lat - 41.405) < 1e-4


def test_a_photo_is_attached_to_the_case(county: Scene, now: datetime) -> None:
    made = reported(county, now, photos=[picture()])
    row = apps.get_model("files.StoredFile").objects.get()
    assert (row.subject_kind, row.subject_id, row.purpose) == ("case", made.case.id, "report")
    assert made.case.steps.get().facts["photos"] == [str(row.id)]
    again = reported(county, now, client_id=made.case.client_id, photos=[picture()])
    assert again.again and apps.get_model("files.StoredFile").objects.count() == 1


def test_an_anonymous_report_costs_few_statements(county: Scene, now: datetime) -> None:
    reported(county, now)
    with CaptureQueriesContext(connection) as caught:
        reported(county, now, phone=PHONE, name="王秀英")
    done = [one["sql"] for one in caught if "SAVEPOINT" not in one["sql"]]
    assert len(done) <= 8, "\n".join(done)


def test_name_and_phone_are_encrypted_and_nowhere_else(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=" 138 1234-5678 ", name="王秀英")
    row = CaseReporter.objects.get()
    assert decrypt(row.phone_sealed, bound_to="case_reporter.phone") == PHONE
    assert row.phone_hash == keyed_hash(PHONE)
    told = repr([list(model.objects.values()) for model in (Case, CaseReporter, CaseStep, WorkItem)])
    told += repr(list(apps.get_model("trail.AuditDetail").objects.values()))
    assert PHONE not in told and "王秀英" not in told and made.receipt in told


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"phone": "12345"}, "phone"),
        ({"text": "长" * 2001}, "text"),
        ({"place": uuid7()}, "place"),
    ],
)
def test_what_cannot_stand_is_refused_beside_its_field(
    county: Scene, now: datetime, wrong: Any, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        reported(county, now, **wrong)
    assert refused.value.field == field and not Case.objects.exists()


def test_a_neighbour_owns_his_report_staff_do_not(county: Scene, now: datetime) -> None:
    assert reported(county, now, by="resident").case.reported_by_id == county.persons["resident"].id
    made = reported(county, now, by="community_clerk", source=Source.STAFF, phone=county.phones["resident"])
    assert made.case.reported_by_id is None
    assert CaseReporter.objects.get(case=made.case).person_id == county.persons["resident"].id


def test_staff_who_name_no_place_get_it_on_their_own_community_s_list(county: Scene, now: datetime) -> None:
    case = reported(county, now, by="community_clerk", source=Source.STAFF, at=None).case
    assert todo(case) == ("screen", "community_clerk", "/001/003/")
    case = reported(county, now, by="grid_worker", source=Source.STAFF, at=None).case
    assert todo(case) == ("screen", "community_clerk", "/001/003/")


# ── found and fixed ──────────────────────────────────────────────────────────────────────────────────────────────


def fixed(scene: Scene, now: datetime, *, by: str = "grid_worker", at: Any = IN_GRID_A, **more: Any) -> Case:
    key = next(
        one for one in iter(uuid7, None) if not sampled(one)
    )  # drawn for a check it would have a to-do
    told: dict[str, Any] = {"client_id": key, "text": "楼道堆了纸箱", "result": "当场清走了"}
    if at:
        told |= {"lon": at[0], "lat": at[1]}
    return actions.found_and_fixed(by=getattr(scene, by), now=now, **(told | more)).case


def test_found_and_fixed_is_one_act_and_closed(county: Scene, now: datetime) -> None:
    case = fixed(county, now, photos=[picture()])
    assert (case.state, case.source, case.found_fixed) == ("closed", "patrol", True)
    assert case.closed_at == case.disposed_at == now and case.first_response_at is None
    assert case.handler_id == county.persons["grid_worker"].id
    assert not CaseReporter.objects.exists() and not WorkItem.objects.exists()
    assert [step.action for step in case.steps.all()] == ["found_and_fixed"]


def test_found_and_fixed_lies_in_the_worker_s_own_grid(county: Scene, now: datetime) -> None:
    assert fixed(county, now, at=None).grid_path == "/001/003/g1001/"
    with pytest.raises(Refused, match="不在您的网格内"):
        fixed(county, now, at=IN_GRID_B)
    with pytest.raises(Refused):
        fixed(county, now, at=None, place=county.places["other_community"].id)
    for other in ("community_clerk", "resident", "leader", "stranger"):
        with pytest.raises(NotAllowed):
            fixed(county, now, by=other)
    with pytest.raises(Refused):
        fixed(county, now, result=" ")
    assert Case.objects.count() == 1


def test_found_and_fixed_sent_twice_is_one(county: Scene, now: datetime) -> None:
    key = uuid7()
    assert fixed(county, now, client_id=key).id == fixed(county, now, client_id=key).id
