/* SPDX-License-Identifier: BSD-2-Clause
 * Whose names the calendar holds: the families there are generators for, each with a counter.
 *
 * Threads: immutable once made.
 */
#pragma once

#include <stddef.h>

enum {
	BOTNETS_MAX = 64, /* the last one is shared by all that are not known */
};

struct botnets {
	const char *names[BOTNETS_MAX - 1]; /* of the generators' constant tables */
	unsigned count;
};

void botnets_fill(struct botnets *b);

/* The family's counter; that of all others for a name that is not known, or NULL. Bounded, some 0.2 us. */
unsigned botnets_index(const struct botnets *b, const char *family);
/* "other" for the last one; NULL for a counter that has no family. */
const char *botnets_name(const struct botnets *b, unsigned index);
