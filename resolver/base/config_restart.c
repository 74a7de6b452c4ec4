/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/config_value.h"

/* The file's one key `directory` is three fields. */
static bool is_directory_equal(const struct config *a, const struct config *b)
{
	return !strcmp(a->state_directory, b->state_directory) &&
		!strcmp(a->cache_directory, b->cache_directory) && !strcmp(a->socket, b->socket);
}

static bool is_equal(const struct config_row *row, const struct config *a, const struct config *b)
{
	return strcmp(row->key, "directory") != 0 ? config_value_equal(row, a, b)
						  : is_directory_equal(a, b);
}

size_t config_restart_keys(
	const struct config *running, const struct config *next, char *out, size_t out_size)
{
	const struct config_table *t = config_schema();
	size_t keys = 0, n = 0;
	if (out_size)
		out[0] = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = config_table_row(t, i);
		if (row->is_live || is_equal(row, running, next))
			continue;
		if (n < out_size)
			n += (size_t)snprintf(
				out + n, out_size - n, "%s%s", keys ? ", " : "", row->key);
		keys++;
	}
	return keys;
}
