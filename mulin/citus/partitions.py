"""The one-partition assertion of the partitioned test run: no statement on tenant rows misses its county.

With ``MULIN_PARTITIONS`` > 0 every tenant table is split by hash of county. Each statement is explained before it
runs; one that would touch a second partition of a table raises ``SecondPartition``. It watches every connection of the
process (requests, jobs, commands, subprocesses that inherit the setting), and counts what it saw.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mulin.citus.scoping import tenant_tables
from mulin.kernel.county import ALL, scope_or_none


class SecondPartition(AssertionError):
    """A statement reads or writes more than one county's partition."""


@dataclass
class Watched:
    """What the watcher has seen in this process."""

    statements: int = 0
    nationwide: int = 0


seen = Watched()
_VERB = re.compile(r"^\s*(SELECT|UPDATE|DELETE|INSERT|WITH|MERGE)\b", re.IGNORECASE)
_WORD = re.compile(r'"([a-z_0-9]+)"|\b([a-z_][a-z_0-9]*)\b')
_LEAF = re.compile(r"^(.+)_p(\d+)$")


def enabled() -> bool:
    """Whether this process runs on partitioned tenant tables."""
    from mulin.citus.schema import partition_count

    return partition_count() > 0


def watch(connection: Any) -> None:
    """Install the assertion on a connection, once."""
    if enabled() and _explain_first not in connection.execute_wrappers:
        connection.execute_wrappers.append(_explain_first)


def _touches_tenants(sql: str) -> bool:
    tables = tenant_tables()
    return any((a or b) in tables for a, b in _WORD.findall(sql))


def _explain_first(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = sql if isinstance(sql, str) else sql.as_string(None)
    verb = _VERB.match(text)
    if verb and _touches_tenants(text):
        if scope_or_none() is ALL:
            seen.nationwide += 1
        elif not (verb[1].upper() == "INSERT" and "SELECT" not in text.upper()):
            for values in params if many else [params]:
                _assert_one_partition(context["connection"], text, values)
        else:
            seen.statements += 1  # a plain INSERT goes where its county_id says
    return execute(sql, params, many, context)


def _leaves(plan: Any) -> set[str]:
    found = set()
    if "Relation Name" in plan:
        found.add(plan["Relation Name"])
    for child in plan.get("Plans", []):
        found |= _leaves(child)
    return found


def _assert_one_partition(connection: Any, sql: str, params: Any) -> None:
    with connection.connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
        row = cursor.fetchone()
    plan = row[0] if not isinstance(row[0], str) else json.loads(row[0])
    counties: dict[str, set[str]] = {}
    for name in _leaves(plan[0]["Plan"]):
        leaf = _LEAF.match(name)
        if leaf and leaf[1] in tenant_tables():
            counties.setdefault(leaf[2], set()).add(leaf[1])
    seen.statements += 1
    if len(counties) > 1:
        raise SecondPartition(f"touches partitions {sorted(counties)} of {counties}: {sql}")
