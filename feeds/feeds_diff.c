/* SPDX-License-Identifier: BSD-2-Clause
 * What the content that is held of a list would change, or else what its last generation has changed.
 */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/changes.h"
#include "feeds/feeds_internal.h"
#include "feeds/store.h"

static uint64_t number_before(const char *state, uint64_t from)
{
	uint64_t numbers[STORE_FILES_MAX];
	size_t n = store_numbers(state, numbers, STORE_FILES_MAX);
	for (size_t i = 0; i < n; i++)
		if (numbers[i] < from)
			return numbers[i];
	return 0;
}

/* Opens both once more: the daemon's own map is not ours. */
static int between(struct feeds *f, uint64_t to, const char *name, json_t **out, struct err *why)
{
	struct listdb *before = NULL, *after = NULL;
	uint64_t from = number_before(f->state_directory, to);
	int rc = to ? store_open(f->state_directory, to, &after, why)
		    : err_set(why, CEN_ENOTFOUND, "no generation serves yet");
	if (!rc && from)
		rc = store_open(f->state_directory, from, &before, why);
	if (!rc)
		rc = changes_between(before, after, name, CHANGES_KEPT, out, why);
	listdb_close(before);
	listdb_close(after);
	if (!rc) {
		json_object_set_new(*out, "from", json_integer((json_int_t)from));
		json_object_set_new(*out, "to", json_integer((json_int_t)to));
	}
	return rc;
}

int feeds_diff(struct feeds *f, const char *name, char **text, struct err *why)
{
	char held[PATH_MAX];
	json_t *o = NULL;
	uint64_t hash = 0;
	pthread_mutex_lock(&f->lock);
	int rc = ledger_held(&f->ledger, name, &hash);
	uint64_t generation = f->status.generation;
	pthread_mutex_unlock(&f->lock);
	if (rc == CEN_ENOTFOUND)
		return err_set(why, rc, "no list of this name is configured: \"%.64s\"", name);
	snprintf(held, sizeof held, "%s/lists/%s.held", f->cache_directory, name);
	bool is_held = !rc;
	rc = is_held ? changes_read(held, hash, &o, why) : between(f, generation, name, &o, why);
	if (rc)
		return rc;
	json_object_set_new(o, "is_held", json_boolean(is_held));
	*text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return *text ? 0 : err_set(why, -ENOMEM, "out of memory");
}
