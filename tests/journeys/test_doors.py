"""Every address, every method, every persona: the house answers as its policy (policy.py) is written."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from mulin.ground.files import actions as files
from mulin.ground.modes import actions as modes
from mulin.ground.orders import actions as orders
from mulin.ground.people import actions as people
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.ground.points.actions.looking import open_review
from mulin.ground.points.models import CallBack
from mulin.ground.runs import actions as background
from mulin.ground.systems import actions as systems
from mulin.ground.territory import actions as places
from mulin.ground.webhooks import actions as webhooks
from mulin.kernel.ids import token, uuid7
from mulin.readers.indicators import actions as indicators
from mulin.readers.indicators.models import MonthTable
from mulin.services.cases import actions as cases
from mulin.services.cases import queries as cases_read
from mulin.services.cases.actions import batches, exports, ledgers, routing
from mulin.services.cases.models import Case, CaseUnit
from mulin.services.cases.views.following import DEEDS
from mulin.services.catalogue import actions as catalogue
from mulin.services.catalogue.queries import Content
from mulin.services.exchange import actions as exchange
from mulin.services.exchange.models import DiscountUse as Use
from mulin.services.mutual_aid import actions as mutual_aid
from tests.exchange.between import make_between
from tests.exchange.fairs import make_fair
from tests.exchange.rounds import make_rounds
from tests.exchange.scenes import make_corner
from tests.exchange.tills import make_till
from tests.files.pictures import encoded
from tests.journeys.conftest import Enter
from tests.journeys.policy import COLUMNS, PACKAGES, WITH_A_KEY, Line, lines
from tests.patrols.scenes import today
from tests.personas import COUNTY, IN_GRID_A, IN_NO_GRID, Scene

TABLE = lines()
OUTSIDE = (
    "allauth.",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.views.generic",
)
BY_RECEIPT = {f"cases:{name}" for name in ("receipt", "rate", *DEEDS)}
GRID_C = (119.685, 41.405)


# ── the table and the resolver know the same addresses ─────


def patterns(node: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(full name, view) of every address of the resolver."""
    for one in (node or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            inner = f"{prefix}{one.namespace}:" if one.namespace else prefix
            yield from patterns(one, inner)
        elif isinstance(one, URLPattern):
            yield f"{prefix}{one.name or one.pattern}", one.callback


def module_of(view: Any) -> str:
    return str(getattr(getattr(view, "view_class", view), "__module__", ""))


def ours() -> set[str]:
    return {name for name, view in patterns() if module_of(view).startswith("mulin.")} - {"not_here"}


def test_every_address_of_ours_has_a_line_and_every_line_an_address() -> None:
    written = {line.name for line in TABLE}
    assert ours() - written == set(), "addresses without a line in the policy"
    assert written - ours() == set(), "lines of the policy without an address"


def test_no_line_is_written_twice() -> None:
    assert len({str(line) for line in TABLE}) == len(TABLE)


def test_whatever_is_not_ours_is_known_by_package() -> None:
    others = {module_of(view) for name, view in patterns() if name not in ours() | {"not_here"}}
    assert {one for one in others if not one.startswith(OUTSIDE)} == set()


# ── the things that the addresses are about ─────


@dataclass
class World:
    """One of each thing that an address can name."""

    scene: Scene
    cases: dict[str, Case]
    receipts: dict[str, str]
    files: dict[str, Any]
    run: Any
    part: Any
    batch: Any
    exported: Any
    catalogue: dict[str, Any]
    mode: Any
    pole: Any
    patrols: dict[str, Any]
    trial: Any
    papers: dict[str, Any]
    serving: dict[str, Any]
    system: Any
    passbook: Any
    webhook: Any
    asks: dict[str, Any]
    market: dict[str, Any]

    def kwargs(self, name: str, thing: str) -> dict[str, Any]:
        """What the address is made with, from the object in the policy's line."""
        plain = thing.partition("+")[0]
        key, _slash, action = plain.partition("/")
        scene = self.scene
        if name in ("cases:batch", "cases:batch_undo"):
            return {"id": self.batch if key == "batch" else uuid7()}
        if name == "cases:scan":
            return {"code": self.pole.code if key == "pole" else "x"}
        if name in ("cases:place_code", "cases:end_place_code"):
            return {"id": self.pole.id}
        if name == "cases:dues_feed":
            return {"key": token(COUNTY)}
        if name in BY_RECEIPT:
            return {"receipt": self.receipts.get(key) or token(COUNTY)}
        if name in (
            "cases:my_case",
            "cases:detail",
            "cases:work_order",
            "cases:slip",
            "cases:case_flow",
            "cases:merge",
            "cases:support",
        ):
            return {"id": self.cases[key].id}
        if name == "cases:case_flow_file":
            return {"id": self.cases[key].id, "form": "bpmn"}
        if name in ("cases:flow", "cases:flow_file"):
            return {"id": self.catalogue[key]} | ({"form": "svg"} if name == "cases:flow_file" else {})
        if name == "cases:act":
            return {"id": self.cases[key].id, "action": action}
        if name == "cases:by_part":
            return {"kind": "case_unit", "id": self.part.id if key == "part" else uuid7()}
        if name == "files:serve":
            return {"id": self.files[key].id}
        if name == "cases:import_refused":
            return {"run": self.run.id}
        if name == "cases:hotline_handed":
            return {"run": uuid7()}
        if name == "cases:import_table":
            return {"id": self.run.facts["table"] if key == "run" else uuid7()}
        if name == "runs:file":
            return {"run": self.exported}
        if name.startswith(("orders:", "mutual_aid:")) or key in self.asks:
            return self._of_asks(name, key, action)
        if key in self.patrols:
            what = {"kind": "patrol_task", "subject": self.patrols[key].id}
            return what if name == "access:why" else {"id": self.patrols[key].id}
        if name == "access:why":
            subject = {"grid": scene.grids["a"].id, "unknown": uuid7()}.get(key) or self.cases[key].id
            return {"kind": "grid" if key == "grid" else "case", "subject": subject}
        if name.startswith("catalogue:") and key:
            return {"id": self.catalogue[key]} | ({"act": action} if action else {})
        if name.startswith("cases:routing") and key:
            return {"id": self.trial.id} if key == "trial" else {"number": 1}
        if name in ("indicators:rows", "portal:open_rows"):
            return {"code": {"closed": "cases_closed"}.get(key, "no_such_figure")}
        if name == "indicators:brief_file":
            return {"form": "docx"}
        if key in self.papers:
            return {"key": self.papers[key]} | ({"form": "docx"} if name == "indicators:sent_file" else {})
        return self._ground(name, key)

    def _of_asks(self, name: str, key: str, action: str) -> dict[str, Any]:
        """Of help between neighbours; ``key`` is an ask, or whose form it is."""
        if name == "access:why":
            return {"kind": "order", "subject": self.asks[key].id}
        if key in self.asks:
            return {"id": self.asks[key].id} | ({"deed": action} if action else {})
        return ({"customer": key} if key else {}) | ({"kind": action} if action else {})

    def _served(self, door: str, key: str) -> dict[str, Any]:
        """Of what serves a place: links, teams, stations."""
        scene, known = self.scene, self.serving
        if door in ("link_department", "assign_officer"):
            return {"grid_id": scene.grids[key].id}
        if door == "staff_template":
            return {"kind": key}
        if door == "turn":
            return {"what": key, "key": known.get(key, uuid7())}
        more = {
            "team_part": {"person": scene.persons["grid_worker"].id},
            "withdraw_visit": {"visit": known["visit"]},
        }
        return {"key": known[key]} | more.get(door, {}) if key in known else {}

    def _ground(self, name: str, key: str) -> dict[str, Any]:
        scene = self.scene
        app, _colon, door = name.partition(":")
        if name == "access:grid":
            return {"grid": scene.grids[key].id}
        served = app == "territory" and self._served(door, key)
        if served:
            return served
        if key == "leave" and door in ("stand_in", "end_leave"):
            return {"key": self.serving["leave"]}
        person = {"worker": "grid_worker"}.get(key, key)
        if app == "territory" and "grid" in door and door not in ("draw_grid", "place_in_grid"):
            return {"grid_id": scene.grids[key].id} if key in scene.grids else {}
        if app == "territory":
            return {"division_id": scene.places[key].id} if key in scene.places else {}
        if app == "points" and key == "community":
            return {"key": scene.places[key].id}
        if app == "points" and door == "ask":
            return {"account": self.passbook["passbook"], "key": self.passbook[key]}
        if app == "points":
            return {"key": self.passbook[key]} if key else {}
        if app == "systems":
            return {"key": self.system.id} if key else {}
        if app == "webhooks":
            thing = {"system": {"system": self.system.id}, "webhook": {"key": self.webhook.id}}[key]
            return thing | ({"delivery": uuid7()} if door == "resend_one" else {})
        if app == "open311":
            return self._of_programs(door)
        if app == "hotline":
            return {"order": {"number": "JP1"}, "elsewhere": {"rest": "v1/nowhere"}}.get(door, {})
        if app == "api":
            return self._of_api(door)
        if app == "exchange":
            return {"id": self.market.get(key, uuid7())} if key else {}
        if app == "modes":
            return {"mode_id": self.mode.id} if key else {}
        if door in ("unit", "change_unit", "end_unit"):
            return {"key": scene.units["department"].id}
        if door == "leave":
            return {"key": scene.persons[person].id, "unit": scene.units["department"].id}
        if app == "people":
            return {"key": scene.persons[person].id} if key else {}
        if door in ("give", "account"):
            return {"person": scene.persons[person].id}
        if door == "end":
            return {"grant": scene.actors[person].held[0].grant}
        return {}

    def _of_programs(self, door: str) -> dict[str, Any]:
        if door == "elsewhere":
            return {"rest": "v2/nowhere.json"}
        number = {"number": self.cases["case"].number}
        more = {"service": {"code": "other"}, "request": number, "token": number}
        return {"form": "json"} | more.get(door, {})

    def _of_api(self, door: str) -> dict[str, Any]:
        if door == "elsewhere":
            return {"rest": "nowhere"}
        if door in (
            "openapi",
            "docs",
            "categories",
            "matters",
            "places",
            "grids",
            "me",
            "cases",
            "indicators",
        ):
            return {}
        number = {"number": self.cases["given"].number}
        return number | ({"photo": uuid7()} if door == "photo" else {})

    def url(self, line: Line) -> str:
        """The address, with the question behind it."""
        plain = reverse(line.name, kwargs=self.kwargs(line.name, line.thing))
        if line.name == "territory:export_grids":
            return plain + "?under=" + {"county": "/"}.get(line.thing, "/001/003/")
        if line.thing.endswith("receipt"):
            return f"{plain}?receipt={self.receipts['case'] if line.thing.endswith('+receipt') else token(COUNTY)}"
        return plain

    def body(self, line: Line) -> str:
        """What is sent: the word behind the plus, else a form in which nothing was filled in."""
        told = {"reset": "action=reset", "leader": f"role=leader&division={self.scene.places['root'].id}"}
        return told.get(line.thing.partition("+")[2], "sent=1") if line.method == "POST" else ""


def reported(scene: Scene, who: str, at: tuple[float, float], now: datetime, **more: Any) -> cases.Reported:
    return cases.report(
        by=scene.actors[who],
        now=now,
        client_id=uuid7(),
        text="路灯不亮了",
        lon=at[0],
        lat=at[1],
        source="resident",
        **more,
    )


@pytest.fixture
def world(county: Scene, morning: datetime) -> World:
    found = reported(
        county, "resident", IN_GRID_A, morning, phone=county.phones["resident"], photos=[encoded()]
    )
    elsewhere = reported(county, "other_resident", GRID_C, morning, photos=[encoded(kind="PNG")])
    given = reported(county, "other_resident", IN_NO_GRID, morning)
    cases.dispatch(
        case=given.case,
        level="county",
        unit=county.units["department"].id,
        by=county.county_clerk,
        now=morning,
        version=None,
    )
    part = CaseUnit.objects.get(case=given.case, until=None)
    finished = reported(county, "resident", IN_GRID_A, morning)
    done = finished.case
    worker = county.grid_worker
    done = cases.take_up(case=done, by=worker, now=morning, version=None)
    done = cases.dispose(case=done, by=worker, now=morning, version=None, result="换了灯泡", photos=())
    asked, refused = (reported(county, "resident", IN_GRID_A, morning) for _one in range(2))
    cases.ask(case=asked.case, question="哪一盏？", by=worker, now=morning, version=None)
    cases.refuse(
        case=refused.case, reason="不归县里", where="12345", by=county.street_clerk, now=morning, version=None
    )
    merged = reported(county, "resident", IN_GRID_A, morning).case
    cases.merge_into(case=merged, number=found.case.number, by=county.street_clerk, now=morning, version=None)
    things = {"asked": asked.case, "refused": refused.case, "merged": merged} | {
        "case": found.case,
        "elsewhere": elsewhere.case,
        "given": given.case,
        "done": done,
    }
    shown = {key: next(iter(cases_read.photos_of(things[key].id))) for key in ("case", "elsewhere")}
    kept = {key: type("Kept", (), {"id": shown[key]}) for key in shown}
    kept["upload"] = files.store(
        upload=encoded(kind="PNG"), purpose="report", by=county.resident, now=morning
    )
    table = ledgers.keep_table(
        upload=SimpleUploadedFile("messages.csv", "留言编号,留言时间,留言详情\n7,no time,x\n".encode()),
        by=county.county_clerk, now=morning,
    )  # fmt: skip
    headers = {"number": "留言编号", "reported_at": "留言时间", "text": "留言详情"}
    run = ledgers.ask_for_import(
        table=table.id, mapping=headers, by=county.county_clerk, now=morning, dry_run=False
    )
    background.perform(run=run.id, clock=lambda: morning)
    exported = exports.ask_for_list(by=county.community_clerk, now=morning, narrowed=cases_read.Filters())
    background.perform(run=exported, clock=lambda: morning)
    extra = reported(county, "resident", IN_GRID_A, morning).case
    batch = batches.act_on_many(
        act="accept", cases=[(extra.id, extra.version)], told={}, by=county.community_clerk, now=morning,
        clock=lambda: morning, client_id=uuid7(),
    )  # fmt: skip
    mode = modes.declare(
        path="/001/",
        stage="alert",
        title="暴雪",
        basis="预案",
        ends_at=morning + timedelta(days=1),
        by=county.street_clerk,
        now=morning,
    )
    return World(
        county,
        things,
        {"case": found.receipt, "asked": asked.receipt, "refused": refused.receipt, "done": finished.receipt},
        kept,
        run,
        part,
        batch.id,
        exported,
        listed(county, morning),
        mode,
        cases.make_code(
            label="3号楼东门", place=county.places["compound"].id, by=county.community_clerk, now=morning
        ),
        _patrols(county, morning),
        _rule(county, morning),
        _papers(county, morning),
        _serving(county, morning),
        system := _system(county, morning),
        _passbook(county, morning),
        _webhook(system, county, morning),
        _asks(county, morning),
        _market(county, morning),
    )


def _webhook(system: Any, scene: Scene, now: datetime) -> Any:
    with override_settings(WEBHOOKS_PRIVATE=True):
        told = {"url": "http://127.0.0.1:9/", "events": ["case.closed"], "by": scene.admin, "now": now}
        return webhooks.subscribe(system=system.id, **told)[0]


def _asks(scene: Scene, now: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {"by": scene.resident, "now": now, "place": scene.places["compound"].id}
    by, found = scene.community_clerk, {}
    for key, kind in (
        ("asked_help", "help.parcel"),
        ("hall", "help.phone"),
        ("helped", "help.lift"),
        ("wished", "wish.thing"),
    ):
        found[key] = orders.ask(kind=kind, client_id=uuid7(), **told)
    for key in ("hall", "helped"):
        orders.approve(order=found[key].id, by=by, now=now)
    orders.claim(order=found["helped"].id, by=scene.other_resident, now=now)
    checked = mutual_aid.check(
        phone=scene.phones["rider"],
        kind="child_care",
        evidence="record",
        valid_until=date(2027, 1, 1),
        by=by,
        now=now,
    )
    return found | {"checked": checked}


def _system(scene: Scene, now: datetime) -> Any:
    told = {"purpose": "转来问题", "scopes": ["system_report"], "per_minute": 60}
    return systems.open_system(name="城管平台", **told, by=scene.admin, now=now)[0]


def _passbook(scene: Scene, now: datetime) -> Any:
    owner = points_read.person(scene.persons["resident"].id)
    place, by = "/001/003/", scene.community_clerk
    book = points.issue(by=by, now=now, owner=owner, path=place).id
    told: dict[str, Any] = {"name": "代取快递", "points": 5, "effective_on": now.date()}
    points.publish_rule(by=scene.admin, now=now, code="errand", **told)
    points.grant_budget(
        by=scene.admin,
        now=now,
        path=place,
        division=scene.places["community"].id,
        amount=9,
        note="年度",
        key="b",
    )
    act = points.earn(
        by=by, now=now, rule_code="errand", key="e", done_on=now.date(), subject=("passbook", book), story="快递",
        community_path=place, confirmed_by=scene.persons["community_clerk"].id, person=owner.id,
    )  # fmt: skip
    file = io.BytesIO("姓名,手机号,积分\n王秀英,,7\n".encode())
    old = points.propose_opening(
        by=by, now=now, file=file, name="old.csv", path=place, source="纸质存折",
        expires_on=now.date() + timedelta(days=300),
    )  # fmt: skip
    return {"passbook": book, "entry": act.transfer_id, "old": old.id} | _fairness(scene, now, book)


def _fairness(scene: Scene, now: datetime, book: UUID) -> dict[str, Any]:
    """An act that the grid worker confirmed and that is asked about, looked at and asked back about."""
    worker, day, place = scene.persons["grid_worker"].id, now.date(), "/001/003/"
    act = points.earn(
        by=scene.grid_worker, now=now, rule_code="errand", key="f", done_on=day, subject=("passbook", book), story="快递",
        community_path=place, confirmed_by=worker, person=scene.persons["resident"].id,
    ).transfer_id  # fmt: skip
    assert act is not None
    asked = points.ask(by=scene.resident, now=now, account=book, transfer=act, words="为什么没有积分")
    row = open_review(
        key="doors", kind="callback", transfers=[act], concerned=[worker, scene.persons["resident"].id],
        paths={place}, since=day, until=day, by=scene.admin, now=now,
    )  # fmt: skip
    called = CallBack.objects.create(
        transfer_id=act, account_path=place, month=day.replace(day=1), path=place, role="community_clerk",
        drawn_at=now, due_at=now,
    )  # fmt: skip
    decided = open_review(
        key="decided", kind="callback", transfers=[act], concerned=[scene.persons["resident"].id], paths={place},
        since=day, until=day, by=scene.admin, now=now,
    )  # fmt: skip
    points.decide_review(by=scene.community_clerk, now=now, review=decided.id, wrong=True, words="没有这件事")
    plea = points.plead(by=scene.resident, now=now, review=decided.id, words="有的")
    return {"question": asked.id, "review": row.id, "callback": called.id, "plea": plea.id}


def _market(scene: Scene, now: datetime) -> dict[str, Any]:
    """A shop, a good on its shelf, a redemption; merchants with a month, a till, a slip to judge."""
    corner = make_corner(scene, now)
    found = {"shop": corner.shop.id, "good": corner.rice.id, "reserved": corner.reserve().id}
    fair = make_fair(scene, now)
    last_month = now - timedelta(days=40)
    fair.check(fair.code("other_resident"))
    Use.objects.update(at=last_month, local_day=last_month.date())
    exchange.draw_up(now=last_month + timedelta(days=31))
    till = make_till(scene, now)
    found |= {"till": till.shop.id, "alliance": till.alliance.id, "taken": till.paper().id}
    slip, judged = (till.slip(done_at=now - timedelta(days=9)).id for _one in range(2))
    exchange.judge(taking=judged, pay=True, words="问过了", by=scene.community_clerk, now=now)
    found |= {"slip": slip, "repaid": _repaid(scene, till.alliance.id, now)}
    return (
        found
        | {"hairdresser": fair.hair.id, "month": fair.hair.statements.get().id}
        | make_rounds(scene, now)
        | make_between(scene, now)
    )


def _repaid(scene: Scene, alliance: UUID, now: datetime) -> UUID:
    """What the owner of a shop says that its alliance made good."""
    key: UUID = exchange.propose_repayment(
        alliance=alliance, points=3, means="goods", words="鸡蛋", done_on=now.date(), key="repaid", by=scene.merchant,
        now=now,
    ).id  # fmt: skip
    return key


def _serving(scene: Scene, now: datetime) -> dict[str, Any]:
    """A team, a link, a station with a posting and a visit, a leave."""
    by, on = scene.county_clerk, now.date()
    other = scene.units["other_department"].id
    unit, place, worker = scene.units["department"].id, scene.places["community"].id, scene.grid_worker
    station = places.add_station(division=place, by=by, now=now)
    places.post_to_station(station=station.id, person=worker.person, on=on, by=by, now=now)
    days = {"first_day": on + timedelta(days=3), "last_day": on + timedelta(days=4)}
    return {
        "department": unit,
        "team": people.add_team(name="城管分队", home=other, by=by, now=now).id,
        "link": places.link_department(organisation=unit, grid=scene.grids["a"].id, on=on, by=by, now=now).id,
        "station": station.id,
        "visit": places.write_visit(station=station.id, day=on, done="接待", by=worker, now=now).id,
        "leave": people.enter_leave(person=worker.person, reason="annual", by=worker, now=now, **days).id,
    }


def _rule(scene: Scene, now: datetime) -> Any:
    """A rule of the county in force; the trial of its end."""
    by, content = scene.county_clerk, cases_read.Content(cases_read.Scope("/"), cases_read.Target("street"))
    made = routing.try_rules(changes=[(None, content)], by=by, now=now)
    saved = routing.save_trial(trial=made.id, by=by, now=now)
    return routing.try_rules(changes=[(saved[0].rule_id, None)], by=by, now=now)


def _papers(scene: Scene, now: datetime) -> dict[str, Any]:
    """A brief sent up, a monthly table, a baseline: all of a month long gone, so that sending up last month's still works."""
    start, end = date(2026, 5, 1), date(2026, 6, 1)
    sent = indicators.send_up(
        path="/001/003/", unit=None, start=start, end=end, by=scene.community_clerk, now=now
    )
    table = MonthTable.objects.create(first=start, path="/001/003/", name="双虹社区", rows=[], made_at=now)
    base = indicators.set_baseline(
        code="response_hours_median", path="/", kind="computed", starts_on=start, ends_on=end,
        by=scene.county_clerk, now=now,
    )  # fmt: skip
    return {"briefed": sent.id, "tabled": table.id, "based": base.id}


def listed(scene: Scene, now: datetime) -> dict[str, Any]:
    """The catalogue's things, by the word in the policy's line."""
    by, street = scene.county_clerk, scene.places["street"].id
    category = catalogue.add_category(code="test", name="试一类", by=by, now=now)
    what = {"category": category.id, "by": by, "now": now}
    made = catalogue.draft_type(code="T01", content=Content("一项", "grid"), **what)
    catalogue.publish(version=made.id, by=by, now=now)
    draft = catalogue.draft_type(code="T02", content=Content("另一项", "grid"), **what)
    asked = catalogue.apply(
        unit=scene.units["department"].id, category=category.id, name="求准入", description="做什么",
        reason="为什么", level="grid", by=scene.department, now=now,
    )  # fmt: skip
    for _version in range(2):
        mandate = catalogue.save_mandate(division=street, duties=[catalogue.Duty("一事")], by=by, now=now)
        if _version == 0:
            catalogue.publish_mandate(mandate=mandate.id, by=by, now=now)
    return {
        "listed": made.matter_type_id,
        "drafted": draft.matter_type_id,
        "admission": asked.id,
        "street": street,
        "other_street": scene.places["other_street"].id,
    }


def _patrols(county: Scene, morning: datetime) -> dict[str, Any]:
    walk = today(county, morning)
    unit, place = county.units["department"].id, county.places["other_community"].id
    round_ = today(county, morning, by=county.department, walker="unit", unit=unit, divisions=(place,))
    return {"walk": walk, "round": round_, "route": walk.plan}


# ── walking ─────


class _Undone(Exception):
    pass


def ask(client: Client, method: str, url: str, body: str = "") -> int:
    """The status; whatever the request wrote is taken back."""
    status = 0
    try:
        with transaction.atomic():
            answer = client.generic(method, url, body, content_type="application/x-www-form-urlencoded")
            status = answer.status_code
            if answer.streaming:
                b"".join(answer.streaming_content)  # read to the end: its file is closed
            raise _Undone
    except _Undone:
        pass
    return status


SECTIONS = list(dict.fromkeys(line.section for line in TABLE))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_house_answers_as_written(section: str, world: World, enter: Enter) -> None:
    clients = {who: enter(who) for who in COLUMNS.values()}
    wrong = []
    for line in (one for one in TABLE if one.section == section):
        url, body = world.url(line), world.body(line)
        found = {who: ask(client, line.method, url, body) for who, client in clients.items()}
        wrong += [
            f"{line} {who}: {found[who]}, not {line.statuses[who]}"
            for who in found
            if found[who] != line.statuses[who]
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", ["stranger", "resident", "admin"])
def test_a_head_request_is_answered_like_a_get(who: str, world: World, enter: Enter) -> None:
    client = enter(who)
    wrong = {}
    for line in TABLE:
        if line.method == "GET" and (found := ask(client, "HEAD", world.url(line))) != line.statuses[who]:
            wrong[str(line)] = found
    assert wrong == {}


def test_a_method_without_a_line_does_not_exist(world: World, enter: Enter) -> None:
    client, wrong = enter("admin"), {}
    written = {(line.name, line.method) for line in TABLE}
    for line in {one.name: one for one in TABLE}.values():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if (line.name, method) not in written and (found := ask(client, method, world.url(line))) != 405:
                wrong[f"{line.name} {method}"] = found
    assert wrong == {}


def test_a_form_without_its_token_is_refused(world: World, enter: Enter) -> None:
    client = enter("admin", enforce_csrf_checks=True)
    without_token = {
        "portal:preferences",
        "cases:progress",
        "open311:elsewhere",
        "open311:requests",
        "hotline:elsewhere",
        "hotline:messages",
    }  # they change nothing and look the same to everybody, or ask for a key: no session stands behind them
    wrong = {}
    for line in TABLE:
        if (
            line.method == "POST"
            and line.name not in without_token
            and not line.name.startswith("api:")  # asks for a key
            and (found := ask(client, "POST", world.url(line))) != 403
        ):
            wrong[str(line)] = found
    assert wrong == {}


# ── before anything else: sign in, bring a second factor ─────


def test_below_the_desk_a_visitor_cannot_tell_what_exists(
    client: Client, county: Scene, morning: datetime
) -> None:
    for path in ("/desk/", "/desk/nowhere/", f"/desk/cases/{uuid7()}/", "/admin/", "/admin/nowhere/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (
            302,
            reverse("account_login"),
        ), path


def test_a_colleague_without_a_second_factor_is_led_to_it_from_everywhere(world: World, enter: Enter) -> None:
    client = enter("grid_worker")
    session = client.session
    del session["second_factor"]
    session.save()
    open_all_the_same = {"portal:healthz", "portal:preferences", "healthz", "cases:dues_feed"}
    for line in TABLE:
        of_programs = line.name.startswith(("open311:", "hotline:", "api:")) and line.name != "api:docs"
        if line.name in open_all_the_same or of_programs:
            continue
        answer = client.generic(line.method, world.url(line), world.body(line))
        assert (answer.status_code, answer.get("Location")) == (302, reverse("mfa_activate_totp")), str(line)


# ── what other packages bring ─────


def test_the_pages_of_signing_in(county: Scene, enter: Enter) -> None:
    rows = [raw.partition("#")[0].split() for raw in PACKAGES.strip().splitlines()[1:]]
    walked = {name for name, _view in patterns() if name.startswith(("account_", "mfa_"))}
    assert walked - WITH_A_KEY == {row[0] for row in rows}
    clients = [enter(who) for who in ("stranger", "resident", "grid_worker")]
    for name, method, *statuses in rows:
        assert [ask(client, method, reverse(name)) for client in clients] == [int(one) for one in statuses], (
            name
        )


def test_nobody_opens_an_account_for_himself(client: Client, county: Scene, morning: datetime) -> None:
    before = get_user_model().objects.count()
    told = {"username": "newcomer", "password1": "Zebra-4711-x", "password2": "Zebra-4711-x"}
    assert "form" not in (client.post(reverse("account_signup"), told).context or {})
    assert get_user_model().objects.count() == before


def lists_of_the_administration() -> list[str]:
    return [f"admin:{one._meta.app_label}_{one._meta.model_name}_changelist" for one in admin.site._registry]


@pytest.mark.parametrize("who", ["neighbour_admin", "resident", "grid_worker", "leader", "admin"])
def test_the_administration_is_shut_even_for_the_countys_administrator(
    who: str, county: Scene, enter: Enter
) -> None:
    client = enter(who)
    for name in ("admin:index", *lists_of_the_administration()):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("admin:login")), (
            name
        )
    assert client.get(reverse("admin:login")).status_code == 403


def test_the_operator_looks_and_changes_nothing(county: Scene, enter: Enter) -> None:
    client = enter("superuser")
    for name in lists_of_the_administration():
        assert client.get(reverse(name)).status_code == 200, name
        assert ask(client, "POST", reverse(name.replace("changelist", "add")), "name=x") == 403, name
    person = county.persons["resident"].id
    for verb in ("change", "delete"):
        assert ask(client, "POST", reverse(f"admin:people_person_{verb}", args=[person]), "post=yes") == 403
