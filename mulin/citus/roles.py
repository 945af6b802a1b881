"""Two database roles: the owner migrates; the web role serves, and may only read and add to append-only tables."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from psycopg import sql


def grant_web_role(connection: Any) -> None:
    """Give the web role what it needs and no more. Does nothing where owner and web are one role."""
    web = settings.WEB_ROLE
    if settings.OWNER_IS_WEB:
        return
    role = sql.Identifier(web)
    kept = {
        model._meta.db_table: "SELECT, INSERT"
        for model in apps.get_models()
        if getattr(model, "append_only", False)
    }
    kept |= {
        model._meta.db_table: "SELECT" for model in apps.get_models() if getattr(model, "reference", False)
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role).as_string(None))
        for statement in (
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
        ):
            cursor.execute(sql.SQL(statement).format(role).as_string(None))
        partitions = settings.MULIN_PARTITIONS
        for table, rights in kept.items():
            names = [table, *(f"{table}_p{number}" for number in range(partitions))]
            for name in names if rights == "SELECT, INSERT" else [table]:
                target = sql.Identifier(name)
                cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(target, role).as_string(None))
                cursor.execute(
                    sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), target, role).as_string(None)
                )


def after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """post_migrate: rights follow the tables that exist now."""
    from django.db import connections

    grant_web_role(connections[using])
