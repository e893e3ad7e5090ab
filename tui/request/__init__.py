"""One request in detail: pure functions of recording, state and size; no Textual in it."""
