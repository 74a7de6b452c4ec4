/* SPDX-License-Identifier: BSD-2-Clause
 * What is known of each client, in fixed memory: the sum of its test, which names have counted, and the last evidence in words.
 *
 * Threads: one at a time.
 * Owns: its memory, which is touched as clients come: 156 octets for a client, 96 for each piece of evidence, two of them for each.
 * Method: buckets of sixteen by a keyed hash (a stranger who chooses addresses cannot aim at one). In a full bucket the client makes room that
 *         was seen longest ago; one with a case gives way last.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/err.h"
#include "resolver/evidence/cases.h"

enum { CLIENTS_SEEN_WORDS = 8, CLIENTS_NAME_MAX = 56 };

struct client {
	struct addr address; /* of the prefix */
	bool is_used;
	uint8_t counted; /* pieces of evidence since `seen_since_s`, at most SPRT_NAMES_A_DAY */
	bool has_case;
	uint32_t last_s; /* of the last evidence; wall time since 1970 */
	uint32_t seen_since_s;
	int32_t sum; /* milli-nats, as of last_s */
	uint32_t line; /* of the newest piece of evidence, and 1; 0: none */
	uint64_t seen[CLIENTS_SEEN_WORDS]; /* a Bloom filter of what counted since seen_since_s */
};

/* A piece of evidence, kept until the ring of all clients' comes round. */
struct client_line {
	uint64_t at_ms;
	uint64_t number; /* rises with every line */
	uint32_t owner; /* index of the client, and 1; 0: free */
	uint32_t
		before; /* the one before of the same client, and 1; may belong to another by now */
	int32_t score, llr;
	uint16_t qtype;
	uint8_t kind, class;
	uint8_t name_len;
	uint8_t name[CLIENTS_NAME_MAX]; /* wire form; of a longer name its last labels */
};

struct clients;

int clients_new(uint32_t max, struct clients **out, struct err *why);
void clients_free(struct clients *c);

/* The client's entry; a new one (is_used false: the caller sets it) when it has none. Valid until the next call. `evicted`: one had to go for it. */
struct client *clients_take(struct clients *c, const struct addr *address, bool *evicted);
/* NULL: it has none. */
struct client *clients_find(struct clients *c, const struct addr *address);
uint32_t clients_count(const struct clients *c);
/* Calls `each` for every client in use. */
void clients_each(struct clients *c, void (*each)(void *arg, struct client *client), void *arg);

/* Has this counted for the client today? If not, it has from now on. False answers "yes" in one of some 1,000 cases for the first 20, and lose evidence only. */
bool clients_is_seen(struct client *client, uint64_t hash, uint32_t now_s);

void clients_add_line(struct clients *c, struct client *client, const struct case_line *line);
/* The newest `max` of the client's, in the order of time. */
size_t clients_lines(
	struct clients *c, const struct client *client, struct case_line *out, size_t max);
