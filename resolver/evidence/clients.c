/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/clients.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/hash.h"
#include "resolver/evidence/sprt.h"

enum { WAYS = 16, LINES_A_CLIENT = 2, DAY_S = 86400, SEEN_HASHES = 3 };

struct clients {
	uint64_t seed; /* secret */
	struct client *slots;
	struct client_line *lines;
	uint64_t next_number;
	uint32_t bucket_count, line_count, used;
};

int clients_new(uint32_t max, struct clients **out, struct err *why)
{
	struct clients *c = calloc(1, sizeof *c);
	if (c) {
		randombytes_buf(&c->seed, sizeof c->seed);
		/* Half as many slots again: else buckets overflow long before the table is full. */
		c->bucket_count = (max + max / 2 + WAYS - 1) / WAYS;
		c->line_count = max * LINES_A_CLIENT;
		c->slots = calloc((size_t)c->bucket_count * WAYS, sizeof *c->slots);
		c->lines = calloc(c->line_count, sizeof *c->lines);
	}
	if (c && c->slots && c->lines) {
		*out = c;
		return 0;
	}
	clients_free(c);
	return err_set(why, -ENOMEM, "evidence.clients: there is no memory for %u clients", max);
}

void clients_free(struct clients *c)
{
	if (!c)
		return;
	free(c->slots);
	free(c->lines);
	free(c);
}

static struct client *bucket_of(const struct clients *c, const struct addr *address)
{
	uint64_t h = hash_bytes(address->bytes, sizeof address->bytes, c->seed);
	return &c->slots[(size_t)(h % c->bucket_count) * WAYS];
}

struct client *clients_find(struct clients *c, const struct addr *address)
{
	struct client *bucket = bucket_of(c, address);
	for (unsigned i = 0; i < WAYS; i++)
		if (bucket[i].is_used && addr_equal(&bucket[i].address, address))
			return &bucket[i];
	return NULL;
}

/* Goes before the other? Free ones first, those with a case last. */
static bool goes_first(const struct client *a, const struct client *b)
{
	if (a->is_used != b->is_used)
		return !a->is_used;
	if (a->has_case != b->has_case)
		return !a->has_case;
	return a->last_s < b->last_s;
}

struct client *clients_take(struct clients *c, const struct addr *address, bool *evicted)
{
	struct client *found = clients_find(c, address);
	*evicted = false;
	if (found)
		return found;
	struct client *bucket = bucket_of(c, address), *least = bucket;
	for (unsigned i = 1; i < WAYS; i++)
		if (goes_first(&bucket[i], least))
			least = &bucket[i];
	*evicted = least->is_used;
	c->used += !least->is_used;
	*least = (struct client){.address = *address};
	return least;
}

uint32_t clients_count(const struct clients *c)
{
	return c->used;
}

void clients_each(struct clients *c, void (*each)(void *arg, struct client *client), void *arg)
{
	for (size_t i = 0; i < (size_t)c->bucket_count * WAYS; i++)
		if (c->slots[i].is_used)
			each(arg, &c->slots[i]);
}

/* --- what has counted ------------------------------------------------------------------------- */

bool clients_is_seen(struct client *client, uint64_t hash, uint32_t now_s)
{
	enum { BITS = CLIENTS_SEEN_WORDS * 64 };
	/* A clock that was set back forgets nothing. */
	if (now_s < client->seen_since_s)
		client->seen_since_s = now_s;
	if (now_s - client->seen_since_s >= DAY_S) {
		memset(client->seen, 0, sizeof client->seen);
		client->seen_since_s = now_s;
		client->counted = 0;
	}
	bool is_seen = true;
	for (unsigned i = 0; i < SEEN_HASHES; i++, hash >>= 16) {
		uint64_t bit = UINT64_C(1) << (hash % 64);
		uint64_t *word = &client->seen[hash / 64 % (BITS / 64)];
		is_seen = is_seen && *word & bit;
		*word |= bit;
	}
	if (is_seen || client->counted >= SPRT_NAMES_A_DAY)
		return true;
	client->counted++;
	return false;
}

/* --- evidence in words ------------------------------------------------------------------------ */

/* As much of the end of the name as there is room for. */
static void keep_name(struct client_line *line, const struct dname *name)
{
	const uint8_t *at = name->bytes;
	size_t left = name->len;
	while (left > CLIENTS_NAME_MAX) {
		left -= (size_t)*at + 1;
		at += *at + 1;
	}
	line->name_len = (uint8_t)left;
	memcpy(line->name, at, left);
}

void clients_add_line(struct clients *c, struct client *client, const struct case_line *line)
{
	uint32_t index = (uint32_t)(c->next_number % c->line_count);
	struct client_line *to = &c->lines[index];
	*to = (struct client_line){.at_ms = line->at_ms,
		.number = c->next_number++,
		.owner = (uint32_t)(client - c->slots) + 1,
		.before = client->line,
		.score = line->score,
		.llr = line->llr,
		.qtype = line->qtype,
		.kind = (uint8_t)line->kind,
		.class = (uint8_t)line->class};
	keep_name(to, &line->name);
	client->line = index + 1;
}

static void line_out(const struct client_line *from, struct case_line *to)
{
	*to = (struct case_line){.at_ms = from->at_ms,
		.kind = (enum evidence_kind)from->kind,
		.class = (enum dga_class)from->class,
		.qtype = from->qtype,
		.score = from->score,
		.llr = from->llr};
	if (!dname_from_wire(from->name, from->name_len, &to->name))
		(void)dname_from_wire((const uint8_t *)"", 1, &to->name);
}

size_t clients_lines(
	struct clients *c, const struct client *client, struct case_line *out, size_t max)
{
	uint32_t owner = (uint32_t)(client - c->slots) + 1, at = client->line;
	size_t n = 0;
	/* The chain ends where the ring has come round: the line is another client's, or a newer one of this. */
	for (uint64_t after = UINT64_MAX; at && n < max; n++) {
		const struct client_line *line = &c->lines[at - 1];
		if (line->owner != owner || line->number >= after)
			break;
		after = line->number;
		line_out(line, &out[n]);
		at = line->before;
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct case_line swap = out[i];
		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swap;
	}
	return n;
}
