/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/case_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct case_book {
	struct evidence_case **cases; /* by number, rising */
	size_t count, max;
	uint64_t next_id;
};

int case_book_new(uint32_t max, struct case_book **out, struct err *why)
{
	struct case_book *b = calloc(1, sizeof *b);
	if (b)
		b->cases = calloc(max, sizeof *b->cases);
	if (!b || !b->cases) {
		free(b);
		return err_set(
			why, -ENOMEM, "evidence.cases: there is no memory for %u cases", max);
	}
	b->max = max;
	b->next_id = 1;
	*out = b;
	return 0;
}

void case_book_free(struct case_book *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		free(b->cases[i]);
	free(b->cases);
	free(b);
}

bool case_book_is_live(const struct evidence_case *c)
{
	return c->state == CASE_OPEN || c->state == CASE_ACKNOWLEDGED;
}

static void take_out(struct case_book *b, size_t i)
{
	free(b->cases[i]);
	b->count--;
	memmove(&b->cases[i], &b->cases[i + 1], (b->count - i) * sizeof *b->cases);
}

static uint64_t make_room(struct case_book *b)
{
	size_t i = 0;
	while (i < b->count && case_book_is_live(b->cases[i]))
		i++;
	if (i == b->count)
		i = 0;
	uint64_t id = b->cases[i]->id;
	take_out(b, i);
	return id;
}

struct evidence_case *case_book_open(struct case_book *b, const struct addr *client, uint64_t *gone)
{
	struct evidence_case *c = calloc(1, sizeof *c);
	*gone = 0;
	if (!c)
		return NULL;
	if (b->count == b->max)
		*gone = make_room(b);
	c->id = b->next_id++;
	c->client = *client;
	c->state = CASE_OPEN;
	b->cases[b->count++] = c;
	return c;
}

/* The first one whose number is not below it. */
static size_t place_of(const struct case_book *b, uint64_t id)
{
	size_t low = 0, high = b->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (b->cases[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool case_book_restore(struct case_book *b, const struct evidence_case *c)
{
	size_t i = place_of(b, c->id);
	bool is_taken = i < b->count && b->cases[i]->id == c->id;
	struct evidence_case *copy = b->count == b->max || is_taken ? NULL : malloc(sizeof *copy);
	if (!copy)
		return false;
	*copy = *c;
	memmove(&b->cases[i + 1], &b->cases[i], (b->count - i) * sizeof *b->cases);
	b->cases[i] = copy;
	b->count++;
	case_book_skip_to(b, c->id + 1);
	return true;
}

struct evidence_case *case_book_find(const struct case_book *b, uint64_t id)
{
	size_t i = place_of(b, id);
	return i < b->count && b->cases[i]->id == id ? b->cases[i] : NULL;
}

struct evidence_case *case_book_of_client(const struct case_book *b, const struct addr *client)
{
	for (size_t i = b->count; i--;)
		if (case_book_is_live(b->cases[i]) && addr_equal(&b->cases[i]->client, client))
			return b->cases[i];
	return NULL;
}

size_t case_book_count(const struct case_book *b)
{
	return b->count;
}

struct evidence_case *case_book_at(const struct case_book *b, size_t i)
{
	return b->cases[i];
}

void case_book_skip_to(struct case_book *b, uint64_t next_id)
{
	if (next_id > b->next_id)
		b->next_id = next_id;
}

uint64_t case_book_next_id(const struct case_book *b)
{
	return b->next_id;
}
