"""Applications of servers that are written in C or Rust: nothing but the application itself can be hooked.

So what it is handed and hands back is wrapped: `start_response`, and an iterable that is no list. An answer
is out, to the agent, when the server has taken its last part; what the server does before and after is not
seen. Iterables with a length and files pass as they are, since servers look at what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic_ns
from typing import Any

from .called import Call, here, let_go
from .points import fault, faults


def wrapped(
    point: str, app: Callable[..., Any], begin: Callable[[Any], Call | None], *, kept_open: bool = False
) -> Callable[..., Any]:
    """Return an application that tells of its requests; `begin` makes a `Call` of an environ.

    With `kept_open`, another hook closes it when the answer is out, else the application's end does.
    """
    if hasattr(app, "_hopscope"):
        return app
    over = _left if kept_open else _over

    def application(environ: Any, start_response: Any) -> Any:
        call = _begun(point, begin, environ)
        if call is None:
            return app(environ, start_response)

        def starting(status: Any, *args: Any, **kwargs: Any) -> Any:
            call.started(status)
            return start_response(status, *args, **kwargs)

        try:
            result = app(environ, starting)
        except BaseException:
            call.failed = True
            over(point, call)
            raise
        return _followed(point, call, result, over)

    application._hopscope = app  # type: ignore[attr-defined]
    return application


def _begun(point: str, begin: Callable[[Any], Call | None], environ: Any) -> Call | None:
    """Tell the request; None if that fails, for which the point is switched off."""
    if point in faults:
        return None
    try:
        let_go(point)  # one that nobody has closed
        call = begin(environ)
        if call is not None:
            call.enter(environ)
    except Exception as error:
        fault(point, error)
        return None
    here.call = call
    return call


def _followed(point: str, call: Call, result: Any, over: Callable[[str, Call], None]) -> Any:
    """Return the result, or an iterable that notes when it is over."""
    if hasattr(result, "__len__") or hasattr(result, "read") or hasattr(result, "filelike"):
        if type(result) in (list, tuple):
            call.bytes_out = sum(map(len, result))
        over(point, call)
        return result
    return Followed(point, call, result, over)


def _over(point: str, call: Call) -> None:
    """The application is done, and the server has what it answered."""
    try:
        call.out()
        if call.responded:
            call.first_byte = call.first_byte or call.left
            call.last_write, call.answered = call.left, monotonic_ns()
        call.close()
        here.call = None
    except Exception as error:
        fault(point, error)


def _left(_point: str, call: Call) -> None:
    """The application is done."""
    call.out()


class Followed:
    """An iterable of an application, handed through part by part; its close ends the request."""

    __slots__ = ("_call", "_over", "_parts", "_point", "_result")

    def __init__(self, point: str, call: Call, result: Any, over: Callable[[str, Call], None]) -> None:
        self._point, self._call, self._result, self._over = point, call, result, over
        self._parts: Iterator[Any] | None = None

    def __iter__(self) -> Followed:
        return self

    def __next__(self) -> Any:
        call = self._call
        try:
            if self._parts is None:
                self._parts = iter(self._result)
            part = next(self._parts)
        except StopIteration:
            raise
        except BaseException:
            call.failed = True
            raise
        try:
            call.first_byte = call.first_byte or monotonic_ns()
            call.bytes_out += len(part)
        except TypeError:
            pass  # no bytes: the server says so itself
        return part

    def close(self) -> None:
        """Close the application's iterable, and tell how it went."""
        try:
            if hasattr(self._result, "close"):
                self._result.close()
        finally:
            self._over(self._point, self._call)
