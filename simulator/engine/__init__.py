"""The engine: the language of steps, the state of a run, and the interpreter."""
