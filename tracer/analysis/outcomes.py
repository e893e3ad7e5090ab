"""How requests ended, and which of them were answered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracer.recording import UNKNOWN, Outcome, Recording

ORDER = (Outcome.OK, Outcome.REFUSED, Outcome.TIMEOUT, Outcome.ERROR, Outcome.ABANDONED, Outcome.OPEN)


def outcomes(recording: Recording, counted: NDArray[np.bool_]) -> dict[str, int]:
    """Count the requests by outcome; the counts add up to those counted."""
    counts = np.bincount(recording.requests.outcome[counted], minlength=len(Outcome))
    return {outcome.name.lower(): int(counts[outcome]) for outcome in ORDER}


def answered(recording: Recording) -> NDArray[np.bool_]:
    """Say which requests were answered: ok, or an error with a status (else it was broken off)."""
    requests = recording.requests
    error = (requests.outcome == Outcome.ERROR) & (requests.status != UNKNOWN)
    done = (requests.start != UNKNOWN) & (requests.end != UNKNOWN)
    answer: NDArray[np.bool_] = ((requests.outcome == Outcome.OK) | error) & done
    return answer
