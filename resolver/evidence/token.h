/* SPDX-License-Identifier: BSD-2-Clause
 * Tokens: an address of the sinkhole's own for one answer, so that who comes there tells which question it was.
 *
 * Threads: token_address and token_number are pure; a table is for one thread at a time.
 * Method: a token is a number below TOKENS. In an IPv4 pool it is the place of the address; in an IPv6 prefix of at most 64 bits it stands in the
 *         last 32 bits, behind 32 bits of a keyed hash, so that who scans the prefix finds none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/evidence/event.h"

enum {
	TOKENS = 1 << 16, /* that are out at one time: the oldest is given out again */
	TOKEN_LIFE_MS = 3600 *
		1000, /* clients keep addresses longer than they are told; later it is nobody's */
	TOKEN_IPV4_BITS_MAX = 28, /* of a pool: at least 14 addresses */
	TOKEN_IPV6_BITS_MAX = 64,
};

/* How many tokens the prefix has room for: its first and last address are none. */
uint32_t token_room(const struct addr_prefix *prefix);
void token_address(
	const struct addr_prefix *prefix, uint64_t seed, uint32_t number, struct addr *out);
/* The way back. False: the address is none of the prefix's tokens. */
bool token_number(const struct addr_prefix *prefix, uint64_t seed, const struct addr *address,
	uint32_t *number);

struct token_table;

struct token_table *token_table_new(void); /* NULL: memory is short */
void token_table_free(struct token_table *t);
/* The event says who asked for what, and was given the token. */
void token_note(struct token_table *t, uint32_t number, const struct evidence_event *event);
/* Who had it then, as far as is still known: false when nobody had, for too long, or when it was given out again since. `name` and `rule` are
 * set, too. */
bool token_find(const struct token_table *t, uint32_t number, uint64_t at_ms, struct addr *client,
	struct dname *name, const char **rule);
