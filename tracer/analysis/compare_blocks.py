"""Blocks of time: how many there should be, and how far a figure scatters when they are drawn anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tracer.analysis.latency import SECOND

F8 = NDArray[np.float64]
DRAWS = 600  # of all blocks, with replacement
CANDIDATES = (40, 20, 10, 5)
REQUESTS_A_BLOCK = 5
FEWEST = 4  # blocks, with fewer nothing can be told
SAY_LITTLE = 0.2  # the correlation of neighbours below which blocks are long enough
BINS = 2048  # of a sample: each has as many values; the tail of p99 has 20 of them


@dataclass(frozen=True, slots=True)
class Mean:
    """A quotient of sums: by block, shape (blocks,)."""

    sums: F8
    counts: F8

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.sums)

    def value(self) -> float | None:
        """Give it over all blocks; None of nothing."""
        total = self.counts.sum()
        return float(self.sums.sum() / total) if total else None

    def drawn(self, weights: F8) -> F8:
        """Give it for each draw; weights has shape (draws, blocks)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ self.sums) / (weights @ self.counts))


@dataclass(frozen=True, slots=True)
class Sample:
    """Whole numbers of ns, and which block each is in: what percentiles are taken of, by name."""

    values: F8
    block: NDArray[np.int64]
    blocks: int

    def mean(self) -> Mean:
        """Give the mean, in seconds. Sums of whole ns are exact, so equal samples have equal means."""
        counts = np.bincount(self.block, minlength=self.blocks)
        sums = np.bincount(self.block, self.values, self.blocks).astype(np.float64)
        return Mean(sums, (counts * SECOND).astype(np.float64))

    def percentiles(self, shares: Sequence[float]) -> list[float]:
        """Give percentiles in seconds, linear between ranks, as `summary` does."""
        return [float(ns) / SECOND for ns in np.percentile(self.values, [100 * share for share in shares])]

    def beyond(self, seconds: float, share: float) -> F8:
        """Say how many more values of each block lie beyond a percentile than its part of them."""
        above = np.bincount(self.block, self.values > seconds * SECOND, self.blocks)
        return np.asarray(above - (1 - share) * np.bincount(self.block, minlength=self.blocks))

    def drawn(self, weights: F8, shares: Sequence[float]) -> list[F8]:
        """Give percentiles for each draw, each by the bin that it falls into."""
        count = len(self.values)
        bins = min(count, BINS)
        order = np.argsort(self.values, kind="stable")
        table = np.zeros((self.blocks, bins))
        np.add.at(table, (self.block[order], np.arange(count) * bins // count), 1.0)
        middles = self.values[order][(np.arange(bins) * 2 + 1) * count // (2 * bins)] / SECOND
        below = np.cumsum(weights @ table, axis=1)
        ranks = [share * np.maximum(below[:, -1] - 1, 0) for share in shares]
        return [middles[np.minimum((below <= rank[:, None]).sum(axis=1), bins - 1)] for rank in ranks]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and its standard error; None where there are too few blocks to say."""

    value: float
    error: float | None
    freedom: float = 0.0


def estimate(mean: Mean) -> Estimate | None:
    """Estimate a mean; None of nothing."""
    value = mean.value()
    if value is None:
        return None
    if mean.blocks < FEWEST:
        return Estimate(value, None)
    error = _error(mean.drawn(weights(mean.blocks)), mean.blocks)
    return Estimate(value, error, _freedom(mean.sums - value * mean.counts))


def estimate_percentiles(sample: Sample, shares: Sequence[float]) -> list[Estimate]:
    """Estimate percentiles of a sample that is not empty."""
    values = sample.percentiles(shares)
    if sample.blocks < FEWEST:
        return [Estimate(value, None) for value in values]
    drawn = sample.drawn(weights(sample.blocks), shares)
    return [
        Estimate(value, _error(one, sample.blocks), _freedom(sample.beyond(value, share)))
        for value, share, one in zip(values, shares, drawn, strict=True)
    ]


@lru_cache(maxsize=16)
def weights(blocks: int) -> F8:
    """Say how often each block is drawn, shape (draws, blocks): always the same, so a comparison repeats."""
    even = np.full(blocks, 1 / blocks)
    return np.random.default_rng(1).multinomial(blocks, even, DRAWS).astype(np.float64)


def _error(drawn: F8, blocks: int) -> float:
    """Give the standard error; k blocks that are drawn anew scatter as if they were k - 1."""
    return float(np.std(drawn[np.isfinite(drawn)])) * math.sqrt(blocks / (blocks - 1))


def _freedom(off: F8) -> float:
    """Give the degrees of freedom: fewer than blocks - 1 where a few blocks make all of the scatter.

    A 99th percentile that lies in one burst rests on one observation, however many blocks there are.
    """
    square, fourth = float((off**2).sum()), float((off**4).sum())
    if fourth == 0:
        return len(off) - 1.0
    return float(np.clip(2 * square**2 / fourth - 1, 1, len(off) - 1))


def how_many(values: F8, due: NDArray[np.int64], start: int, end: int) -> int:
    """Choose how many blocks to cut [start, end) into: as many as let neighbours say little of each other."""
    most = max(len(values) // REQUESTS_A_BLOCK, 1)
    for blocks in CANDIDATES:
        if blocks <= most and _neighbours(values, block_of(due, start, end, blocks), blocks) < SAY_LITTLE:
            return blocks
    return min(CANDIDATES[-1], most)


def block_of(time: NDArray[np.int64], start: int, end: int, blocks: int) -> NDArray[np.int64]:
    """Say in which block of [start, end) each instant lies; what lies outside is in the nearest."""
    length = max(end - start, 1)
    return np.clip((time - start) * blocks // length, 0, blocks - 1)


def _neighbours(values: F8, block: NDArray[np.int64], blocks: int) -> float:
    """Give the correlation of the means of neighbouring blocks."""
    counts = np.bincount(block, minlength=blocks)
    means = np.bincount(block, values, blocks)[counts > 0] / counts[counts > 0]
    off = means - means.mean()
    power = float(off @ off)
    return float(off[1:] @ off[:-1]) / power if power > 0 else 0.0
