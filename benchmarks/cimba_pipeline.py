"""The pipeline of bench_simulator as a Cimba model: a process a request.

It runs by itself: Cimba's types for numba and those of the engine do not get on in one process.
"""

import sys
import time

import cimba as cb
from cimba import inputs


class Request(cb.Model):
    """One request on its way: the loop, a worker, a connection, the loop again."""

    stack: cb.Ref["Pipeline"]

    @cb.process
    def serve(self):
        """Go through the three hops."""
        arrived = cb.now()
        self.stack.loop.acquire(1)
        cb.hold(10e-6)
        self.stack.loop.release(1)
        self.stack.workers.acquire(1)
        cb.hold(self.stack.first.next())
        self.stack.connections.acquire(1)
        cb.hold(self.stack.query.next())
        self.stack.connections.release(1)
        cb.hold(self.stack.rest.next())
        self.stack.workers.release(1)
        self.stack.loop.acquire(1)
        cb.hold(10e-6)
        self.stack.loop.release(1)
        self.stack.latency += cb.now() - arrived
        self.stack.answered += 1
        cb.release(self)


class Pipeline(cb.Model):
    """A proxy's loop, 8 workers, 4 connections."""

    gap: cb.Input[float] = inputs.dist.exponential(mean=1 / 700)
    first: cb.Input[float] = inputs.dist.exponential(mean=2e-3)
    query: cb.Input[float] = inputs.dist.exponential(mean=4e-3)
    rest: cb.Input[float] = inputs.dist.exponential(mean=1e-3)
    loop: cb.Resource = cb.Resource(capacity=1)
    workers: cb.Resource = cb.Resource(capacity=8)
    connections: cb.Resource = cb.Resource(capacity=4)
    latency: cb.Output[float]
    answered: cb.Output[int]

    @cb.on_start
    def begin(self):
        """Start to count."""
        self.latency = 0.0
        self.answered = 0

    @cb.process
    def arrivals(self):
        """Send requests for ever."""
        while True:
            cb.hold(self.gap.next())
            cb.spawn(Request, stack=self)


def serve(requests):
    """Serve about so many requests; give requests per CPU second and the mean latency in s."""
    model = Pipeline()
    experiment = cb.Experiment(model, replications=1, window=cb.Window(duration=requests / 700), seed=1)
    started = time.process_time()
    found = experiment.run()[model]
    took = time.process_time() - started
    answered = float(found.answered.values.ravel()[0])
    return answered / took, float(found.latency.values.ravel()[0]) / answered


if __name__ == "__main__":
    # The first run compiles the model.
    serve(1_000)
    print(*serve(int(sys.argv[1])))
