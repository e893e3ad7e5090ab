"""Playhead, frames, layouts: pure functions, Recording x time -> cells to draw. No Textual in it."""
