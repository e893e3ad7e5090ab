"""All that a run knows, as few flat columns of numbers: lists in plain Python, numpy arrays when compiled.

A thing (token, pool, lane, step …) is a row of fields, and its *handle* is where the row starts: the wake-up
of token t is `w.tok[t + WAKE]`. A row lies together in memory, which is what a run with 100,000 live requests
needs, and Python and the compiler read it alike fast. Nothing is kept anywhere else, so a run can stop, go
on and be copied. Times are int ns since 0; -1 is none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Column = Any
"""A list of numbers, or an array: the engine only reads and writes items."""

# Fields of a token; frames, seats and registers follow in the row.
(
    PC,  # its step; of an actor minus its kind
    WAKE,  # its ticket in the agenda
    GONE,  # the ticket of its client's time-out
    KEY,  # what its demands are drawn by
    SALT,  # the same, mixed with seed and occurrence
    DUE,
    STARTED,  # the present step, if it takes time
    LEFT,  # CPU ns still to do; of a fork the branches still running; of an actor what it looks after
    REQUEST,
    TRIES,
    ANSWER,  # the status
    COUNTED,  # 1 unless it is warm-up
    ORPHAN,  # 1: its client has left
    NEXT,  # in whatever list it stands
    PREV,  # of who computes: its place in the heap of its cores
    QUEUE,  # the pool it waits for
    PARENT,  # of a branch
    CONNECTION,  # its handle; 1 more: it was used before
) = range(18)
TOKEN = 18
CHILDREN, PLACE = LEFT, PREV

# Fields of a frame: one for each visit that a token is inside of. The last two only when recording.
CALLED, WAITED, VISIT, OUTER = range(4)
ROW = TOKEN + OUTER  # of the log: a token's present phase. Nobody is outside of the client's visit

# Fields of a pool.
(
    FREE,  # first free lane
    BUSY,
    HEAD,  # first waiting token
    TAIL,
    LENGTH,
    MOST,  # the longest queue there was
    DOWN,
    TURN,  # of round robin
    HOLDER,  # of a GIL: the token
    SWITCHES,
    ACTOR,  # of a GIL, or the watchdog of workers
    PATIENCE,  # ns after which a worker is killed
    FIRST_LANE,
    BEYOND_LANE,
) = range(14)
POOL = 16

# Fields of a lane.
AFTER, OWNER, SINCE, HELD, POOL_OF = range(5)
LANE = 5

# Fields of a set of cores: whole numbers in `core`, floats in `share`.
JOBS, SETTLED, CORES_ACTOR, BASE = range(4)
CORE = 4
COUNT, VIRTUAL, WORKED = range(3)
SHARE = 3

# Fields of a step; see `steps`. DEPTH, SEAT and REG are offsets from the token's handle.
OP, A, B, C, D, DRAW, REG, DEPTH, HOP, SEAT, RESCUE, INSIDE = range(12)
STEP = 12

# Fields of a change on the way.
EVENT_AT, EVENT_POOL, EVENT_DOWN = range(3)
EVENT = 3

# Fields of rows of the log.
# What it costs to record is to have the system clear new memory: small numbers share a field, as `account`
# packs and `recorded` unpacks them.
PHASE_WHAT, PHASE_START, PHASE_END = range(3)  # visit, step, lane or pool
PHASE = 3
VISIT_OF, VISIT_HOW, VISIT_START, VISIT_END = range(4)  # request and parent; step, try and status
VISIT_ROW = 4
REQUEST_DUE, REQUEST_END, REQUEST_HOW = range(3)  # endpoint and status
REQUEST_ROW = 3

# Fields of a connection.
IDLE_STACK, IDLE_SINCE, PROCESS, UNUSED_STACK = range(4)
CONNECTION_ROW = 4

# Places in `World.n`, the numbers that a run has once.
(
    NOW,
    ORDER,  # events scheduled so far: what breaks a tie of time
    EVENTS_DONE,
    SIZE,  # of the agenda
    HOLE,  # 1: its first entry has happened
    ARRIVAL,  # when the next open request arrives, if the first actor has a ticket
    STALE,  # entries of the agenda that were cancelled
    SPARE,  # the first unused token
    READY,  # the first token that can go on now
    READY_LAST,
    LIVE,  # tokens in use, actors left out
    PEAK,  # the most there were
    ISSUED,
    FINISHED,  # of those that count
    ANSWERS,  # entries of each log
    WAITS,
    VISITS,
    PHASES,
    FIRST,  # when the first counted request was due
    LAST,  # when the last counted request ended
    ARRIVED,  # open arrivals so far
    SEGMENT,  # of the profile
    BURST_LEFT,  # requests that still come at this instant
    NEXT_EVENT,
    IDLE,  # connections that wait to be used again
    CONNECTIONS,
    UNUSED,  # connection numbers to be given out again
    BEGUN,  # actors, then clients, that were started
    OVER,  # 1: no request that counts is left or will come
    CREDIT,  # moves for which there is certainly room
    LOOKS,  # how often room was looked for
    STILL,  # how often in a row the clock had not moved since
    SEEN,  # the time then
) = range(33)
NUMBERS = 33

BATCH = 128
"""Requests that are drawn for together: alone each would wait for its own hash and logarithm to end."""


class Program(NamedTuple):
    """A compiled stack and its workload, which a run only reads."""

    step: Column  # rows of STEP
    law: Column  # by distribution: law, count or ns, name, place in the table
    number: Column  # float, by distribution: mean, shape
    table: Column  # float: all quantile tables, one after another
    branches: Column  # first steps, of FORK
    entry: Column  # first step of each endpoint
    chance: Column  # float: cumulative share of each endpoint
    event: Column  # rows of EVENT
    profile: Column  # float: ns, rate per ns, …
    due: Column  # of replayed requests: ns, endpoint, first demand in `table`, …
    steps: int
    most: int  # tokens that one step takes at most: the branches of the widest fork, and two
    width: int  # of a token's row
    frame: int  # of a frame
    seats: int  # where a token's seats start
    regs: int  # where its registers start
    actors: int
    seed: int
    workload: int  # OPEN, CLOSED or REPLAY
    requests: int  # at most
    until: int  # no request after this time
    warmup: int
    constant: int  # arrivals at constant distance
    burst: int
    clients: int
    think: int  # a distribution
    timeout: int  # of the client, ns
    retries: int
    backoff: int  # ns
    keepalive: int  # idle ns after which a connection is closed; -1: none is used twice
    interval: int  # after which a thread asks for the GIL
    record: int  # 1: visits and phases are logged
    where_bits: int  # that a lane or pool takes in a phase's row
    step_bits: int


class World(NamedTuple):
    """The whole state of a run."""

    n: Column
    tok: Column
    pool: Column
    lane: Column
    core: Column
    share: Column
    finish: Column  # float: heaps of virtual finish times, one for each set of cores
    job: Column  # the tokens in them
    at: Column  # the agenda: time and ticket of each entry; in plain Python pairs of them
    salt: Column  # of a batch of arrivals
    gap: Column  # float: how many arrivals are expected before each
    conn: Column
    line: Column  # by hop: visits that are queued now, and the most there were
    spent: Column  # ns by step; the second half: waiting for the GIL in that step
    visited: Column  # visits by ENTER step
    outcome: Column  # requests by outcome
    answers: Column  # latency of each answered request
    waits: Column  # queued ns * 256 + hop, of visits that queued
    phases: Column
    visits: Column
    requests: Column
