"""Runs a lab in the simulator: no server is needed."""

from __future__ import annotations

from simulator.scenario import simulate
from simulator.toml import scenario_of
from tracer.labs.lab import Lab, Run
from tracer.labs.measures import Measured, of_recording
from tracer.labs.reading import scenario_table


def simulated(lab: Lab, run: Run) -> Measured:
    """Simulate one run and measure its recording."""
    result = simulate(scenario_of(scenario_table(run, f"{lab.name}: {run.name}")), record=True)[0]
    assert result.recording is not None
    return of_recording(run.name, result.recording, real=False)
