"""psycopg 3, blocking and async: PostgreSQL."""

from __future__ import annotations

from types import ModuleType

from .dbapi import ENDS, FETCHES, STATEMENTS, hook


def patch(module: ModuleType) -> None:
    """Hook cursors and connections."""
    for cursor in (module.Cursor, module.ServerCursor):
        hook("psycopg", "postgresql", cursor, (*STATEMENTS, *FETCHES))
    for cursor in (module.AsyncCursor, module.AsyncServerCursor):
        hook("psycopg", "postgresql", cursor, (*STATEMENTS, *FETCHES), coroutines=True)
    hook("psycopg", "postgresql", module.Connection, ENDS)
    hook("psycopg", "postgresql", module.AsyncConnection, ENDS, coroutines=True)
