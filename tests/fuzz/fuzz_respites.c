/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as a respites file: what is taken from it is within bounds, and says the same when it is written and read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/respites.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static size_t count_lines(const char *text, size_t len)
{
	size_t n = len > 0 && text[len - 1] != '\n';
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void check_bounds(const struct respite *e)
{
	HOLDS(e->kind < RESPITE_KINDS && e->scope <= RESPITE_CLIENT);
	HOLDS(e->until_s ? e->until_s > e->since_s : e->kind == RESPITE_PAUSE);
	HOLDS(!e->until_s || e->until_s - e->since_s <= RESPITE_PAUSE_MAX_S);
	HOLDS((e->scope == RESPITE_GROUP) == (e->group[0] != 0));
	HOLDS((e->kind == RESPITE_UNBLOCK) == (e->rule.name.labels > 0));
	HOLDS(e->kind == RESPITE_PAUSE || e->rule.is_self || e->rule.is_below);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct respites r = {0}, again = {0};
	size_t first_bad = 0, lines = count_lines((const char *)data, size), len = 0;
	size_t bad = respites_parse(&r, (const char *)data, size, &first_bad);
	HOLDS(bad + r.count <= lines && r.count <= 2 * RESPITES_MAX);
	HOLDS(bad ? first_bad >= 1 && first_bad <= lines : first_bad == 0);
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);
	HOLDS(f);
	for (size_t i = 0; i < r.count; i++) {
		check_bounds(&r.entries[i]);
		respites_write_line(&r.entries[i], f);
	}
	HOLDS(!fclose(f));
	first_bad = 0;
	HOLDS(respites_parse(&again, text, len, &first_bad) == 0 && again.count == r.count);
	for (size_t i = 0; i < r.count; i++) {
		const struct respite *a = &r.entries[i], *b = &again.entries[i];
		HOLDS(a->kind == b->kind && a->scope == b->scope && !strcmp(a->group, b->group));
		HOLDS(a->since_s == b->since_s && a->until_s == b->until_s);
		HOLDS(addr_equal(&a->client, &b->client));
		HOLDS(a->rule.is_self == b->rule.is_self && a->rule.is_below == b->rule.is_below);
		HOLDS(a->kind == RESPITE_PAUSE || dname_equal(&a->rule.name, &b->rule.name));
	}
	free(text);
	free(r.entries);
	free(again.entries);
	return 0;
}
