/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/botnets.h"

#include <string.h>

void botnets_fill(struct botnets *b)
{
	b->count = 0;
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
