"""Starts the agent as its own sitecustomize does, with faults in it; its folder is the first of the path."""

import importlib.util
import os
import sys

if "hopscope_breaking" not in sys.modules:  # the agent's runs this one again, as what it hides
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location("hopscope_breaking", f"{folder}/../../breaking.py")
    breaking = sys.modules["hopscope_breaking"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(breaking)
    breaking.install(os.environ[breaking.VARIABLE])
    agent = f"{os.environ['HOPSCOPE_TEST_AGENT']}/sitecustomize.py"
    with open(agent) as file:
        exec(compile(file.read(), agent, "exec"), {"__name__": "sitecustomize", "__file__": agent})
