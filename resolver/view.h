/* SPDX-License-Identifier: BSD-2-Clause
 * What the query path reads of the control plane: config, generation and own rules, joined into one immutable snapshot.
 *
 * Threads: built on the control side, published by server.c under liburcu-qsbr, read by workers between
 *          worker_enter and worker_leave. Never changed after publication.
 * Owns: the tables below; borrows the config and the generation, which server.c keeps until the last reader has left.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "feeds/listdb.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct local;
struct rules;

enum { VIEW_LIST_TEXT = 96 };

/* A list as the path needs it; indexed by its bit. */
struct view_list {
	char name[64]; /* "own allow", "own deny" for bits 0 and 1 */
	char ede_text[VIEW_LIST_TEXT]; /* what EXTRA-TEXT says: list and category */
	const char *category; /* borrowed from the config; "" */
	enum list_kind kind;
	enum list_mode mode;
	enum sink_action action; /* resolved: never SINK_DEFAULT */
	int16_t ede;
	uint16_t
		counter; /* index into stats' list counters: stable for a name while the process lives */
	bool is_used; /* configured, and in the generation */
};

struct view_group {
	char name[64];
	struct listdb_bits deny; /* block-mode deny lists of this group */
	struct listdb_bits monitor; /* monitor-mode deny lists */
	struct listdb_bits allow;
	struct listdb_bits any; /* all three */
};

/* An override of what the generation says of one name: the complete set, own rules included. */
struct view_override {
	uint64_t hash; /* of hash_label under the generation's seed; 0: empty slot */
	struct listdb_set set;
};

struct view {
	uint32_t serial; /* rises with every publication; the cache's inspection stamp */
	const struct config *config;
	struct listdb *db; /* NULL: no generation yet, lists do not act */
	struct listdb_index index; /* of db; seed is random when there is none */
	struct view_override *overrides; /* open addressing, a power of two, at most half full */
	uint32_t override_mask; /* slots - 1 */
	uint32_t override_count; /* 0: the table need not be asked */
	struct view_list lists[LISTDB_LISTS_MAX];
	struct view_group *groups; /* group 0 is "default" */
	uint32_t group_count;
	struct addr_table *group_of_client;
	struct addr_table *access; /* 1: may ask */
	struct addr_table *denied_addresses; /* NULL: none */
	struct local *local; /* local records and special-use names; owned */
};

/* Joins them. Borrows `config` and `db`; `rules` (run-time rules, may be NULL) is only read here. `same` is the view before, when it has the
 * same config: its local records are used on and not built again, so the caller must let view_hand_over make them the new view's
 * before it frees the old one. NULL: none. Returns owned. */
int view_new(uint32_t serial, const struct config *config, struct listdb *db,
	const struct rules *rules, const struct view *same, struct view **out, struct err *why);
/* `from` gives up what `to` shares with it; when the last reader of `from` has left. */
void view_hand_over(struct view *from, const struct view *to);
void view_free(struct view *v);

/* The set of lists that hold exactly this hash (overlay first, then the generation). */
const struct listdb_set *view_find(const struct view *v, uint64_t hash);
