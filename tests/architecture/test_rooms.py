"""The rules of the house that import-linter cannot see, read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "mulin"
ROOMS = {
    "rules", "models", "permissions", "queries", "actions", "forms", "tasks", "views", "api", "admin", "urls", "apps",
    "migrations", "management", "__init__",
}  # fmt: skip
FLOORS = ("ground", "services", "readers")
ORDER = {
    room: step
    for step, room in enumerate(
        ["rules", "models", "permissions", "queries", "actions", "tasks", "forms", "views"]
    )
}


def files(pattern: str = "**/*.py") -> list[Path]:
    return [path for path in sorted(HOUSE.glob(pattern)) if "migrations" not in path.parts]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def room_of(path: Path) -> tuple[str, str] | None:
    """(app, room) of a file on a floor, such as ("ground.people", "actions")."""
    parts = path.relative_to(HOUSE).parts
    if parts[0] not in FLOORS or len(parts) < 3:
        return None
    return f"{parts[0]}.{parts[1]}", parts[2].removesuffix(".py")


def in_room(*rooms: str) -> list[Path]:
    return [path for path in files() if (found := room_of(path)) and found[1] in rooms]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def excused(path: Path, line: int, word: str) -> bool:
    """An exception carries its reason in the line: ``# room: why``."""
    text = path.read_text(encoding="utf-8").splitlines()[line - 1]
    return f"# {word}:" in text


def test_every_file_of_an_app_is_a_room() -> None:
    strangers = [name(path) for path in files() if (found := room_of(path)) and found[1] not in ROOMS]
    assert strangers == []


def test_the_kernel_stays_small_and_without_tables() -> None:
    def lines(paths: list[Path]) -> int:
        return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)

    every = files("kernel/**/*.py")
    tables = [path for path in every if "tables" in path.parts]
    assert lines([path for path in every if path not in tables]) <= 1000
    assert lines(tables) <= 1250
    models = [
        name(path)
        for path in files("kernel/**/*.py")
        if any(m == "django.db.models" for m, _ in imports(path))
    ]
    assert models == []


@pytest.mark.parametrize("path", in_room("rules"), ids=name)
def test_rules_know_no_database_clock_or_settings(path: Path) -> None:
    banned = ("django.db", "django.conf", "mulin.kernel.clock.now", "django.utils.timezone", "time")
    found = [
        (module, line)
        for module, line in imports(path)
        if module.startswith(banned)
        and not module.startswith("django.db.models.enums")
        and module != "timeit"
    ]
    assert found == []


@pytest.mark.parametrize(
    "path", in_room("rules", "models", "permissions", "queries", "actions", "forms"), ids=name
)
def test_only_doors_read_the_clock(path: Path) -> None:
    calls = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in {"clock.now", "timezone.now", "datetime.now", "date.today", "datetime.utcnow", "time.time"}
        and not excused(path, node.lineno, "clock")
    ]
    assert calls == []


@pytest.mark.parametrize("path", in_room("actions"), ids=name)
def test_actions_are_keyword_only_and_say_what_they_do(path: Path) -> None:
    wrong = []
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if node.args.args or node.args.posonlyargs:
                wrong.append(f"{node.name}: positional arguments")
            if not ast.get_docstring(node):
                wrong.append(f"{node.name}: no docstring")
    assert wrong == []


WRITES = {
    "create",
    "bulk_create",
    "save",
    "delete",
    "update",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}


@pytest.mark.parametrize(
    "path",
    in_room("views", "forms", "permissions", "queries", "api", "admin", "management", "tasks", "rules"),
    ids=name,
)
def test_only_actions_write(path: Path) -> None:
    """Writes through a manager or a row. ``form.save``, dict.update and session are not rows."""
    found = []
    for node in ast.walk(tree(path)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES
        ):
            continue
        owner = ast.unparse(node.func.value)
        writes = ".objects" in owner or node.func.attr in {"bulk_create", "get_or_create", "update_or_create"}
        if writes and not excused(path, node.lineno, "write"):
            found.append((node.lineno, owner))
    assert found == []


SAID = {"title", "text", "place_text", "result"}
"""What a case is found by: services/cases/queries/search.FIELDS."""


@pytest.mark.parametrize("path", [path for path in in_room("actions") if "cases" in path.parts], ids=name)
def test_what_a_case_says_is_written_where_its_words_are_kept(path: Path) -> None:
    """Who sets one of these columns of a case, or makes one, keeps its words in the same file; no update of many rows does
    either. That each act does so in its own transaction is checked after every test of tests/cases."""
    writes, loose, keeps = [], [], False
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in SAID:
            writes.append(node.lineno)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        keeps |= called == "pairs.keep"
        if called in {"Case", "Case.objects.create", "Case.objects.bulk_create"} or (
            called == "setattr" and "case" in ast.unparse(node.args[0])
        ):
            writes.append(node.lineno)
        if called.endswith(".update") and "Case.objects" in called:
            loose += [node.lineno for one in node.keywords if one.arg in SAID]
    assert loose == []
    assert keeps or not writes, writes


@pytest.mark.parametrize("path", [path for path in in_room("actions") if "cases" in path.parts], ids=name)
def test_steps_are_written_where_listeners_are_told(path: Path) -> None:
    found = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"CaseStep.objects.create", "CaseStep.objects.bulk_create"}
    ]
    assert found == [] or path.name == "happening.py"


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_signal_carries_business(path: Path) -> None:
    receivers = [m for m, _ in imports(path) if m.startswith("django.dispatch")]
    assert receivers == [] or "citus" in path.parts


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_error_is_swallowed(path: Path) -> None:
    """``except Exception`` needs a reason in its line; a bare ``except`` has none."""
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            if isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None:
                continue  # cleans up and lets it pass
            if (
                caught in ("", "Exception", "BaseException")
                and "# noqa: BLE001" not in path.read_text().splitlines()[node.lineno - 1]
            ):
                found.append(node.lineno)
    assert found == []


@pytest.mark.parametrize("path", files(), ids=name)
def test_raw_sql_stays_where_it_is_known(path: Path) -> None:
    """Outside the engine, raw SQL carries ``# sql: why`` on the line that opens the cursor, and a county in its WHERE."""
    if "citus" in path.parts or "config" in path.parts:
        return
    found = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in {"raw", "extra"}
            or (node.func.attr == "cursor" and "connection" in ast.unparse(node.func.value))
        )
        and not excused(path, node.lineno, "sql")
    ]
    assert found == []


@pytest.mark.parametrize("path", [path for path in files() if room_of(path)], ids=name)
def test_apps_meet_through_queries_and_actions_only(path: Path) -> None:
    app, _room = room_of(path) or ("", "")
    wrong = []
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "mulin" or parts[1] not in FLOORS or len(parts) < 4:
            continue
        other, target = f"{parts[1]}.{parts[2]}", parts[3]
        if other != app and target not in ("queries", "actions") and not excused(path, line, "room"):
            wrong.append((module, line))
    assert wrong == []


@pytest.mark.parametrize("path", [path for path in files() if room_of(path)], ids=name)
def test_rooms_are_entered_from_above(path: Path) -> None:
    app, room = room_of(path) or ("", "")
    if room not in ORDER:
        return
    wrong = []
    for module, line in imports(path):
        if module.startswith(f"mulin.{app}."):
            target = module.split(".")[4 - 1]
            if target in ORDER and ORDER[target] > ORDER[room] and not excused(path, line, "room"):
                wrong.append((module, line))
    assert wrong == []


@pytest.mark.parametrize("path", in_room("actions"), ids=name)
def test_no_todo_waits_without_a_clock(path: Path) -> None:
    wrong = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "worklist.put"
        and not {"due_at", None} & {one.arg for one in node.keywords}
    ]
    assert wrong == []


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_file_is_a_drawer(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 620, f"{lines} lines"
    long = [
        (node.name, node.end_lineno - node.lineno)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno > 80
    ]
    assert long == []


def test_nothing_is_left_unfinished() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "coming" + " soon", "敬请" + "期待", "待开" + "发")
    pages = [
        path
        for folder in ("templates", "mulin", "static/mulin", "docs")
        for path in (ROOT / folder).rglob("*")
    ]
    found = [
        (name(path), word)
        for path in pages
        if path.suffix in {".py", ".html", ".js", ".css", ".md"}
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_local_tables_are_never_joined_to_tenants() -> None:
    from django.apps import apps

    from mulin.citus.models import Local
    from mulin.citus.scoping import is_tenant

    for model in apps.get_models():
        if issubclass(model, Local):
            assert not [
                field.name
                for field in model._meta.get_fields()
                if field.related_model
                and isinstance(field.related_model, type)
                and is_tenant(field.related_model)
            ]
