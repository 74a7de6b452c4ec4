/* SPDX-License-Identifier: BSD-2-Clause
 * The table of names behind the `local` stage: made from zone-file text, then only read.
 *
 * Threads: immutable once built.
 * Owns: its nodes, records and their octets.
 * Method: every name and each of its ancestors is a node of one hash table, found label by label from the right, so that a name with nothing
 *         local costs one probe for its top-level label.
 * Standards: RFC 1035 5.1 (text), RFC 4592 (wildcards), RFC 8020 (empty non-terminals).
 */
#pragma once

#include "resolver/base/config.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"
#include "resolver/base/hash.h"
#include "resolver/local_special.h"

enum {
	LOCAL_TABLE_RECORDS_MAX = 100000,
	LOCAL_TABLE_NODES_MAX = 500000,
	LOCAL_TABLE_BYTES_MAX = 64 << 20, /* names and record data */
	LOCAL_TABLE_TEXT_MAX = 8192, /* characters of one record */
	LOCAL_TABLE_SET_MAX = 32 << 10, /* octets of one RRset's data: always fits an answer */
	LOCAL_TABLE_HOPS_MAX = 8, /* CNAMEs in a row */
};

struct local_table_record {
	uint32_t at; /* of the data in `bytes` */
	uint16_t type, data_len;
	uint32_t ttl_s;
	bool is_own; /* the operator's; false: built in */
};

struct local_table_node {
	uint64_t hash;
	uint32_t name_at; /* of the name in `bytes` */
	uint8_t name_len;
	uint8_t special; /* enum local_special_kind, if is_special */
	bool is_special; /* apex of a special-use zone */
	bool is_outside; /* a `forward:` or `stub:` zone begins here */
	bool has_own; /* records or a zone of the operator are here or below */
	uint32_t wildcard; /* the node `*.name` that has records; 0: none */
	uint32_t first, count; /* its records, sorted by type */
	uint32_t soa; /* its SOA record + 1; 0: none */
};

struct local_table {
	uint64_t seed;
	uint64_t tops[4]; /* a bit for each top-level label, by its hash */
	uint32_t *slots; /* index of a node, 0: empty; node 0 is the root and in no slot */
	uint32_t slot_mask;
	struct local_table_node *nodes;
	uint32_t node_count, node_room;
	struct local_table_record *records;
	uint32_t record_count;
	uint8_t *bytes;
	uint32_t bytes_len, bytes_room;
};

/* What the table knows of a name. */
struct local_table_place {
	const struct local_table_node *
		node; /* whose records answer: the name itself or the wildcard that covers it; NULL: none */
	const struct local_table_node *zone; /* the special-use zone it lies in, NULL: none */
	const struct local_table_node
		*soa; /* the nearest node at or above with an SOA record, NULL: none */
	bool is_exact; /* the name itself is a node */
};

/* Builds from `records:`, `forward:`, `stub:` of `config` and the special names. Fills `t`, which local_table_clear empties, also after
 * a failure. The sentence names the record, its position and what is wrong. */
int local_table_build(struct local_table *t, const struct config *config, struct err *why);
void local_table_clear(struct local_table *t);

/* False for most names of the world: nothing is known under their top-level label, nor about the root. */
static inline bool local_table_may_know(const struct local_table *t, const struct dname *name)
{
	const uint8_t *top = name->bytes;
	for (unsigned i = 1; i < name->labels; i++)
		top += *top + 1;
	uint8_t bit = (uint8_t)hash_label(t->seed, top);
	return t->tops[bit / 64] >> (bit % 64) & 1 || t->nodes[0].wildcard;
}

struct local_table_place local_table_find(const struct local_table *t, const struct dname *name);

/* The node's records of `type`: the first one, and their number in `count`; NULL when it has none. */
const struct local_table_record *local_table_set(const struct local_table *t,
	const struct local_table_node *node, uint16_t type, uint32_t *count);
