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

void feeds_notify_counts(struct feeds *f, struct feeds_notify_counts *out)
{
	(void)f;
	*out = (struct feeds_notify_counts){.taken = 3};
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

int feeds_accept(struct feeds *f, const char *name)
{
	for (size_t i = 0; i < f->list_count; i++)
		if (!strcmp(f->lists[i].name, name))
			return f->lists[i].guard ? 0 : CEN_EREFUSED;
	return CEN_ENOTFOUND;
}

int feeds_diff(struct feeds *f, const char *name, char **text, struct err *why)
{
	(void)f;
	if (strcmp(name, "ads") != 0)
		return err_set(why, CEN_ENOTFOUND, "no such list");
	*text = strdup("{\"added\": 1, \"removed\": 0, \"changes\": [\"+a.example\"]}");
	return 0;
}

int feeds_rollback(struct feeds *f, uint64_t number, unsigned back, uint64_t *now, struct err *why)
{
	*now = number ? number : f->status.generation - (back ? back : 1);
	return *now < 5 ? err_set(why, CEN_ENOTFOUND, "not so many") : 0;
}

int feeds_release(struct feeds *f, uint64_t *now, struct err *why)
{
	*now = f->status.newest;
	return f->status.pinned ? 0 : err_set(why, CEN_EREFUSED, "no older generation is pinned");
}

size_t feeds_generations(struct feeds *f, struct feeds_generation *out, size_t max)
{
	for (size_t i = 0; i < 3 && i < max; i++)
		out[i] = (struct feeds_generation){.number = f->status.generation - i,
			.created_s = 1700000000,
			.names = i ? 0 : 1000000,
			.is_in_force = !i};
	return 3;
}

bool feeds_wait(struct feeds *f, uint32_t timeout_ms)
{
	(void)timeout_ms;
	return f->waits++ >= f->settles_after;
}
