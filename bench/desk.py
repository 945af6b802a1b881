"""The desk at a million cases in one county: to-dos, lists, searches, map, calendar of dues, bulk acts; times, statements.

python bench/desk.py [--sizes 10000,1000000] [--repeat 30] [--keep FOLDER]

Each size is a county of its own, made by INSERT … SELECT in minutes: five years of cases, of which one and a half in a
hundred are open, in 28 communities and 168 grids. Pages are asked for in this process through the whole middleware
(no network), as a county clerk, a community clerk, a grid worker and a leader see them. Prints JSON lines (cpu_ms: what
this process worked, db_ms: what the database did, for a machine that has other things to do), then how each page grew from
the smallest size to the largest. Aim: p95 < 100 ms, growth within 1.5, a list in ≤ 8 statements besides those that say
who asks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.house import COUNTY, mulin  # noqa: E402

Measure = Callable[[dict[str, Any], int, int], list[dict[str, Any]]]
Ask = Callable[[], Any]
STREETS, COMMUNITIES, GRIDS = 4, 7, 6
WEST, SOUTH, SIDE = 119.6, 41.38, 0.004

TEXTS = (
    ("路灯不亮", "{road}的路灯坏了{n}天，晚上看不清路，请尽快修。", "换了灯泡，已经亮了。"),
    ("井盖松动", "{road}路口的井盖松了，汽车一压就响，怕绊倒老人。", "重新固定了井盖。"),
    ("垃圾没人清", "{compound}垃圾桶满了{n}天没清，气味很大。", "已清运，并调整了清运时间。"),
    (
        "夜里施工太吵",
        "{compound}旁边的工地夜里{n}点还在施工，孩子睡不着。",
        "已约谈施工方，夜间停工。",
    ),
    ("楼上漏水", "{compound}{n}号楼三单元漏水，墙皮掉了，物业一直没来。", "物业上门修好了水管。"),
    ("消防通道被占", "{compound}门口的消防通道天天停车，救护车进不来。", "已施划禁停线，劝离车辆。"),
    (
        "暖气不热",
        "{compound}{n}号楼暖气不热，室内只有十四度，家里有老人。",
        "换热站调整了流量，已回升到二十度。",
    ),
    (
        "摊点占道",
        "{road}早市的摊点占到了路中间，上学的孩子走不过去。",
        "已划定摆放线，安排专人值守。",
    ),
    ("楼道里充电", "{compound}有人在楼道里给电动车充电，怕着火。", "已劝离，加装了充电桩。"),
    ("树枝快断了", "{road}的大树枝快断了，就在公交站上面。", "已修剪。"),
)


def place(folder: Path) -> Path:
    """A home in which the county is open, with its tree and grids."""
    home = folder / "home"
    codes = ["code,name", "21,辽宁省", "2113,朝阳市", "211322,建平县"]
    features = []
    for street in range(1, STREETS + 1):
        codes.append(f"211322{street:03d},第{street}街道")
        for community in range(1, COMMUNITIES + 1):
            code = f"211322{street:03d}{community:03d}"
            codes.append(f"{code},第{street}{community}社区居民委员会")
            for grid in range(GRIDS):
                west = WEST + SIDE * ((community - 1) * 3 + grid % 3)
                south = SOUTH + SIDE * ((street - 1) * 2 + grid // 3)
                east, north = west + SIDE, south + SIDE
                ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
                features.append(
                    {
                        "type": "Feature",
                        "properties": {"name": f"{street}{community}第{grid + 1}网格", "community": code},
                        "geometry": {"type": "Polygon", "coordinates": [ring]},
                    }
                )
    (folder / "codes.csv").write_text("\n".join(codes) + "\n", encoding="utf-8")
    shapes = folder / "grids.geojson"
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    mulin(home, "migrate")
    mulin(home, "import-divisions", str(folder / "codes.csv"))
    mulin(home, "open-county", str(COUNTY))
    mulin(home, "import-grids", str(shapes), "--county", str(COUNTY), "--datum", "wgs84")
    return home


# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(owner: Any, size: int) -> None:
    """``size`` cases of five years with their reporters, steps, to-dos and words, written by the database itself."""
    run = owner.execute
    run(
        "SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SELECT setseed(0.5)"
    )
    run("DROP TABLE IF EXISTS bench_text, bench_grid, bench_case")
    run("TRUNCATE cases_case, worklist_workitem CASCADE")
    run("CREATE UNLOGGED TABLE bench_text (n int, title text, body text, result text)")
    with owner.cursor().copy("COPY bench_text FROM STDIN") as copy:
        for number in range(2000):
            title, body, result = TEXTS[number % len(TEXTS)]
            road, compound = (
                f"第{number // 40}大街",
                f"{chr(0x4E00 + number * 5)}{chr(0x4E00 + number * 3)}家园",
            )
            text = body.format(road=road, compound=compound, n=number % 17 + 2)
            copy.write_row((number, f"{title}{'，' + compound if number % 3 == 0 else ''}", text, result))
    run(
        """CREATE UNLOGGED TABLE bench_grid AS
           SELECT row_number() OVER (ORDER BY g.path)::int - 1 AS n, g.id, g.path, d.id AS place_id, d.path AS place_path,
                  (s.geometry->'coordinates'->0->0->0->>0)::float AS west,
                  (s.geometry->'coordinates'->0->0->0->>1)::float AS south
           FROM territory_grid g JOIN territory_division d ON d.id = g.community_id
           JOIN territory_gridshape s ON s.grid_id = g.id"""
    )
    run(
        "CREATE UNIQUE INDEX ON bench_grid (n); CREATE UNIQUE INDEX ON bench_text (n); ANALYZE bench_grid, bench_text"
    )
    run(
        f"""CREATE UNLOGGED TABLE bench_case AS
            SELECT gen_random_uuid() AS id, p.*, g.id AS grid_id, g.path AS grid_path, g.place_id, g.place_path,
                   g.west + random() * {SIDE} AS lon, g.south + random() * {SIDE} AS lat,
                   t.title, t.body || '编号' || p.n AS text, t.result
            FROM (SELECT n, now() - interval '5 years' * (1 - n::float / {size}) - interval '1 hour' * random() AS at,
                         CASE WHEN n > {size} * 0.985 THEN (random() * 2)::int ELSE 3 + (random() > 0.95)::int END AS kind,
                         (random() * 1999)::int AS text_n, (random() * {STREETS * COMMUNITIES * GRIDS - 1})::int AS grid_n
                  FROM generate_series(1, {size}) n) p
            JOIN bench_grid g ON g.n = p.grid_n JOIN bench_text t ON t.n = p.text_n"""
    )
    closed = "kind = 3"
    took = "at + interval '1 hour' * (CASE WHEN n % 8 = 0 THEN 500 WHEN n % 30 = 1 THEN 80 ELSE 40 END)"
    insert(
        owner,
        "cases_case",
        "bench_case b",
        {
            "id": "id", "number": "'211322-' || lpad(to_hex(n), 9, '0')", "client_id": "gen_random_uuid()",
            "source": "(ARRAY['resident','resident','staff','patrol','import'])[1 + n % 5]", "provenance": "'live'",
            "state": "(ARRAY['reported','assigned','in_hand','closed','not_admitted'])[kind + 1]", "round": "1",
            "version": "3", "title": "title", "text": "text", "place_id": "place_id", "place_path": "place_path",
            "place_text": "''", "grid_id": "grid_id", "grid_path": "grid_path", "lon": "lon", "lat": "lat",
            "accuracy": "12", "reported_at": "at", "reported_day": "(at AT TIME ZONE 'Asia/Shanghai')::date",
            "accepted_at": "CASE WHEN kind <> 4 THEN at + interval '1 hour' END",
            "refused_at": "CASE WHEN kind = 4 THEN at + interval '2 hours' END",
            "level": "(ARRAY['grid','grid','grid','compound','community','street','county'])[1 + n % 7]",
            "assigned_at": "at + interval '1 hour'",
            "first_response_at": f"CASE WHEN {closed} THEN at + interval '6 hours' END",
            "disposed_at": f"CASE WHEN {closed} THEN {took} - interval '10 hours' END",
            "informed_at": f"CASE WHEN {closed} THEN {took} - interval '10 hours' END",
            "closed_at": f"CASE WHEN {closed} THEN {took} END",
            "touched": "'00000000-0000-0000-0000-000000000000'",
            "due_at": "at + interval '72 hours' * (1 + n % 5)", "result": f"CASE WHEN {closed} THEN result ELSE '' END",
        },
    )  # fmt: skip
    insert(
        owner, "cases_casereporter", "bench_case b",
        {"id": "gen_random_uuid()", "case_id": "b.id", "receipt": "md5(b.id::text)"},
    )  # fmt: skip
    insert(
        owner, "cases_casestep",
        """bench_case b CROSS JOIN (VALUES ('report', '', 'reported', 0), ('take_up', 'reported', 'in_hand', 2),
           ('dispose', 'in_hand', 'disposed', 30), ('close', 'disposed', 'closed', 40),
           ('reopen', 'closed', 'in_hand', 60), ('close', 'disposed', 'closed', 80),
           ('refuse', 'reported', 'not_admitted', 2)) s(action, from_state, to_state, hours)
           WHERE CASE WHEN s.action = 'report' THEN true WHEN b.kind = 4 THEN s.action = 'refuse' WHEN b.kind <> 3 THEN false
                      WHEN s.hours >= 60 THEN n % 30 = 1 AND n % 8 <> 0 ELSE s.action <> 'refuse' END""",
        {
            "id": "gen_random_uuid()", "case_id": "b.id", "at": "b.at + interval '1 hour' * s.hours",
            "action": "s.action", "from_state": "s.from_state", "to_state": "s.to_state", "public": "true",
        },
    )  # fmt: skip
    insert(
        owner, "cases_rating",
        "bench_case b JOIN cases_casereporter r ON r.case_id = b.id WHERE b.kind = 3 AND b.n % 5 < 2",
        {
            "id": "gen_random_uuid()", "case_id": "b.id", "reporter_id": "r.id", "closure": "1",
            "score": "(ARRAY['satisfied','satisfied','satisfied','mostly_satisfied','fair','dissatisfied'])[1 + b.n % 6]",
            "rated_at": "b.at + interval '44 hours'",
        },
    )  # fmt: skip
    insert(
        owner, "worklist_workitem", "bench_case b",
        {
            "id": "gen_random_uuid()", "kind": "'handle'", "subject_kind": "'case'", "subject_id": "b.id",
            "title": "left(title, 160)", "number": "'211322-' || lpad(to_hex(n), 9, '0')",
            "role": "CASE WHEN n % 7 = 0 THEN 'community_clerk' WHEN n % 97 = 0 THEN 'county_clerk' ELSE 'grid_worker' END",
            "path": "CASE WHEN n % 7 = 0 THEN place_path WHEN n % 97 = 0 THEN '/' ELSE grid_path END",
            "opened_at": "at", "due_at": "at + interval '1 hour' * (24 + n % 400)",
            "done_at": "CASE WHEN kind > 2 THEN at + interval '30 hours' END",
            "done_by": "CASE WHEN kind > 2 THEN md5((n % 300)::text)::uuid END",
        },
    )  # fmt: skip
    run("DROP INDEX IF EXISTS case_words")
    words(owner)
    run("CREATE INDEX case_words ON cases_casewords USING gin (grams)")
    run("DROP TABLE bench_text, bench_grid, bench_case")
    run("VACUUM (ANALYZE)")


def words(owner: Any) -> None:
    """What the cases are found by, as the acts would have kept it."""
    from mulin.services.cases.queries.search import FIELDS, grams, vector

    with owner.transaction(), owner.cursor("said") as said, owner.cursor() as kept:
        said.itersize = 20_000
        said.execute(f"SELECT id, {', '.join(FIELDS)} FROM cases_case")
        rows: list[Any] = []
        for key, *told in said:
            rows.append((key, COUNTY, key, vector(grams(told, COUNTY))))
            if len(rows) == said.itersize:
                _copied(kept, rows)
        _copied(kept, rows)


def _copied(kept: Any, rows: list[Any]) -> None:
    with kept.copy("COPY cases_casewords (id, county_id, case_id, grams) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    rows.clear()


NEUTRAL = {
    "text": "''",
    "character varying": "''",
    "jsonb": "'{}'",
    "boolean": "false",
    "integer": "0",
    "smallint": "0",
}


def insert(owner: Any, table: str, source: str, told: dict[str, str]) -> None:
    """INSERT … SELECT; columns that are not named and may not be empty get the neutral value of their type."""
    columns = owner.execute(
        """SELECT column_name, data_type FROM information_schema.columns
           WHERE table_name = %s AND is_nullable = 'NO' AND is_generated = 'NEVER' AND column_default IS NULL""",
        [table],
    ).fetchall()
    said = {name: NEUTRAL.get(kind, "NULL") for name, kind in columns} | {"county_id": str(COUNTY)} | told
    names = ", ".join(f'"{name}"' for name in said)
    owner.execute(f"INSERT INTO {table} ({names}) SELECT {', '.join(said.values())} FROM {source}")


# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────


def people() -> dict[str, Any]:
    """Accounts that may look, each with its own duty."""
    from django.apps import apps

    from mulin.kernel import clock
    from mulin.kernel.county import county_scope

    now = clock.now()
    paths = {
        "county_clerk": "/",
        "leader": "/",
        "community_clerk": "/001/003/",
        "grid_worker": "/001/003/g1001/",
    }
    accounts = {}
    with county_scope(COUNTY):
        for role, path in paths.items():
            person = apps.get_model("people.Person").objects.create(public_name=f"{role}", created_at=now)
            account = apps.get_model("access.Account").objects.create_user(username=role, password=None)
            link = {"account": account, "county_code": COUNTY, "person_id": person.id}
            apps.get_model("access.AccountCounty").objects.create(**link)
            grant = {"person": person, "role": role, "path": path, "started_on": clock.local_day(now)}
            apps.get_model("access.Grant").objects.create(**grant)
            apps.get_model("worklist.WorkItem").objects.filter(
                done_by="c4ca4238-a0b9-2382-0dcc-509a6f75849b"
            ).update(done_by=person.id)
            accounts[role] = account
    return accounts


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────


PAGES = (
    ("to-dos, mine", "/desk/"),
    ("to-dos, my unit", "/desk/?tab=unit"),
    ("to-dos, done", "/desk/?tab=done"),
    ("to-dos, my unit, overdue", "/desk/?tab=unit&light=red"),
    ("list", "/desk/cases/?all=1"),
    ("list, not finished", "/desk/cases/?state=unfinished"),
    ("list, most urgent", "/desk/cases/?sort=urgent"),
    ("list, overdue", "/desk/cases/?due=overdue&sort=urgent"),
    ("list, an area and a source", "/desk/cases/?area=/001/003/&source=patrol"),
    ("list, a month of years ago", "/desk/cases/?since=2022-03-01&until=2022-03-31"),
    ("search, common", "/desk/cases/?q=路灯"),
    ("search, a sentence", "/desk/cases/?q=晚上看不清路"),
    ("search, two words", "/desk/cases/?q=暖气 老人"),
    ("search, rare", "/desk/cases/?q=编号4999"),
    ("search, nothing", "/desk/cases/?q=恐龙"),
    ("search, one letter", "/desk/cases/?q=暖"),
    ("map", "/desk/map/"),
    ("map, a street corner", "/desk/map/cases.geojson?bbox=119.60,41.38,119.62,41.40&zoom=16"),
    ("map, the whole county", "/desk/map/cases.geojson?bbox=119.5,41.3,119.8,41.5&zoom=11"),
    ("dues, this month", "/desk/dues/"),
    ("dues, this week", f"/desk/dues/?week={date.today()}"),
    ("dues, mine", "/desk/dues/?whose=mine"),
    ("bulk acts done", "/desk/batches/"),
)
BULK = (
    ("bulk act, 20 of a list", {"list": "cases", "state": "unfinished"}),
    ("bulk act, a whole list", {"list": "cases", "state": "unfinished", "all": "1"}),
)
"""Asked by POST: the page that says what an act would do to each of the cases, before it is done."""


def measure(accounts: dict[str, Any], size: int, repeat: int) -> list[dict[str, Any]]:
    return measured(accounts, PAGES, size, repeat, deep=True)


def measured(
    accounts: dict[str, Any],
    pages: Sequence[tuple[str, str]],
    size: int,
    repeat: int,
    *,
    bench: str = "desk",
    deep: bool = False,
) -> list[dict[str, Any]]:
    """Each page ``repeat`` times as each account; ``deep``: the twentieth page of the list and bulk acts besides."""
    from django.test import Client

    found = []
    for who, account in accounts.items():
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["county"], session["second_factor"] = COUNTY, True
        session.save()
        asked: list[tuple[str, Ask]] = [(name, partial(client.get, path)) for name, path in pages]
        if deep:
            asked.append(("list, page 20", partial(client.get, _deep(client))))
            asked += _bulk(client)
        for name, ask in asked:
            line = {"bench": bench, "cases": size, "who": who, "page": name, **_timed(name, ask, repeat)}
            print(json.dumps(line, ensure_ascii=False), flush=True)
            found.append(line)
    return found


def _timed(name: str, ask: Ask, repeat: int) -> dict[str, Any]:
    """p50 and p95, work of this process and of the database, statements of one page. The first answer is told apart: whoever
    asks first in the morning waits for the disk."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as caught:
        start = time.perf_counter()
        answer = ask()
        first = (time.perf_counter() - start) * 1000
    statements = list(caught)  # the next request empties the log
    if answer.status_code != 200:
        raise SystemExit(f"{name} answered {answer.status_code}")
    spans, before, below = [], time.process_time(), _database_seconds()
    for _turn in range(repeat):
        start = time.perf_counter()
        ask()
        spans.append((time.perf_counter() - start) * 1000)
    worked = (time.process_time() - before) * 1000 / repeat
    beneath = (_database_seconds() - below) * 1000 / repeat
    spans.sort()
    return {
        "p50_ms": round(spans[len(spans) // 2], 1), "p95_ms": round(spans[int(len(spans) * 0.95)], 1),
        "first_ms": round(first, 1), "cpu_ms": round(worked, 1), "db_ms": round(beneath, 1), "statements": len(statements),
        "slowest_statement_ms": round(max(float(one["time"]) for one in statements) * 1000, 1),
    }  # fmt: skip


def _database_seconds() -> float:
    """CPU seconds that the database process of this connection has worked; 0 where the system does not tell (Linux does, in
    hundredths: many turns make it exact)."""
    from django.db import connection

    connection.ensure_connection()
    try:
        line = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    except OSError:
        return 0.0
    told = line.rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _bulk(client: Any) -> list[tuple[str, Ask]]:
    """The pages of bulk acts, for those to whom their list offers any."""
    import re

    page = client.get("/desk/cases/?state=unfinished").content.decode()
    chosen = re.findall(r'name="case" value="([^"]+)"', page)[:20]
    if not chosen:
        return []
    return [
        (name, partial(client.post, "/desk/batches/new/", {"case": chosen, **told})) for name, told in BULK
    ]


def _deep(client: Any) -> str:
    """The address of the twentieth page."""
    import re

    path = "/desk/cases/?all=1"
    for _page in range(19):
        page = client.get(path).content.decode()
        marks = re.findall(r'href="\?(?:[^"]*&amp;)?at=([^"&]+)" rel="next"', page)
        if not marks:
            break
        path = f"/desk/cases/?at={marks[0]}"
    return path


def one_size(size: int, repeat: int, folder: Path, measure: Measure) -> list[dict[str, Any]]:
    """In a process of its own: make the county where it is not there yet, and measure."""
    import psycopg

    home = folder / "home"
    filled = folder / "filled"
    if not home.exists():
        place(folder)
    os.environ |= {"MULIN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "mulin.config.settings"}
    from mulin.config import embedded

    with embedded.running(home) as server:
        os.environ["MULIN_DATABASE_URL"], os.environ["MULIN_OWNER_DATABASE_URL"] = (
            server.web_url,
            server.owner_url,
        )
        import django

        django.setup()
        if not filled.exists():
            start = time.perf_counter()
            with psycopg.connect(server.owner_url, autocommit=True) as owner:
                fill(owner, size)
            took = round(time.perf_counter() - start)
            filled.touch()
            print(json.dumps({"bench": "desk", "cases": size, "made_in_seconds": took}), flush=True)
        from django.apps import apps
        from django.conf import settings

        settings.STORAGES["staticfiles"] = {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
        settings.ALLOWED_HOSTS = ["*"]
        names = apps.get_model("access.Account").objects.in_bulk(field_name="username")
        accounts = dict(names) if names else people()
        return measure(accounts, size, repeat)


def main(
    file: str = __file__,
    sizes: str = "10000,1000000",
    measure: Measure = measure,
    words: str | None = __doc__,
) -> None:
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--sizes", default=sizes)
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--keep", default="", help="folder in which the counties stay for another look")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder = Path(options.keep)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "found.json").write_text(json.dumps(one_size(options.one, options.repeat, folder, measure)))
        return
    with tempfile.TemporaryDirectory(prefix="mulin-bench-") as scratch:
        base = Path(options.keep or scratch)
        wanted = sorted(int(one) for one in options.sizes.split(","))
        found: dict[int, list[dict[str, Any]]] = {}
        for size in wanted:
            folder = base / str(size)
            told = ["--one", str(size), "--repeat", str(options.repeat), "--keep", str(folder)]
            subprocess.run([sys.executable, file, *told], cwd=ROOT, check=True)
            found[size] = json.loads((folder / "found.json").read_text())
        order = {(line["who"], line["page"]): line for line in found[wanted[0]]}
        for large in found[wanted[-1]]:
            small = order.get((large["who"], large["page"]))
            if small is None:  # nothing to choose for a bulk act in the small county
                continue
            growth = round(large["p50_ms"] / small["p50_ms"], 2)
            work = round((large["cpu_ms"] + large["db_ms"]) / (small["cpu_ms"] + small["db_ms"]), 2)
            line = {"who": large["who"], "page": large["page"], "growth": growth, "work_growth": work}
            line["p95_ms"] = large["p95_ms"]
            ends = {"bench": large["bench"], "from": wanted[0], "to": wanted[-1]}
            print(json.dumps({**ends, **line}, ensure_ascii=False))


if __name__ == "__main__":
    main()
