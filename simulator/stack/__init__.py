"""What a user writes: `Nginx() >> Gunicorn("sync", workers=2) >> App(Endpoint("/item", [cpu("2ms")]))`.

Everything is frozen and checked when it is made. Times may be given as text ("5ms", "exp(50ms)"). The same
as TOML is read by `simulator.toml`; the keys are these fields.
"""

from simulator.stack.parts import (
    App,
    Call,
    Cpu,
    Endpoint,
    Hop,
    Parallel,
    Service,
    Stack,
    Step,
    Wait,
    call,
    cpu,
    parallel,
    wait,
)
from simulator.stack.proxies import Apache, Iis, Nginx
from simulator.stack.servers import (
    Cgi,
    FastCgi,
    Granian,
    Gunicorn,
    Hypercorn,
    ModPython,
    ModWsgi,
    Uvicorn,
    Uwsgi,
    Waitress,
)
from simulator.stack.station import Station

SERVERS: dict[str, type[Hop]] = {
    hop.server: hop
    for hop in (
        *(Nginx, Apache, Iis),
        *(Gunicorn, Uwsgi, Uvicorn, Hypercorn, Granian, Waitress, Cgi, FastCgi, ModWsgi, ModPython),
        Station,
    )
}
"""What `server = "…"` may say."""

__all__ = [
    "SERVERS", "Apache", "App", "Call", "Cgi", "Cpu", "Endpoint", "FastCgi", "Granian", "Gunicorn", "Hop",
    "Hypercorn", "Iis", "ModPython", "ModWsgi", "Nginx", "Parallel", "Service", "Stack", "Station", "Step",
    "Uvicorn", "Uwsgi", "Wait", "Waitress", "call", "cpu", "parallel", "wait",
]  # fmt: skip
