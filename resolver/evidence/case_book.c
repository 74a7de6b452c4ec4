/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/case_book.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"

/* A case in the chain of its client's bucket. */
struct entry {
	struct evidence_case kept; /* first: what others hold a pointer to */
	struct entry *next;
};

struct case_book {
	struct evidence_case **cases; /* by number, rising */
	size_t count, max;
	uint64_t next_id;
	struct entry **buckets; /* by client */
	size_t bucket_count;
	uint64_t seed; /* secret: who chooses addresses cannot aim at a bucket */
};

int case_book_new(uint32_t max, struct case_book **out, struct err *why)
{
	struct case_book *b = calloc(1, sizeof *b);
	if (b) {
		b->cases = calloc(max, sizeof *b->cases);
		b->buckets = calloc(max, sizeof *b->buckets);
	}
	if (!b || !b->cases || !b->buckets) {
		case_book_free(b);
		return err_set(
			why, -ENOMEM, "evidence.cases: there is no memory for %u cases", max);
	}
	b->max = b->bucket_count = max;
	randombytes_buf(&b->seed, sizeof b->seed);
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
	free(b->buckets);
	free(b);
}

bool case_book_is_live(const struct evidence_case *c)
{
	return c->state == CASE_OPEN || c->state == CASE_ACKNOWLEDGED;
}

/* --- by client -------------------------------------------------------------------------------- */

static struct entry **bucket_of(const struct case_book *b, const struct addr *client)
{
	return &b->buckets[hash_bytes(client->bytes, sizeof client->bytes, b->seed) %
		b->bucket_count];
}

/* The newest first. */
static void chain(struct case_book *b, struct entry *e)
{
	struct entry **bucket = bucket_of(b, &e->kept.client);
	e->next = *bucket;
	*bucket = e;
}

static void unchain(struct case_book *b, const struct evidence_case *c)
{
	struct entry **at = bucket_of(b, &c->client);
	while (&(*at)->kept != c)
		at = &(*at)->next;
	*at = (*at)->next;
}

/* One whose client was withheld from the disk is nobody's any more. */
static bool is_of(const struct evidence_case *c, const struct addr *client)
{
	return c->client_bits && addr_equal(&c->client, client);
}

struct evidence_case *case_book_of_client(const struct case_book *b, const struct addr *client)
{
	for (struct entry *e = *bucket_of(b, client); e; e = e->next)
		if (case_book_is_live(&e->kept) && is_of(&e->kept, client))
			return &e->kept;
	return NULL;
}

struct evidence_case *case_book_pardoned(
	const struct case_book *b, const struct addr *client, const struct evidence_case *after)
{
	struct entry *e = after ? ((const struct entry *)after)->next : *bucket_of(b, client);
	while (e && (e->kept.state != CASE_FALSE_POSITIVE || !is_of(&e->kept, client)))
		e = e->next;
	return e ? &e->kept : NULL;
}

/* --- by number -------------------------------------------------------------------------------- */

static void take_out(struct case_book *b, size_t i)
{
	unchain(b, b->cases[i]);
	free(b->cases[i]);
	b->count--;
	memmove(&b->cases[i], &b->cases[i + 1], (b->count - i) * sizeof *b->cases);
}

/* The oldest that is done; `count`: there is none. */
static size_t first_done(const struct case_book *b)
{
	size_t i = 0;
	while (i < b->count && case_book_is_live(b->cases[i]))
		i++;
	return i;
}

static uint64_t make_room(struct case_book *b)
{
	size_t i = first_done(b);
	if (i == b->count)
		i = 0;
	uint64_t id = b->cases[i]->id;
	take_out(b, i);
	return id;
}

uint64_t case_book_expire(struct case_book *b, uint64_t before_ms)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct evidence_case *c = b->cases[i];
		if (case_book_is_live(c) || c->changed_ms >= before_ms)
			continue;
		uint64_t id = c->id;
		take_out(b, i);
		return id;
	}
	return 0;
}

struct evidence_case *case_book_open(
	struct case_book *b, const struct addr *client, uint8_t bits, uint64_t *gone)
{
	struct entry *e = calloc(1, sizeof *e);
	*gone = 0;
	if (!e)
		return NULL;
	struct evidence_case *c = &e->kept;
	if (b->count == b->max)
		*gone = make_room(b);
	c->id = b->next_id++;
	c->client = *client;
	c->client_bits = bits;
	c->state = CASE_OPEN;
	chain(b, e);
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
	/* What is done makes no room for itself. */
	bool is_full = b->count == b->max;
	if (case_book_find(b, c->id) ||
		(is_full && !case_book_is_live(c) && first_done(b) == b->count))
		return false;
	struct entry *copy = malloc(sizeof *copy);
	if (!copy)
		return false;
	if (is_full)
		(void)make_room(b);
	size_t i = place_of(b, c->id);
	copy->kept = *c;
	chain(b, copy);
	memmove(&b->cases[i + 1], &b->cases[i], (b->count - i) * sizeof *b->cases);
	b->cases[i] = &copy->kept;
	b->count++;
	case_book_skip_to(b, c->id + 1);
	return true;
}

struct evidence_case *case_book_find(const struct case_book *b, uint64_t id)
{
	size_t i = place_of(b, id);
	return i < b->count && b->cases[i]->id == id ? b->cases[i] : NULL;
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
