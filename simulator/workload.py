"""Workloads: how requests come in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

from simulator.distributions import Distribution, constant
from simulator.validity import InvalidError, check_number, check_one_of, check_whole

SECOND = 10**9
MANY = 2**31


@dataclass(frozen=True, slots=True)
class Common:
    """What every workload says; durations in ns. Requests end with `requests`, or after `duration`."""

    requests: int | None = None
    duration: int | None = None
    warmup: int = 0
    keepalive: bool = False
    timeout: int | None = None
    retries: int = 0
    backoff: int = SECOND // 10
    client_speed: float | None = None  # bytes per second

    def check(self) -> None:
        """Check what is the same for all."""
        if self.requests is None and self.duration is None:
            raise InvalidError("requests", "none", 'say how many, or duration = "10s"', "workload")
        for key, low, high in (("requests", 0, MANY), ("warmup", 0, MANY), ("retries", 0, 100)):
            value = getattr(self, key)
            if value is not None:
                check_whole(key, value, low, high)
        if self.timeout == 0:
            raise InvalidError("timeout", "0s", "must be above 0", "workload")


@dataclass(frozen=True, slots=True)
class Open(Common):
    """Requests arrive by themselves, whatever the answers do: `rate` per second, or along a profile of rates.

    `profile` has (ns, rate) pairs, linear between. `arrivals` is "poisson" or "constant"; `burst` requests
    come at the same instant.
    """

    rate: float = 0.0
    arrivals: str = "poisson"
    burst: int = 1
    profile: tuple[tuple[int, float], ...] = ()

    def check(self) -> None:
        """Check the rate, or that the profile can be followed."""
        Common.check(self)
        check_number("rate", self.rate, 0, 1e9)
        check_one_of("arrivals", self.arrivals, ("poisson", "constant"))
        check_whole("burst", self.burst, 1, 1_000_000)
        if self.profile:
            self._check_profile()
        elif self.rate == 0 and self.requests and self.duration is None:
            raise InvalidError("rate", self.rate, "must be above 0, or no request ever arrives", "workload")

    def _check_profile(self) -> None:
        times = [at for at, _ in self.profile]
        if any(b <= a for a, b in pairwise(times)):
            raise InvalidError("profile", times, "its times must rise", "workload")
        for _, rate in self.profile:
            check_number("profile", rate, 0, 1e9)
        if self.profile[-1][1] == 0 and self.duration is None and self.requests:
            allowed = "ends at rate 0, so the requests may never all arrive: give a duration"
            raise InvalidError("profile", "…", allowed, "workload")


@dataclass(frozen=True, slots=True)
class Closed(Common):
    """A fixed number of clients, each of which thinks, sends, waits for the answer, and thinks again."""

    clients: int = 1
    think: Distribution = field(default_factory=lambda: constant(0))

    def check(self) -> None:
        """Check the clients."""
        Common.check(self)
        check_whole("clients", self.clients, 1, 10_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class Replay(Common):
    """The requests of a recording, when they were due; `simulator.replay` reads it and fills the columns.

    `due` has three numbers a request: ns, endpoint, and where its demands begin in `demands` (ns).
    """

    recording: str = ""
    due: tuple[int, ...] = ()
    demands: tuple[float, ...] = ()

    @property
    def is_loaded(self) -> bool:
        """Tell whether the recording has been read."""
        return not self.recording

    def check(self) -> None:
        """Check what is the same for all; how many requests there are says the recording."""
        if self.requests is None and self.duration is None:
            replace(self, requests=0).check()
            return
        Common.check(self)


Workload = Open | Closed | Replay
