"""The table of requests: pure functions of recording, state and size; no Textual in it."""
