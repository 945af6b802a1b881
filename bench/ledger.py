"""Transfers per second through ``points.actions`` beside pgbench's TPC-B-like on the same server; a passbook's page; a
night's lapses.

python -m bench.ledger [--accounts 100000] [--seconds 10] [--entries 10000000] [--lots 400000]

Each transfer is a gift of 1 to 9 points from and to accounts drawn by Zipf, with its own commit, a fresh key and FIFO lots.
Prints JSON lines; durability settings are those of a county's server. Aims: at least 0.8 of TPC-B-like at 1 and 4 clients; a
page of a passbook among 10,000,000 entries under 20 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import time
from bisect import bisect
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

from bench.house import COUNTY, county
from mulin.config import embedded, postgres

CLIENTS = (1, 4)
LOTS = 4
SCALE = 10
"""Of pgbench: as many branches, each a million rows of a tenth: 1,000,000 accounts."""


def fill(owner: Any, accounts: int) -> None:
    """Passbooks of persons with 100,000 points each, from an opening transfer, in LOTS lots: books that check."""
    run = owner.execute
    run("SET synchronous_commit = off")
    run(
        f"""CREATE UNLOGGED TABLE bench_book AS SELECT n, gen_random_uuid() AS account, gen_random_uuid() AS owner,
            gen_random_uuid() AS transfer, gen_random_uuid() AS entry FROM generate_series(1, {accounts}) n"""
    )
    run(
        f"""INSERT INTO points_account (county_id, id, kind, owner, drawer, path, balance, held, number, opened_at)
            SELECT {COUNTY}, account, 'person', owner, 0, '/001/003/', 100000, 0, 1, now() FROM bench_book"""
    )
    run(
        f"""INSERT INTO points_transfer (county_id, id, kind, key, body, amount, at, local_day, program, subject_kind,
                digest) SELECT {COUNTY}, transfer, 'opening', 'bench:' || n, '', 100000, now(), current_date, 'bench', '', ''
            FROM bench_book"""
    )
    run(
        f"""INSERT INTO points_entry (county_id, id, transfer_id, account_id, delta, number, balance_after)
            SELECT {COUNTY}, entry, transfer, account, 100000, 1, 100000 FROM bench_book
            UNION ALL SELECT {COUNTY}, gen_random_uuid(), transfer, %s, -100000, NULL, NULL FROM bench_book""",
        [_opening()],
    )
    run(
        f"""INSERT INTO points_lot (county_id, id, account_id, expires_on, remaining, held, spent)
            SELECT {COUNTY}, gen_random_uuid(), account, current_date + 60 + 30 * m, {100_000 // LOTS}, 0, false
            FROM bench_book, generate_series(1, {LOTS}) m"""
    )
    run(
        f"""INSERT INTO points_lotmove (county_id, id, entry_id, lot_id, amount)
            SELECT {COUNTY}, gen_random_uuid(), b.entry, l.id, l.remaining FROM bench_book b
            JOIN points_lot l ON l.account_id = b.account"""
    )
    run("ANALYZE")


def _opening() -> UUID:
    from mulin.ground.points.rules import system_id

    return system_id(COUNTY, "opening")


def _ready(url: str) -> None:
    """Django in this process, as the web role."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "mulin.config.settings", "MULIN_DATABASE_ROLE": "web"}
    os.environ["MULIN_DATABASE_URL"] = url
    import django

    django.setup()


def _give(told: tuple[str, str, int, float, list[UUID]]) -> tuple[int, float]:
    """How many gifts one client made in its seconds, and in how many."""
    url, home, client, seconds, owners = told
    os.environ["MULIN_HOME"] = home
    _ready(url)
    from mulin.ground.points import actions, queries
    from mulin.kernel import clock
    from mulin.kernel.actor import Actor
    from mulin.kernel.county import county_scope

    rng = random.Random(client)
    weights = list(accumulate(1 / place for place in range(1, len(owners) + 1)))

    def draw() -> UUID:
        return owners[bisect(weights, rng.random() * weights[-1])]

    done, now = 0, clock.now()
    with county_scope(COUNTY):
        begun = time.perf_counter()
        while (spent := time.perf_counter() - begun) < seconds:
            giver, taker = draw(), draw()
            if giver == taker:
                continue
            actions.give(
                by=Actor(county=COUNTY, person=giver), now=now, owner=queries.person(giver), to=queries.person(taker),
                amount=rng.randint(1, 9), key=f"{client}:{seconds}:{done}:{begun}",
            )  # fmt: skip
            done += 1
    return done, spent


def pgbench_program() -> Path:
    """pgbench of the embedded server's own version."""
    return postgres.binaries(embedded.DEFAULT_VERSION) / "pgbench"


def _pgbench(server: embedded.Server, clients: int, seconds: float) -> float:
    """Transactions per second of TPC-B-like, made ready before."""
    tool = pgbench_program()
    words = [
        str(tool),
        "-n",
        "-c",
        str(clients),
        "-j",
        str(clients),
        "-T",
        str(int(seconds)),
        server.owner_url,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout)
    return float(found[1])


def race(home: Path, server: embedded.Server, seconds: float, owners: list[UUID]) -> None:
    """Ours and theirs by turns, at each number of clients."""
    tool = pgbench_program()
    subprocess.run(
        [str(tool), "-i", "-q", "-s", str(SCALE), server.owner_url], capture_output=True, check=True
    )
    with psycopg.connect(server.owner_url) as connection:
        names = (
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "wal_sync_method",
            "shared_buffers",
        )
        kept = {name: (connection.execute(f"SHOW {name}").fetchone() or ("",))[0] for name in names}
    for clients in CLIENTS:
        with ProcessPoolExecutor(clients) as pool:
            work = [(server.web_url, str(home), client, 2.0, owners) for client in range(clients)]
            list(pool.map(_give, work))  # warm
            work = [(url, place, client, seconds, owners) for url, place, client, _s, owners in work]
            ours = sum(done / spent for done, spent in pool.map(_give, work))
        theirs = _pgbench(server, clients, seconds)
        told = {
            "bench": "ledger", "clients": clients, "accounts": len(owners), "gifts_per_second": round(ours, 1),
            "tpcb_per_second": round(theirs, 1), "ratio": round(ours / theirs, 3), "load": os.getloadavg()[0], **kept,
        }  # fmt: skip
        print(json.dumps(told), flush=True)


@contextmanager
def _bare(owner: Any, table: str) -> Iterator[None]:
    """A table without constraints and indexes while it is filled; afterwards it has the same again."""
    kept = owner.execute(
        """SELECT conname, pg_get_constraintdef(oid), conindid::regclass::text FROM pg_constraint
           WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f') ORDER BY contype = 'f'""",
        [table],
    ).fetchall()
    owned = [index for _name, _words, index in kept]
    indexes = owner.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
           WHERE indrelid = %s::regclass AND NOT indexrelid::regclass::text = ANY(%s)""",
        [table, owned],
    ).fetchall()
    for name, _words, _index in reversed(kept):
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    for index, _words in indexes:
        owner.execute(f"DROP INDEX {index}")
    yield
    owner.execute("SET maintenance_work_mem = '512MB'")
    for _index, words in indexes:
        owner.execute(words)
    for name, words, _index in kept:
        late = " NOT VALID" if words.startswith("FOREIGN") else ""
        owner.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {words}{late}')


def page(owner: Any, entries: int) -> None:
    """Everything that the database does for a passbook's page: the newest lines and pages further back, of a passbook with
    10,000 lines among so many entries."""
    from django.db import connection

    from mulin.ground.people import actions as people
    from mulin.ground.points import queries
    from mulin.kernel import clock
    from mulin.kernel.actor import Actor, system
    from mulin.kernel.county import county_scope

    now = clock.now()
    with county_scope(COUNTY):
        person = people.add_person(name="王秀英", by=system(COUNTY, "bench"), now=now).id
    (first,) = owner.execute("SELECT account FROM bench_book WHERE n = 1").fetchone()
    owner.execute("UPDATE points_account SET owner = %s WHERE id = %s", [person, first])
    with _bare(owner, "points_entry"):
        owner.execute(
            f"""INSERT INTO points_entry (county_id, id, transfer_id, account_id, delta, number, balance_after)
                SELECT {COUNTY}, gen_random_uuid(), b.transfer, b.account, 0, 1000000 + s.place, 0
                FROM generate_series(1, {entries}) s(place)
                JOIN bench_book b ON b.n = 1 + s.place % (SELECT count(*) FROM bench_book)"""
        )
        owner.execute(
            f"""INSERT INTO points_entry (county_id, id, transfer_id, account_id, delta, number, balance_after)
                SELECT {COUNTY}, gen_random_uuid(), transfer, %s, 0, 50000000 + n, 0 FROM bench_book WHERE n <= 10000""",
            [first],
        )
    owner.execute("VACUUM ANALYZE points_entry")
    spent, asked = 0.0, 0

    def watch(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal spent, asked
        begun = time.perf_counter()
        result = execute(sql, params, many, context)
        spent, asked = spent + time.perf_counter() - begun, asked + 1
        return result

    spans = []
    with county_scope(COUNTY), connection.execute_wrapper(watch):
        at = ""
        for _turn in range(60):
            spent, asked = 0.0, 0
            shown = queries.passbook(Actor(county=COUNTY, person=person), first, now=now, at=at)
            spans.append(spent * 1000)
            at = shown.lines.next
    total = owner.execute("SELECT count(*) FROM points_entry").fetchone()[0]
    print(json.dumps({"bench": "ledger.page", "entries": total, "statements": asked, "p50_ms": round(median(spans), 2),
                      "max_ms": round(max(spans), 2)}), flush=True)  # fmt: skip


def night(home: Path, server: embedded.Server, lots: int) -> None:
    """So many lots lapse in one night."""
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        owner.execute(
            """UPDATE points_lot SET expires_on = current_date - 1 - (expires_on - current_date),
               warned_on = current_date - 30 WHERE id IN (SELECT id FROM points_lot WHERE NOT spent LIMIT %s)""",
            [lots],
        )
    os.environ["MULIN_HOME"] = str(home)
    _ready(server.web_url)
    from mulin.ground.points import actions
    from mulin.kernel import clock
    from mulin.kernel.county import county_scope

    with county_scope(COUNTY):
        begun = time.perf_counter()
        done = actions.expire_due(now=clock.now())
        spent = time.perf_counter() - begun
        again = actions.expire_due(now=clock.now())
    told = {
        "bench": "ledger.night",
        "lots": done,
        "seconds": round(spent, 1),
        "lots_per_second": round(done / spent),
    }
    print(json.dumps(told | {"again": again}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("accounts", 100_000), ("seconds", 10), ("entries", 10_000_000), ("lots", 400_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    told = parser.parse_args()
    with county(grids=1) as home, embedded.running(home) as server:
        os.environ["MULIN_HOME"] = str(home)
        _ready(server.web_url)
        with psycopg.connect(server.owner_url, autocommit=True) as owner:
            fill(owner, told.accounts)
            owners = [row[0] for row in owner.execute("SELECT owner FROM bench_book ORDER BY n")]
            race(home, server, told.seconds, owners)
            night(home, server, told.lots)
            page(owner, told.entries)


if __name__ == "__main__":
    main()
