/* SPDX-License-Identifier: BSD-2-Clause
 * The rules of a generation that a bit of a list set does not say all of: with another verb, conditions, records, or
 * another trigger than a name. Included by listdb.h.
 *
 * A list has one bit for its plain names (RULE_NAME, RULE_MATCH, no conditions) and, when it has other rules, a second one, its
 * special bit: on a name it says "ask listdb_rules_of_name"; patterns and addresses are asked for by themselves.
 *
 * Threads: pure; what is read is immutable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/rule.h"

struct listdb_index;

enum { LISTDB_RULE_SELF = 1, LISTDB_RULE_BELOW = 2, LISTDB_RULE_IMPORTANT = 4 };
enum { LISTDB_RULES_MAX = 64 }; /* that one query can gather; more are passed over */
enum {
	LISTDB_ABOUT_MAX = 16384
}; /* octets of conditions and records of a rule, many of a list joined into one */

/* As it stands in the file, and in memory. */
struct listdb_rule {
	uint64_t hash; /* of its name; of RULE_NS_NAME: under listdb_ns_seed; else 0 */
	struct addr_prefix prefix; /* of the three triggers by address; 17 octets */
	uint8_t trigger, verb, flags;
	uint16_t bit; /* the special bit of its list */
	uint16_t about_len;
	uint32_t about_at,
		text_at; /* in the generation's texts: see listdb_about, listdb_rule_text */
	uint16_t
		text_len; /* RULE_PATTERN: of the pattern; RULE_NS_NAME: of the name in wire form */
	uint16_t unused[3];
};

_Static_assert(sizeof(struct listdb_rule) == 48, "no holes");

/* The rules of the name with this hash (of one level: ask for each ancestor), side by side. NULL and 0: none. */
const struct listdb_rule *listdb_rules_of_name(
	const struct listdb_index *x, uint64_t hash, size_t *count);
/* RULE_NS_NAME's hashes start from this instead of `seed`, so that they never meet a question's name. */
uint64_t listdb_ns_seed(const struct listdb_index *x);
/* Rules with this trigger whose prefix holds the address, longest prefix first. Fills at most `max`; returns how many. */
size_t listdb_rules_of_address(const struct listdb_index *x, enum rule_trigger trigger,
	const struct addr *a, const struct listdb_rule **out, size_t max);
/* Rules whose pattern matches the name. Any thread; the scratch belongs to one. */
struct listdb_scratch;
struct listdb_scratch *listdb_scratch_new(void); /* NULL when memory is short */
void listdb_scratch_free(struct listdb_scratch *s);
size_t listdb_rules_of_pattern(const struct listdb_index *x, struct listdb_scratch *s,
	const struct dname *name, const struct listdb_rule **out, size_t max);
/* Is there any rule with this trigger? */
bool listdb_has_trigger(const struct listdb_index *x, enum rule_trigger trigger);

/* Conditions and records (detail.h), checked at open. */
const uint8_t *listdb_about(const struct listdb_index *x, const struct listdb_rule *r);
/* The pattern as the list wrote it, or a server's name in wire form; for explain. Not terminated, `text_len` octets. */
const char *listdb_rule_text(const struct listdb_index *x, const struct listdb_rule *r);
/* All of them, for explain, diff and tests: in the order of hash, trigger, prefix, then of the lists. */
const struct listdb_rule *listdb_rules(const struct listdb_index *x, size_t *count);
