"""PyMySQL: MySQL and MariaDB."""

from __future__ import annotations

from types import ModuleType

from .dbapi import hook


def patch(module: ModuleType) -> None:
    """Hook cursors; what they fetch is there when a statement is done, but for a cursor that streams."""
    hook("pymysql", "mysql", module.Cursor, ("execute", "executemany"))
    hook("pymysql", "mysql", module.SSCursor, ("fetchone", "fetchmany", "fetchall"))
