"""Databases that speak DB-API (PEP 249): what all of them share.

A wait is named by the driver and the statement's verb, `sqlite3 SELECT`: no table, no value, no comment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..points import install
from .tell import Make, awaiting, blocking

VERBS = frozenset(
    (
        *(
            "ALTER",
            "ANALYZE",
            "ATTACH",
            "BEGIN",
            "CALL",
            "COMMIT",
            "COPY",
            "CREATE",
            "DELETE",
            "DETACH",
            "DROP",
        ),
        *("EXEC", "EXPLAIN", "FETCH", "GRANT", "INSERT", "LOCK", "MERGE", "PRAGMA", "REINDEX", "RELEASE"),
        *(
            "REPLACE",
            "REVOKE",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT",
            "SET",
            "SHOW",
            "START",
            "TRUNCATE",
            "UPDATE",
        ),
        *("USE", "VACUUM", "VALUES", "WITH"),
    )
)
STATEMENTS = ("execute", "executemany", "executescript")
FETCHES = ("fetchone", "fetchmany", "fetchall")
ENDS = ("commit", "rollback")


def named(driver: str) -> Callable[..., str]:
    """Return what names a call by its statement, the first argument after self."""

    def name(_: Any, statement: Any = "", *__: Any) -> str:
        return f"{driver} {verb(statement)}".rstrip()

    return name


def verb(statement: Any) -> str:
    """Return the verb of an SQL statement, "" if it does not begin with one that is known.

    >>> verb("  select * from secrets where key = 'x'"), verb("/* x */ SELECT 1"), verb(7)
    ('SELECT', '', '')
    """
    if not isinstance(statement, (str, bytes)):
        return ""
    first = statement[:64].split(None, 1)[:1]
    word = (first[0].decode("ascii", "replace") if isinstance(first[0], bytes) else first[0]) if first else ""
    word = word.rstrip(";(").upper()
    return word if word in VERBS else ""


def hook(point: str, driver: str, owner: type, calls: tuple[str, ...], *, coroutines: bool = False) -> None:
    """Hook those of the calls that a class of cursors or connections has."""
    for call in calls:
        if hasattr(owner, call):
            install(point, owner, call, wait(point, driver, call, coroutines=coroutines))


def wait(point: str, driver: str, call: str, *, coroutines: bool = False) -> Make:
    """Return what hooks one call of a driver."""
    name = named(driver) if call in STATEMENTS else f"{driver} {call.upper() if call in ENDS else 'fetch'}"
    return (awaiting if coroutines else blocking)(point, name)
