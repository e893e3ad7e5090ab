"""Thin Textual widgets: they paint what the player made."""
