/* SPDX-License-Identifier: BSD-2-Clause
 * A feeds thread that is not there, for tests of the web edge. Included once by a test, through fake_edge.h.
 *
 * Threads: the fields are set before the edge starts; the counters are atomic.
 */
#pragma once

#include <stdatomic.h>
#include <string.h>

#include "feeds/feeds.h"

struct feeds {
	struct feeds_status status;
	struct feeds_list_status lists[4];
	size_t list_count;
	_Atomic unsigned updates, waits;
	unsigned settles_after; /* calls of feeds_wait that say no */
};

void feeds_status(struct feeds *f, struct feeds_status *out)
{
	*out = f->status;
}

size_t feeds_list_status(struct feeds *f, struct feeds_list_status *out, size_t max)
{
	for (size_t i = 0; i < f->list_count && i < max; i++)
		out[i] = f->lists[i];
	return f->list_count;
}

int feeds_update(struct feeds *f, const char *name)
{
	f->updates++;
	if (!name)
		return 0;
	for (size_t i = 0; i < f->list_count; i++)
		if (!strcmp(f->lists[i].name, name))
			return 0;
	return CEN_ENOTFOUND;
}

bool feeds_wait(struct feeds *f, uint32_t timeout_ms)
{
	(void)timeout_ms;
	return f->waits++ >= f->settles_after;
}
