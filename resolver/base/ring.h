/* SPDX-License-Identifier: BSD-2-Clause
 * From one thread to another: a ring of items of any length in fixed memory. A full ring drops what is new, and counts it.
 *
 * Threads: one writer, one reader, without a lock.
 * Owns: its memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* `bytes`: a power of two, at least 4096. Memory is touched when it is used. NULL when it is short. */
struct ring *ring_new(size_t bytes);
void ring_free(struct ring *r);

/* Writer: room for an item of up to `max` octets, at a multiple of eight; NULL when there is none, and it is counted as dropped. Its first eight are a
 * number by which ring_peek shows it: a time. */
void *ring_begin(struct ring *r, size_t max);
/* Writer: the item that was begun has `len` octets, and is there. True: more than a sixteenth of the ring waits; the reader had better come. */
bool ring_commit(struct ring *r, size_t len);
/* Writer: both, for an item that lies elsewhere. */
void ring_put(struct ring *r, const void *item, size_t len);
/* Writer: counts one that could not even be described as dropped. */
void ring_miss(struct ring *r);
/* Reader: the number of the next one; false when there is none. */
bool ring_peek(struct ring *r, uint64_t *number);
/* Reader: the next one where it lies, at a multiple of eight, until ring_release; NULL when there is none. */
const void *ring_next(struct ring *r, size_t *len);
/* Reader: the room of all that was taken is free again. Once for many costs the writer less. */
void ring_release(struct ring *r);
/* Reader: copies the next one and gives back its room. Its length, at most `max`, which no item exceeds; 0 when there is none. */
size_t ring_take(struct ring *r, void *out, size_t max);
/* Any thread: items that found no room since the start. */
uint64_t ring_dropped(const struct ring *r);
