/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/calendar_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calendar.h"
#include "dga/label.h"
#include "dga/popularity.h"
#include "resolver/base/hash.h"

enum { FIRST_SLOTS = 1 << 14, FAMILIES_MAX = 256 };

/* The hashes of what has been seen: open addressing, at most half full. */
struct seen {
	uint64_t *slots;
	size_t mask, count;
};

struct making {
	const struct calendar_list_wish *wish;
	FILE *to;
	struct calendar_list_tally *tally;
	struct popularity *popular;
	struct seen names; /* with their families */
	uint64_t families[FAMILIES_MAX]; /* hashes */
	int rc; /* why it was ended */
	struct err *why;
};

static bool put(struct seen *s, uint64_t hash)
{
	size_t i = (size_t)(hash & s->mask);
	for (; s->slots[i]; i = (i + 1) & s->mask)
		if (s->slots[i] == hash)
			return false;
	s->slots[i] = hash;
	s->count++;
	return true;
}

static int grow(struct seen *s)
{
	struct seen next = {.mask = s->slots ? s->mask * 2 + 1 : FIRST_SLOTS - 1};
	if (s->slots && s->count * 2 <= s->mask)
		return 0;
	next.slots = calloc(next.mask + 1, sizeof *next.slots);
	if (!next.slots)
		return -ENOMEM;
	for (size_t i = 0; s->slots && i <= s->mask; i++)
		if (s->slots[i])
			put(&next, s->slots[i]);
	free(s->slots);
	*s = next;
	return 0;
}

/* 0: not seen before; 1: seen; or a code. */
static int note_name(struct making *m, const char *family, const char *name)
{
	uint64_t hash = hash_bytes(name, strlen(name), hash_bytes(family, strlen(family), 0));
	if (grow(&m->names))
		return err_set(m->why, -ENOMEM, "the calendar: out of memory");
	if (!put(&m->names, hash ? hash : 1))
		return 1;
	return m->names.count <= CALENDAR_LIST_NAMES_MAX
		? 0
		: err_set(m->why, CEN_ELIMIT,
			  "the calendar has more than %d names (fewer dga.calendar.days or seeds)",
			  CALENDAR_LIST_NAMES_MAX);
}

static void note_family(struct making *m, const char *family)
{
	uint64_t hash = hash_bytes(family, strlen(family), 0);
	uint32_t i = 0, n = m->tally->families;
	while (i < n && m->families[i] != hash)
		i++;
	if (i < n || n == FAMILIES_MAX)
		return;
	m->families[n] = hash;
	m->tally->families++;
}

static bool take(void *arg, int64_t day, const struct calendar_maker *maker, const char *text)
{
	struct making *m = arg;
	struct dname name;
	struct label label;
	(void)day;
	if (m->wish->is_undated && maker->is_dated)
		return true;
	int seen = note_name(m, maker->family, text);
	if (seen) {
		m->rc = seen < 0 ? seen : 0;
		return seen > 0;
	}
	if (dname_from_text(text, strlen(text), &name) || !label_find(&name, &label)) {
		m->tally->too_short++;
	} else if (popularity_has(m->popular, &name)) {
		m->tally->popular++;
	} else {
		m->tally->names++;
		note_family(m, maker->family);
		fprintf(m->to, "%s\t%s\n", text, maker->family);
	}
	if (!ferror(m->to))
		return true;
	m->rc = err_set(m->why, -errno, "the calendar cannot be written: %s", strerror(errno));
	return false;
}

int calendar_list_make(const struct calendar_list_wish *wish, FILE *to,
	struct calendar_list_tally *tally, struct err *why)
{
	struct making m = {.wish = wish, .to = to, .tally = tally, .why = why};
	const struct calendar_request request = {.first_day = wish->first_day,
		.last_day = wish->is_undated ? wish->first_day : wish->last_day,
		.seeds = *wish->seeds ? wish->seeds : NULL};
	*tally = (struct calendar_list_tally){0};
	int rc = popularity_open(*wish->popular ? wish->popular : NULL, &m.popular, why);
	if (!rc)
		rc = calendar_each(&request, take, &m, why);
	popularity_close(m.popular);
	free(m.names.slots);
	return rc ? rc : m.rc;
}
