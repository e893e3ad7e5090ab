"""The application: what a handler's steps become in the place where it runs."""

from __future__ import annotations

from collections.abc import Callable

from simulator.distributions import constant
from simulator.engine import steps
from simulator.program import SILENT, Assembler, Label
from simulator.servers.costs import FRAMEWORK
from simulator.servers.places import Place
from simulator.stack import Call, Cpu, Endpoint, Parallel, Step, Wait
from tracer.recording.nouns import LaneKind, PhaseKind, Role


class Application:
    """The hop `app`, and a hop and pool for each service."""

    def __init__(self, asm: Assembler, services: dict[str, int]) -> None:
        self.asm = asm
        self.hop = asm.hop("app", Role.APP)
        self.services: dict[str, tuple[int, int]] = {}
        for name, connections in services.items():
            hop = asm.hop(name, Role.DATABASE)
            self.services[name] = hop, asm.workers(hop, connections, "connection", LaneKind.PROCESS)

    def visit(self, place: Place, endpoint: Endpoint, handler: Place | None = None) -> None:
        """Be at the application: the framework's share, then the handler in its place, then back."""
        asm = self.asm
        handler = handler or place
        failed = Label()
        with asm.visit(self.hop, PhaseKind.CALLING):
            cost = FRAMEWORK[endpoint.framework]
            if cost:
                place.compute(asm.law(constant(cost), endpoint.framework), endpoint.framework)
            handler.begin()
            for i, step in enumerate(endpoint.steps):
                self._step(handler, step, f"{endpoint.path}|{i}", failed)
            handler.resume()
            asm.here(failed)
            handler.end()

    def _step(self, place: Place, step: Step, name: str, failed: Label) -> None:
        if isinstance(step, Cpu):
            place.compute(self.asm.law(step.time, name), f"cpu {step.time}")
        elif isinstance(step, Wait):
            place.wait(self.asm.law(step.time, name), blocking=step.blocking, what=f"wait {step.time}")
        elif isinstance(step, Call):
            self._call(place, step, name, failed)
        else:
            self._parallel(place, step, name)

    def _call(self, place: Place, step: Call, name: str, failed: Label) -> None:
        """Call a service; if it is down the handler fails: status 500, the rest of its steps left out."""
        asm = self.asm
        kind, seat = place.start_waiting()
        refused = Label()
        self._at_service(step, name, kind, seat, refused)

        def block() -> None:
            place.resume_after_wait()
            asm.status(500)
            asm.jump(failed)

        self._refused(refused, block)

    def _at_service(self, step: Call, name: str, kind: int, seat: int, after_refusal: Label) -> None:
        """Visit a service; the block that is written later leaves it when it refuses."""
        asm = self.asm
        hop, pool = self.services[step.service]
        full = Label()
        entered = asm.enter(hop, kind, seat, int(seat >= 0), f"call {step.service}")
        inner = asm.seat()
        asm.acquire(pool, inner, full=full)

        def refused() -> None:
            asm.here(full)
            asm.status(steps.REFUSED)
            asm.leave(entered)
            asm.jump(after_refusal)

        asm.later(refused)
        asm.compute(asm.law(step.time, name), inner, what=f"{step.service} {step.time}")
        asm.release(inner)
        asm.free_seat -= 1
        asm.leave(entered)

    def _refused(self, label: Label, block: Callable[[], None]) -> None:
        def whole() -> None:
            self.asm.here(label)
            block()

        self.asm.later(whole)

    def _parallel(self, place: Place, step: Parallel, name: str) -> None:
        """Start branches; the handler waits as it waits for anything."""
        asm = self.asm
        kind, seat = place.start_waiting()
        first = len(asm.branches)
        labels = [Label() for _ in step.branches]
        asm.branches += labels
        asm.emit(
            steps.FORK, a=first, b=len(labels), kind=kind, seat=seat, holds=int(seat >= 0), what="parallel"
        )
        asm.later(lambda: self._branches(step, labels, name))

    def _branches(self, step: Parallel, labels: list[Label], name: str) -> None:
        asm = self.asm
        for b, (label, branch) in enumerate(zip(labels, step.branches, strict=True)):
            asm.here(label)
            over = Label()
            for i, part in enumerate(branch):
                self._branch_step(part, f"{name}|{b}|{i}", over)
            asm.here(over)
            asm.emit(steps.JOIN)

    def _branch_step(self, step: Step, name: str, over: Label) -> None:
        """A branch waits on no lane of its own, and calls over the services' connections."""
        asm = self.asm
        if isinstance(step, Wait):
            asm.hold(asm.law(step.time, name), SILENT, what=f"wait {step.time}")
        elif isinstance(step, Call):
            failed = Label()
            self._at_service(step, name, SILENT, -1, failed)

            def block() -> None:
                asm.status(500)
                asm.jump(over)

            self._refused(failed, block)
