/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "dga/label.h"
#include "dga/outfile.h"
#include "dga/popularity_file.h"
#include "dga/top_list.h"
#include "resolver/base/suffix.h"

/* The keys of the first domains of a list. */
struct gathering {
	size_t max;
	uint64_t *keys; /* in the list's order */
	size_t count;
	uint64_t *slots; /* the same keys, to find those that come again; 0: empty */
	size_t mask;
	bool is_over; /* there was one more than `max` */
};

/* False: it was there already. */
static bool remember(struct gathering *g, uint64_t key)
{
	uint64_t wanted = key ? key : 1;
	size_t i = (size_t)wanted & g->mask;
	for (; g->slots[i]; i = (i + 1) & g->mask)
		if (g->slots[i] == wanted)
			return false;
	if (g->count < g->max)
		g->slots[i] = wanted;
	return true;
}

static bool gather(void *arg, const struct dname *name)
{
	struct gathering *g = arg;
	/* Measured top lists hold `com` and `co.uk`, too. */
	if (suffix_is_public(name))
		return true;
	uint64_t key = popularity_file_key(name);
	if (!remember(g, key))
		return true;
	if (g->count == g->max) {
		g->is_over = true;
		return false;
	}
	g->keys[g->count++] = key;
	return true;
}

static int gather_all(struct gathering *g, const char *list, struct err *why)
{
	size_t slots = 16;
	while (slots < 2 * g->max)
		slots *= 2;
	g->mask = slots - 1;
	g->keys = malloc(g->max * sizeof *g->keys);
	g->slots = calloc(slots, sizeof *g->slots);
	if (!g->keys || !g->slots)
		return err_set(why, -ENOMEM, "%s: out of memory", list);
	int e = top_list_read(list, gather, g, why);
	if (!e && !g->count)
		e = err_set(why, CEN_EFORMAT, "%s: holds no domains but public suffixes", list);
	return e;
}

static int build(const struct gathering *g, uint8_t **bytes, size_t *len, struct err *why)
{
	struct fuse f = {0};
	fuse_plan(&f, g->count);
	*len = POPULARITY_HEADER + fuse_bytes(&f);
	*bytes = malloc(*len);
	int e = *bytes ? fuse_build(&f, *bytes + POPULARITY_HEADER, g->keys, g->count) : -ENOMEM;
	if (!e) {
		popularity_file_seal(&f, (uint32_t)g->count, *bytes, *len);
		return 0;
	}
	free(*bytes);
	*bytes = NULL;
	return err_set(why, e, "the set of popular domains cannot be built: %s", err_string(e));
}

int64_t popularity_file_make(
	const char *list, size_t max, bool is_whole, uint8_t **bytes, size_t *len, struct err *why)
{
	struct gathering g = {.max = max};
	if (!max || max > POPULARITY_NAMES_MAX)
		return err_set(why, CEN_ERANGE, "%zu domains: a set has 1 to %d", max,
			POPULARITY_NAMES_MAX);
	int e = gather_all(&g, list, why);
	if (!e && g.is_over && is_whole)
		e = err_set(why, CEN_ELIMIT,
			"%s: more than %zu domains; its first lines are enough", list, max);
	if (!e)
		e = build(&g, bytes, len, why);
	free(g.keys);
	free(g.slots);
	return e ? e : (int64_t)g.count;
}

int64_t popularity_make(const char *list, size_t max, const char *out, struct err *why)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int64_t count = popularity_file_make(list, max, false, &bytes, &len, why);
	if (count < 0)
		return count;
	int e = outfile_write(out, bytes, len, why);
	free(bytes);
	return e ? e : count;
}
