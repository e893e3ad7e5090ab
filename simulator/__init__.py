"""The simulator: models of servers that serve requests, and record them as real servers are recorded.

`simulator.stack` is what a user writes, `simulator.scenario.simulate` runs it. A stack compiles to a table of
steps (`simulator.engine.steps`), which one interpreter runs, in plain Python or compiled.
"""
