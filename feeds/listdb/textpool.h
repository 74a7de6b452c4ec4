/* SPDX-License-Identifier: BSD-2-Clause
 * Octets of many texts in one piece, equal ones once: where a text lies says which one it is.
 *
 * Threads: a pool belongs to one thread.
 * Owns: its memory: the texts, and 16 to 24 octets for finding each.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct textpool_entry {
	uint32_t at, len;
};

struct textpool {
	uint8_t *bytes;
	size_t len, room;
	struct textpool_entry *entries;
	uint32_t count, entry_room;
	uint32_t *slots; /* numbers of entries from 1, by hash; 0: free */
	uint32_t slot_mask;
};

int textpool_init(struct textpool *p);
void textpool_clear(struct textpool *p);
/* 0 or -ENOMEM. An empty text is at 0. */
int textpool_add(struct textpool *p, const void *bytes, size_t len, uint32_t *at);
/* Forgets all but the first `count` texts. */
void textpool_cut(struct textpool *p, uint32_t count);
/* What it takes. */
size_t textpool_memory(const struct textpool *p);
