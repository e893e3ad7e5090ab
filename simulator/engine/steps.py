"""The steps that a stack compiles to, and what each means: the whole language of the engine.

A step is a row of `Program`: its code `op`, four operands `a b c d`, the distribution `draw` that it takes a
demand from, the register `reg` that picks one of several like pools (pool = a + register), the depth of
the visit it belongs to, and the `seat` whose lane it runs on. A *token* is one attempt of one request
(or a branch of it) on its way through the steps. It has seats (which lane it holds, by nesting: an outer
hop has the smaller number) and registers (which process was picked).

| step    | meaning                                                                                        |
|---------|------------------------------------------------------------------------------------------------|
| ISSUE   | a request begins: it is numbered and its endpoint is drawn                                      |
| ATTEMPT | the client sends it: its time-out starts, it takes a connection, goes to its endpoint's steps   |
| ENTER   | a visit at a hop begins                                                                        |
| LEAVE   | the visit that step `a` began ends                                                             |
| PICK    | one of `b` processes is picked by rule `a` into `reg` (pools from `c` on); `d`: by connection   |
| ACQUIRE | take a lane of pool `a` into seat `b`, or queue; at `d` waiting already, go to step `c`         |
| RELEASE | give back the lane in seat `b`; whoever waited longest gets it                                  |
| COMPUTE | use the CPU for a drawn time: on the cores `b`, under the GIL of pool `a` (-1: none)            |
| HOLD    | let a drawn time pass; lanes stay held                                                         |
| JUMP    | go on at step `a`                                                                              |
| AGAIN   | with the probability of `draw` go back to step `a`, as the next occurrence                      |
| FORK    | start `b` branches, listed from `a` on; go on when all have joined                              |
| JOIN    | the end of a branch                                                                            |
| STATUS  | the answer's status is `a` from here on                                                        |
| REUSED  | go to step `a` if the connection was kept alive                                                 |
| BOOT    | hand the lane in seat `b` to a token of its own, which starts at step `a`                       |
| REPLY   | the client has its answer                                                                      |
| END     | the token is gone                                                                              |
"""

from __future__ import annotations

(
    ISSUE,
    ATTEMPT,
    ENTER,
    LEAVE,
    PICK,
    ACQUIRE,
    RELEASE,
    COMPUTE,
    HOLD,
    JUMP,
    AGAIN,
    FORK,
    JOIN,
    STATUS,
    REUSED,
    BOOT,
    REPLY,
    END,
) = range(18)


# Statuses of an answer that are none of HTTP's.
REFUSED, GAVE_UP, BROKEN = -2, -3, -4

# How PICK chooses.
ROUND_ROBIN, RANDOM, LEAST_BUSY, AFFINITY = range(4)

# Why a run stopped. What is full grows and the run goes on; after a BREATH, in which Python looks for a
# Ctrl-C, it goes on as well. STUCK: events go on for ever at one instant.
(
    DONE,
    HORIZON,
    AGENDA_FULL,
    TOKENS_FULL,
    PHASES_FULL,
    VISITS_FULL,
    WAITS_FULL,
    ANSWERS_FULL,
    REQUESTS_FULL,
    BREATH,
    STUCK,
) = range(11)

# How requests come in.
OPEN, CLOSED, REPLAY = range(3)

# What an actor (a token that is no request's) does when it wakes.
NOBODY, ARRIVALS, CORES, GIL, WATCHDOG, EVENTS = range(6)
