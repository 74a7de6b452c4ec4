/* SPDX-License-Identifier: BSD-2-Clause
 * The rules of a build that a bit does not say all of (listdb_rule.h): gathered by list, cleared of duplicates and of what
 * `$badfilter` takes out, records of one name joined, sorted for the file.
 *
 * Threads: belongs to the build's thread.
 * Owns: its memory: 56 octets a rule and its texts, equal ones once; at most what it was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb_file.h"
#include "feeds/listdb/rule.h"
#include "feeds/listdb/textpool.h"
#include "resolver/base/err.h"

enum {
	BUILD_RULES_PATTERN_BYTES = 32 << 20, /* of all patterns, compiled */
	BUILD_RULES_OF_ONE =
		32, /* rules of one list on the same name, address or pattern; more are left out */
};

struct build_rule {
	struct listdb_rule rule; /* `bit` is set when its list is kept */
	uint32_t order; /* in which it came */
	bool is_removal;
};

struct build_rules {
	struct build_rule *rules;
	size_t count, room;
	uint32_t added; /* from all lists, kept or not */
	size_t kept; /* the first ones, of lists that were kept */
	struct textpool texts;
	uint32_t texts_kept;
	uint64_t memory_bytes;
	uint64_t patterns, pattern_bytes; /* of all lists; octets when compiled */
	uint64_t patterns_kept, pattern_bytes_kept;
	bool has_removals; /* of a name's rule, in a list that was kept */
};

/* `memory_bytes` 0: enough. 0 or -ENOMEM. */
int build_rules_init(struct build_rules *r, uint64_t memory_bytes);
void build_rules_clear(struct build_rules *r);

/* Adds a rule to the list in hand; a pattern that cannot be used is left out. `hash`: of its name, 0 without one. 0, CEN_ELIMIT or -ENOMEM, with a sentence. */
int build_rules_add(struct build_rules *r, const struct rule *rule, uint64_t hash, struct err *why);
/* How many the list in hand has. */
size_t build_rules_pending(const struct build_rules *r);
/* The list in hand is not kept. */
void build_rules_discard(struct build_rules *r);
/* It is: its rules are tidied and get its special bit. */
int build_rules_keep(struct build_rules *r, uint16_t special_bit, struct err *why);

/* After the last list: into the order of the file. */
void build_rules_sort(struct build_rules *r);
/* What they take in the file. */
uint64_t build_rules_file_bytes(const struct build_rules *r);
/* After that: has the list with this bit a rule on this name? */
bool build_rules_has(const struct build_rules *r, uint64_t hash, uint16_t special_bit);
/* After that: calls `each` for every distinct trigger that is not a name of a question and each list that has it. */
void build_rules_count(const struct build_rules *r,
	void (*each)(void *arg, uint16_t special_bit, bool is_only_one), void *arg);
