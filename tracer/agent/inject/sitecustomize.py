"""Put at the front of PYTHONPATH by `tracer run`: starts the agent, then whatever stood here before.

Python imports the first `sitecustomize` of sys.path at start-up, in every process that inherits the
environment. This one loads the agent by path under the name `_hopscope_agent`, so that no name of the
user's is shadowed, and never raises. Nothing of the environment is changed.
"""

import importlib.machinery as machinery
import os
import sys


def _load(name: str, folder: str) -> None:
    """Import the package in `folder` as `name`, whatever sys.path says."""
    file = folder + "/__init__.py"
    spec = machinery.ModuleSpec(name, machinery.SourceFileLoader(name, file), origin=file, is_package=True)
    spec.submodule_search_locations = [folder]
    _execute(spec, name)


def _execute(spec: machinery.ModuleSpec, name: str) -> None:
    """Execute a module under a name."""
    module = type(sys)(name)
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    module.__package__ = spec.parent
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    sys.modules[name] = module
    if spec.loader is not None:
        spec.loader.exec_module(module)


def _start(here: str) -> None:
    """Start the agent; a failure is one line on stderr."""
    try:
        if os.environ.get("HOPSCOPE_RINGS") and "_hopscope_agent" not in sys.modules:
            _load("_hopscope_agent", os.path.dirname(here))
            from _hopscope_agent.start import start

            start()
    except Exception as error:
        sys.stderr.write(f"hopscope: the agent did not start: {error!r}\n")


def _chain(here: str) -> None:
    """Run the sitecustomize that this one hides; its exceptions are its own, as without the agent.

    Without one the import fails as it would without the agent, which `site` takes in silence; so a module
    of that name in the app's own directory can still be imported later.
    """
    rest = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is None:
        raise ModuleNotFoundError("No module named 'sitecustomize'", name="sitecustomize")
    _execute(spec, "sitecustomize")


_here = os.path.dirname(os.path.abspath(__file__))
_start(_here)
_chain(_here)
