"""Access logs of proxies: lines of JSON -> `Logged`, what a server says of one request.

    nginx       a `log_format` whose keys are the names of nginx's variables
    apache      a `LogFormat` with the times in microseconds

`docs/guide/logs.md` has both to paste. `read(path)` knows which one a line is.
"""

from tracer.observe.logs.logged import Attempt, LogError, Logged
from tracer.observe.logs.reading import Log, is_log, read

__all__ = ["Attempt", "Log", "LogError", "Logged", "is_log", "read"]
