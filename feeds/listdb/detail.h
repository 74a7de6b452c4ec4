/* SPDX-License-Identifier: BSD-2-Clause
 * What a rule says beyond its trigger and verb: under which conditions, and with which records. A row of items, each
 * a kind, a length and its octets; written by parsers, kept in the generation as it is, read on the query path.
 *
 * Threads: pure. Owns: nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/rule.h"

enum detail_kind {
	DETAIL_TYPE = 1, /* acts on this type of question only: 2 octets; one of several suffices */
	DETAIL_NOT_TYPE, /* not on this one: 2 octets */
	DETAIL_CLIENT, /* acts for this prefix of clients only: 16 octets, and its length; one of several suffices */
	DETAIL_NOT_CLIENT, /* not for this one */
	DETAIL_NOT_NAME, /* not on this name or below it: wire form, lower case ($denyallow) */
	DETAIL_RECORD, /* of the answer: type (2), TTL in seconds (4), RDATA with uncompressed names */
	DETAIL_ALIAS, /* the answer is that of this name, behind a CNAME: wire form */
	DETAIL_ALIAS_BELOW, /* the same, of the question's name put below this one (`CNAME *.garden`) */
	DETAIL_FAMILY, /* who makes such names: plain text, terminated; says nothing of when it acts; the first of its row */
	DETAIL_KINDS,
};

/* Start with a zeroed one. */
struct detail_writer {
	uint16_t len;
	bool is_full; /* something did not fit: the rule is to be skipped */
	uint8_t bytes[RULE_ABOUT_MAX];
};

void detail_put(struct detail_writer *w, enum detail_kind kind, const void *bytes, size_t len);
void detail_put_u16(struct detail_writer *w, enum detail_kind kind, uint16_t value);
void detail_put_prefix(struct detail_writer *w, enum detail_kind kind, const struct addr_prefix *p);
void detail_put_record(
	struct detail_writer *w, uint16_t type, uint32_t ttl_s, const uint8_t *data, size_t len);

struct detail_item {
	enum detail_kind kind;
	const uint8_t *at; /* borrowed from the row */
	uint16_t len;
};

struct detail_cursor {
	const uint8_t *at, *end;
};

static inline struct detail_cursor detail_start(const uint8_t *row, size_t len)
{
	return (struct detail_cursor){row, row + len};
}

/* False at the end, and at an item that is not well formed for its kind: the length of each is checked here. */
bool detail_next(struct detail_cursor *c, struct detail_item *out);
/* Is the whole row well formed? */
bool detail_is_good(const uint8_t *row, size_t len);

/* Which malware makes the name, as its list says; NULL when the row does not. Borrowed from the row. */
static inline const char *detail_family(const uint8_t *row, size_t len)
{
	return len > 3 && row[0] == DETAIL_FAMILY ? (const char *)row + 3 : NULL;
}
