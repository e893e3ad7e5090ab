/* The simulator's loop as one would write it in C for these models alone: pools with queues, computing for a
   drawn time, an agenda in a binary heap, the latency of each request, the time that each pool was held, how
   long its requests queued. No clients that give up, no GIL, no recording. Demands are drawn as the engine
   draws them, so both give the same latencies to the ns, which bench_simulator.py checks. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { ACQUIRE, COMPUTE, RELEASE, END };
enum { CONSTANT, EXPONENTIAL };

typedef struct { int64_t op, pool, law, ns; double mean; uint64_t name; } Step;
typedef struct { int64_t free, head, tail, length, most, held, waited, since; } Pool;
typedef struct { int64_t pc, next, due, since; uint64_t salt; } Token;
typedef struct { int64_t time, order, token; } Event;

static Event *heap;
static int64_t size;

static inline uint64_t mix(uint64_t x) {
    const uint64_t mask = ~0ULL >> 1;
    x = ((x ^ (x >> 31)) * 0x3F58476D1CE4E5B9ULL) & mask;
    x = ((x ^ (x >> 29)) * 0x14D049BB133111EBULL) & mask;
    return x ^ (x >> 32);
}

static inline double exponential(uint64_t salt, uint64_t name) {
    return -log(((double)(int64_t)(mix(salt ^ name) >> 11) + 0.5) * 0x1p-52);
}

static inline int before(Event a, Event b) {
    return a.time < b.time || (a.time == b.time && a.order < b.order);
}

static void push(Event e) {
    int64_t hole = size++;
    while (hole > 0) {
        int64_t parent = (hole - 1) >> 1;
        if (before(heap[parent], e)) break;
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = e;
}

static Event pop(void) {
    Event first = heap[0], last = heap[--size];
    int64_t hole = 0, child = 1;
    while (child < size) {
        if (child + 1 < size && before(heap[child + 1], heap[child])) child++;
        if (before(last, heap[child])) break;
        heap[hole] = heap[child];
        hole = child;
        child = 2 * hole + 1;
    }
    heap[hole] = last;
    return first;
}

/* Serve so many open requests; `latency` has a place for each. Give how many events there were. */
int64_t serve(const Step *steps, Pool *pools, int64_t requests, uint64_t seed, uint64_t arrival, double rate,
              int64_t *latency) {
    int64_t room = 1 << 16, spare = -1, arrived = 0, order = 0, answered = 0, events = 0, now = 0;
    Token *tokens = malloc(room * sizeof(Token));
    heap = malloc(room * sizeof(Event));
    size = 0;
    for (int64_t i = room - 1; i >= 0; i--) { tokens[i].next = spare; spare = i; }
    uint64_t salt = mix(seed ^ mix(0));
    push((Event){(int64_t)(exponential(salt, arrival) / rate + 0.5), ++order, -1});
    while (size > 0) {
        Event event = pop();
        int64_t ready = event.token, last = event.token;
        now = event.time;
        events++;
        if (event.token < 0) {
            if (spare < 0) return -1;
            ready = last = spare;
            spare = tokens[ready].next;
            tokens[ready] = (Token){.pc = 0, .due = now, .salt = salt};
            if (++arrived < requests) {
                salt = mix(seed ^ mix((uint64_t)arrived));
                push((Event){(int64_t)((double)now + exponential(salt, arrival) / rate + 0.5), ++order, -1});
            }
        }
        tokens[ready].next = -1;
        while (ready >= 0) {
            int64_t t = ready, going = 1;
            Token *token = &tokens[t];
            while (going) {
                const Step *step = &steps[token->pc++];
                Pool *pool = &pools[step->pool];
                switch (step->op) {
                case ACQUIRE:
                    if (pool->free > 0) {
                        pool->held -= now;
                        pool->free--;
                        break;
                    }
                    token->since = now;
                    ready = token->next;
                    token->next = -1;
                    if (pool->head < 0) pool->head = t; else tokens[pool->tail].next = t;
                    pool->tail = t;
                    if (++pool->length > pool->most) pool->most = pool->length;
                    going = 0;
                    break;
                case COMPUTE: {
                    int64_t ns = step->ns;
                    if (step->law == EXPONENTIAL)
                        ns = (int64_t)(step->mean * exponential(token->salt, step->name) + 0.5);
                    if (ns == 0) break;
                    push((Event){now + ns, ++order, t});
                    ready = token->next;
                    going = 0;
                    break;
                }
                case RELEASE:
                    pool->held += now;
                    if (pool->head < 0) {
                        pool->free++;
                    } else {
                        int64_t next = pool->head;
                        pool->head = tokens[next].next;
                        pool->length--;
                        pool->held -= now;
                        pool->waited += now - tokens[next].since;
                        tokens[next].next = -1;
                        tokens[last].next = next;
                        last = next;
                    }
                    break;
                case END:
                    latency[answered++] = now - token->due;
                    ready = token->next;
                    token->next = spare;
                    spare = t;
                    going = 0;
                    break;
                }
            }
        }
    }
    free(tokens);
    free(heap);
    return events;
}
