"""Gives root up once an interface is open: what is captured is read by nobody with rights."""

from __future__ import annotations

import os
import pwd
from typing import NamedTuple


class User(NamedTuple):
    """Who to become."""

    name: str
    uid: int
    gid: int


def lesser() -> User | None:
    """Give who a root process should become: who called sudo, else nobody. None: it is not root."""
    if os.geteuid() != 0:
        return None
    for number in (os.environ.get("SUDO_UID", ""), "nobody"):
        try:
            known = pwd.getpwuid(int(number)) if number.isdecimal() else pwd.getpwnam(number)
        except (KeyError, OverflowError, ValueError):
            continue
        if known.pw_uid != 0:
            return User(known.pw_name, known.pw_uid, known.pw_gid)
    return None


def drop(user: User) -> None:
    """Become somebody with no rights, for good; every thread of the process does."""
    os.setgroups([])
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
