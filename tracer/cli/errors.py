"""What goes wrong by the user's side, in words for the user."""

from __future__ import annotations


class CliError(Exception):
    """Wrong use or unreadable input: one sentence that says what, where and what to do. Exit code 2."""
