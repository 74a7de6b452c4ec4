/* SPDX-License-Identifier: BSD-2-Clause
 * Gives each distinct list set one number: a million names share a handful of sets.
 *
 * Threads: a pool belongs to one thread. Owns: its memory, 64 octets a set and 8 more for finding it.
 */
#pragma once

#include <stdint.h>

#include "feeds/listdb/listdb.h"

struct setpool {
	struct listdb_set *sets; /* set 0 is empty */
	uint32_t count, room;
	uint32_t *slots; /* numbers by hash; 0: free */
	uint32_t slot_mask;
};

int setpool_init(struct setpool *p);
void setpool_clear(struct setpool *p);
/* 0 or -ENOMEM. The empty set is number 0. */
int setpool_number(struct setpool *p, const struct listdb_set *set, uint32_t *out);
