"""The books proved: random histories keep every sum, and whatever is tampered with is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, Hold, Transfer
from mulin.kernel.county import all_counties
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from tests.conftest import as_owner
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, issued, make_bank

PEOPLE = ("resident", "other_resident", "rider", "merchant")


@pytest.fixture(autouse=True)
def heads(settings: Any, tmp_path: Path) -> Path:
    settings.HEADS_ROOT = tmp_path / "heads"
    return tmp_path / "heads"


def findings() -> list[str]:
    return [one.code for one in queries.check_books().findings]


# ── any history ─────

who = st.integers(0, len(PEOPLE) - 1)
amounts = st.integers(1, 25)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), who, st.integers(0, 60)),
        st.tuples(st.just("give"), who, who, amounts),
        st.tuples(st.just("hold"), who, amounts),
        st.tuples(st.just("post"), st.integers(0, 9)),
        st.tuples(st.just("void"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("reverse"), st.integers(0, 30)),
        st.tuples(st.just("close"), who, st.one_of(st.none(), who)),
        st.tuples(st.just("open"), who),
        st.tuples(st.just("pass"), st.integers(1, 120)),
        st.tuples(st.just("again"), st.integers(0, 30)),
    ),
    max_size=30,
)


class Story:
    """A bank to which anything may happen; what the product refuses is refused, and nothing else may go wrong."""

    def __init__(self, bank: Bank) -> None:
        self.bank, self.now = bank, bank.now
        self.owners = [queries.person(bank.scene.persons[name].id) for name in PEOPLE]
        self.done: list[tuple[Any, dict[str, Any], Any]] = []
        for owner in self.owners[2:]:
            actions.issue(by=bank.by, now=self.now, owner=owner, path=PLACE)

    def do(self, act: Any, **told: Any) -> None:
        told = {"by": self.bank.by, "now": self.now} | told
        try:
            with transaction.atomic():
                self.done.append((act, told, act(**told)))
        except Refused:
            return

    def step(self, name: str, *told: Any) -> None:
        key = str(uuid7())
        if name == "earn":
            day = (self.now - timedelta(days=told[1])).date()
            self.do(
                actions.earn, person=self.owners[told[0]].id, rule_code="help", key=key, done_on=day, story="帮忙",
                subject=("aid_act", UUID(int=1)), community_path=PLACE,
                confirmed_by=self.bank.scene.persons["community_clerk"].id,
            )  # fmt: skip
        elif name == "give":
            self.do(
                actions.give, owner=self.owners[told[0]], to=self.owners[told[1]], amount=told[2], key=key
            )
        elif name == "hold":
            until = self.now + timedelta(days=40)
            self.do(
                actions.hold, owner=self.owners[told[0]], amount=told[1], key=key, expires_at=until, story="",
                subject=("order", UUID(int=2)),
            )  # fmt: skip
        elif name in ("post", "void") and (holds := list(Hold.objects.order_by("id"))):
            more = {"key": key} if name == "post" else {"at_fault": told[1]}
            self.do(getattr(actions, name), hold=holds[told[0] % len(holds)].id, **more)
        elif name == "reverse":
            made = list(Transfer.objects.order_by("id").values_list("id", flat=True))
            self.do(actions.reverse, transfer=made[told[0] % len(made)], why="更正", key=key)
        elif name == "close":
            to = None if told[1] is None else self.owners[told[1]]
            self.do(actions.close, owner=self.owners[told[0]], to=to, key=key)
        elif name == "open":
            self.do(actions.issue, owner=self.owners[told[0]], path=PLACE)
        elif name == "pass":
            self.now += timedelta(days=told[0])
            for act in (actions.end_holds, actions.warn_due, actions.expire_due):
                act(now=self.now)
        elif name == "again" and self.done:
            act, asked, before = self.done[told[0] % len(self.done)]
            if act in (actions.earn, actions.give, actions.reverse):
                assert act(**asked) == before, "the same key is told the same"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=steps)
def test_no_history_makes_or_loses_a_point(county: Scene, now: datetime, history: list[Any]) -> None:
    mark = transaction.savepoint()
    try:
        story = Story(make_bank(county, now, budget=120, per_day=3))
        for one in history:
            story.step(*one)
        assert queries.check_books().findings == []
        actions.seal(now=story.now)
        verdict = queries.check_books()
        assert (verdict.findings, verdict.unsealed) == ([], 0)
        assert sum(verdict.points.values()) == 0
        assert issued() == 120
    finally:
        transaction.savepoint_rollback(mark)
        import shutil as files

        from django.conf import settings as conf

        files.rmtree(conf.HEADS_ROOT, ignore_errors=True)


# ── tampering ─────


@pytest.fixture
def busy(bank: Bank) -> Iterator[Bank]:
    """Points earned, given, held, redeemed; sealed."""
    for _turn in range(3):
        bank.earn(bank.one)
    actions.give(by=bank.by, now=bank.now, owner=bank.one, to=bank.other, amount=12, key="g", story="谢谢")
    row = bank.hold(bank.one, 5)
    actions.post(by=bank.by, now=bank.now, hold=row.id, key="p")
    bank.hold(bank.one, 2)
    actions.seal(now=bank.now)
    assert findings() == []
    yield bank


def forge(*statements: str) -> None:
    """As somebody with the owner's rights would."""
    with as_owner(), all_counties(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for one in statements:
            cursor.execute(one)


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        ("transfer_unbalanced", "UPDATE points_entry SET delta = delta + 1 WHERE number IS NULL"),
        ("account_balance", "UPDATE points_account SET balance = balance + 1 WHERE kind = 'person'"),
        ("system_balance", "UPDATE points_account SET balance = balance + 1 WHERE kind = 'issuer'"),
        ("account_lots", "UPDATE points_lot SET remaining = remaining + 1, spent = false"),
        ("lot_moves", "UPDATE points_lot SET remaining = remaining + 1, spent = false"),
        ("running_balance", "UPDATE points_entry SET balance_after = balance_after + 1 WHERE number = 1"),
        ("lot_pins", "UPDATE points_hold SET state = 'void', ended_at = made_at WHERE state = 'open'"),
        ("transfer_amount", "UPDATE points_transfer SET amount = amount + 1 WHERE kind = 'give'"),
        ("transfer_kind", "UPDATE points_transfer SET kind = 'expire' WHERE kind = 'give'"),
        ("act_points", "UPDATE points_act SET points = 3"),
        ("act_version", "UPDATE points_act SET done_on = done_on - 1"),
        ("words_changed", "UPDATE points_words SET story = '别的'"),
        ("words_unexplained", "UPDATE points_words SET story = '', salt = '', evidence = '{}'"),
        ("words_missing", "DELETE FROM points_words"),
        ("transfer_changed", "UPDATE points_transfer SET at = at + interval '1 second' WHERE kind = 'give'"),
        ("transfer_changed", "UPDATE points_lot SET expires_on = expires_on + 400"),
    ],
)
def test_whatever_is_changed_is_found(busy: Bank, code: str, statement: str) -> None:
    forge(statement)
    assert code in findings()


def test_a_paired_tamper_that_keeps_every_sum_is_found_by_the_chain(busy: Bank) -> None:
    one, other = (Account.objects.get(owner=owner.id).id for owner in (busy.one, busy.other))
    forge(
        f"UPDATE points_account SET path = CASE id WHEN '{one}' THEN '/x/' ELSE '/y/' END WHERE kind = 'person'",
        f"UPDATE points_account SET owner = CASE id WHEN '{one}' THEN '{uuid7()}'::uuid ELSE owner END",
    )
    assert findings() == [], "whose an account is lies outside the ledger"
    forge("UPDATE points_transfer SET subject_id = gen_random_uuid() WHERE kind = 'redeem'")
    assert findings() == ["transfer_changed"]
    assert other != one


def test_two_entries_exchanged_keep_every_sum_and_are_found(bank: Bank) -> None:
    bank.earn(bank.one)
    bank.earn(bank.other)
    actions.seal(now=bank.now)
    told = list(Transfer.objects.filter(kind="earn").order_by("id").values_list("id", flat=True))
    first, second = told
    forge(
        f"UPDATE points_entry SET transfer_id = CASE transfer_id WHEN '{first}' THEN '{second}'::uuid "
        f"ELSE '{first}'::uuid END WHERE transfer_id IN ('{first}', '{second}') AND number = 1 AND delta > 0"
    )
    assert set(findings()) == {"transfer_changed"}


def test_a_deleted_newest_transfer_is_found_from_outside(busy: Bank) -> None:
    done = busy.earn(busy.one).transfer_id
    actions.seal(now=busy.now)
    key = Account.objects.get(owner=busy.one.id).id
    with as_owner(), all_counties(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM points_link WHERE transfer_id = %s", [done])
        cursor.execute("DELETE FROM points_act WHERE transfer_id = %s", [done])
        cursor.execute("DELETE FROM points_words WHERE transfer_id = %s", [done])
        cursor.execute(
            "DELETE FROM points_lotmove WHERE entry_id IN (SELECT id FROM points_entry WHERE transfer_id = %s)",
            [done],
        )
        cursor.execute(
            "UPDATE points_account a SET balance = balance - e.delta, number = a.number - 1 FROM points_entry e"
            " WHERE e.transfer_id = %s AND e.account_id = a.id",
            [done],
        )
        cursor.execute("DELETE FROM points_entry WHERE transfer_id = %s", [done])
        cursor.execute("UPDATE points_lot SET remaining = remaining - 10 WHERE account_id = %s", [key])
        cursor.execute("DELETE FROM points_transfer WHERE id = %s", [done])
    assert findings() == ["newest_missing"]


def test_the_command_names_what_is_wrong_and_ends_with_1(busy: Bank) -> None:
    out = StringIO()
    call_command("check_books", county=COUNTY, stdout=out)
    assert "ok: 6 transfers, 6 sealed" in out.getvalue()
    forge("UPDATE points_transfer SET amount = amount + 1 WHERE kind = 'give'")
    key = Transfer.objects.get(kind="give").id
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("check_books", county=COUNTY, stdout=out)
    assert caught.value.returncode == 1
    assert f"transfer_amount: {key}" in out.getvalue()


def test_sealing_twice_changes_nothing(busy: Bank) -> None:
    assert actions.seal(now=busy.now) == 0
    assert findings() == []


def test_bean_check_accepts_the_export(busy: Bank, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    call_command("export_books", county=COUNTY, output=file)
    text = file.read_text()
    check = Path(sys.executable).parent / "bean-check"
    done = subprocess.run([str(check), str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    file.write_text(text.replace("  12 POINTS", "  13 POINTS", 1))
    assert subprocess.run([str(check), str(file)], capture_output=True, check=False).returncode == 1
    assert shutil.which(str(check))
