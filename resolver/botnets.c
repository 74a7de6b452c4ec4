/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/botnets.h"

#include <stdbool.h>
#include <string.h>

#include "dga/calendar.h"

static bool has(const struct botnets *b, const char *family)
{
	for (unsigned i = 0; i < b->count; i++)
		if (!strcmp(b->names[i], family))
			return true;
	return false;
}

void botnets_fill(struct botnets *b)
{
	struct calendar_maker maker;
	size_t sets;
	b->count = 0;
	for (size_t i = 0; calendar_generator(i, &maker, &sets); i++)
		if (b->count < BOTNETS_MAX - 1 && !has(b, maker.family))
			b->names[b->count++] = maker.family;
}

unsigned botnets_index(const struct botnets *b, const char *family)
{
	for (unsigned i = 0; b && family && i < b->count; i++)
		if (!strcmp(b->names[i], family))
			return i;
	return BOTNETS_MAX - 1;
}

const char *botnets_name(const struct botnets *b, unsigned index)
{
	if (index == BOTNETS_MAX - 1)
		return "other";
	return index < b->count ? b->names[index] : NULL;
}
