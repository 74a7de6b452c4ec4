/* SPDX-License-Identifier: BSD-2-Clause
 * From one worker to the evidence thread: a ring of events in fixed memory. A full ring drops what is new, and counts it.
 *
 * Threads: one writer, one reader, without a lock.
 * Owns: its memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/event.h"

struct ring;

/* `bytes`: a power of two, at least 4096. Memory is touched when it is used. NULL when it is short. */
struct ring *ring_new(size_t bytes);
void ring_free(struct ring *r);

/* Writer: copies it. Some 20 ns. */
void ring_put(struct ring *r, const struct evidence_event *event);
/* Reader: false when there is none. */
bool ring_take(struct ring *r, struct evidence_event *out);
/* Reader: when the next one was; false when there is none. */
bool ring_peek(const struct ring *r, uint64_t *at_ms);
/* Any thread: events that found no room since the start. */
uint64_t ring_dropped(const struct ring *r);
