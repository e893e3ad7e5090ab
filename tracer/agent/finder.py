"""Patch a server's modules when they are imported, keyed by module and version."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import ModuleType
    from typing import Any

    Patch = Callable[[str, ModuleType], None]

# Module -> (distribution, first version, first version no longer known, our module, its function); no
# distribution is the standard library, whose versions are Python's.
TARGETS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...], str, str]] = {
    "gunicorn.workers.sync": ("gunicorn", (23,), (28,), "gunicorn", "sync"),
    "gunicorn.workers.gthread": ("gunicorn", (27,), (28,), "gunicorn", "gthread"),
    "gunicorn.asgi.protocol": ("gunicorn", (27,), (28,), "gunicorn_asgi", "protocol"),
    "gunicorn.workers.gasgi": ("gunicorn", (27,), (28,), "gunicorn_asgi", "worker"),
    "gunicorn.workers.ggevent": ("gunicorn", (27,), (28,), "gunicorn_gevent", "worker"),
    "uvicorn.protocols.http.h11_impl": ("uvicorn", (0, 54), (0, 55), "uvicorn", "h11"),
    "uvicorn.protocols.http.httptools_impl": ("uvicorn", (0, 54), (0, 55), "uvicorn", "httptools"),
    "uvicorn.server": ("uvicorn", (0, 54), (0, 55), "uvicorn", "server"),
    "anyio._backends._asyncio": ("anyio", (4,), (5,), "anyio", "threads"),
    "granian.asgi": ("granian", (2,), (3,), "granian", "asgi"),
    "granian.wsgi": ("granian", (2,), (3,), "granian", "wsgi"),
    "hypercorn.config": ("hypercorn", (0, 17), (0, 19), "hypercorn", "config"),
    "hypercorn.asyncio.tcp_server": ("hypercorn", (0, 17), (0, 19), "hypercorn", "tcp_server"),
    "hypercorn.asyncio.task_group": ("hypercorn", (0, 17), (0, 19), "hypercorn", "task_group"),
    "hypercorn.asyncio.lifespan": ("hypercorn", (0, 17), (0, 19), "hypercorn", "lifespan"),
    "hypercorn.app_wrappers": ("hypercorn", (0, 17), (0, 19), "hypercorn", "wrappers"),
    "pyuwsgi": ("pyuwsgi", (2,), (3,), "uwsgi", "embedded"),
    "wsgiref.simple_server": ("", (3, 10), (3, 15), "wsgiref", "simple_server"),
    "werkzeug.serving": ("werkzeug", (3,), (4,), "werkzeug", "serving_module"),
    "waitress.server": ("waitress", (3,), (4,), "waitress", "server"),
    "waitress.channel": ("waitress", (3,), (4,), "waitress", "channel"),
    "waitress.task": ("waitress", (3,), (4,), "waitress", "task"),
}

_told: set[str] = set()


class Finder:
    """A meta-path finder that lets the others find a module, and patches it once it is executed."""

    def __init__(self, wanted: Container[str] = (), patch: Patch | None = None) -> None:
        """Patch the modules of TARGETS, or those `wanted`, by calling `patch` with name and module."""
        self._wanted, self._patch = (wanted, patch) if patch else (TARGETS, apply)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module we patch with a loader that patches; None for all others."""
        if name not in self._wanted:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    _patch_after(spec.loader, name, self._patch)
                return spec
        return None


def _patch_after(loader: Any, name: str, patch: Patch) -> None:
    """Make this loader (it belongs to one module) patch the module after executing it."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        loader.exec_module = execute
        execute(module)
        patch(name, module)

    loader.exec_module = exec_module


def apply(name: str, module: ModuleType) -> None:
    """Patch a module that was just imported; whatever goes wrong is one line, never an exception."""
    distribution, first, beyond, file, function = TARGETS[name]
    try:
        version = _version(distribution)
        if first <= _numbers(version) < beyond:
            from importlib import import_module

            patch = import_module(f"{__package__}.patches.{file}")
            getattr(patch, function)(module, version)
        elif distribution not in _told:
            _told.add(distribution)
            named = f"{distribution or 'Python'} {version}"
            say(f"{named} is not a version that the agent knows: {name} is not recorded")
            _unsupported(named)
    except Exception as error:
        say(f"{name} could not be patched and is not recorded: {error!r}")


def _unsupported(what: str) -> None:
    from .ring import ring

    ring.told_mark("unsupported", what)


def _version(distribution: str) -> str:
    """Return the version of an imported package: what it says, else what its metadata say."""
    if not distribution:
        return ".".join(map(str, sys.version_info[:3]))
    module = sys.modules.get(distribution)
    version = getattr(module, "__version__", None)
    if isinstance(version, str):
        return version
    return _folder_version(distribution, getattr(module, "__file__", None)) or _metadata_version(distribution)


def _folder_version(distribution: str, file: str | None) -> str:
    """Return the version in the name of the folder of metadata beside a package, "" if there is none.

    `importlib.metadata` says the same, but takes 10 ms of a worker's start to import.
    """
    if not file:
        return ""
    from os import listdir
    from os.path import dirname

    start, end = f"{distribution}-", ".dist-info"
    for name in listdir(dirname(dirname(file))):
        if name.startswith(start) and name.endswith(end):
            return name[len(start) : -len(end)]
    return ""


def _metadata_version(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: "0.54.0rc1" is (0, 54, 0)."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def say(sentence: str) -> None:
    """Write one line to stderr, if there is one."""
    try:
        sys.stderr.write(f"hopscope: {sentence}\n")
    except Exception:
        pass
