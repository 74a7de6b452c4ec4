/* SPDX-License-Identifier: BSD-2-Clause
 * What the query path reads of the control plane: config, generation, own rules and classifier, joined into one immutable snapshot.
 *
 * Threads: built on the control side, published by server.c under liburcu-qsbr, read by workers between
 *          worker_enter and worker_leave. Never changed after publication.
 * Owns: the tables below; borrows the config, the generation and the classifier, which server.c keeps until the last reader has left.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "feeds/listdb/overlay.h"
#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"
#include "resolver/view_respite.h"

struct dga;
struct local;
struct rules;

enum { VIEW_LIST_TEXT = 96 };

/* A list as the path needs it; indexed by each of its bits. */
struct view_list {
	char name[64]; /* "own allow", "own deny" for bits 0 and 1 */
	char ede_text[VIEW_LIST_TEXT]; /* what EXTRA-TEXT says: list and category */
	const char *category; /* borrowed from the config; "" */
	enum list_kind kind;
	enum list_mode mode;
	enum sink_action action; /* resolved: never SINK_DEFAULT */
	bool is_override; /* `action` stands for every verb of a policy zone but PASSTHRU */
	bool is_rpz, is_adblock; /* its format: whose rules they are, and what `@@` reaches */
	uint8_t triggers; /* that its rules other than plain names have: bits 1 << enum rule_trigger */
	uint16_t order; /* place in the config; smaller decides first */
	int16_t bit; /* of its plain names: what a verdict names it by */
	int16_t ede;
	uint16_t
		counter; /* index into stats' list counters: stable for a name while the process lives */
	bool is_botnet; /* its category: who asks for its names is suspected */
	bool is_used; /* configured, and in the generation */
};

struct view_group {
	char name[64];
	struct listdb_bits deny; /* block-mode deny lists of this group */
	struct listdb_bits monitor; /* monitor-mode deny lists */
	struct listdb_bits allow;
	struct listdb_bits any; /* all three */
	uint16_t server_order; /* the same, on servers alone */
	uint16_t
		late_order; /* of its first policy zone that acts on answers or servers; UINT16_MAX: none does */
};

/* An override of what the generation says of one name: the complete set, own rules included. */
struct view_override {
	uint64_t hash; /* of hash_label under the generation's seed; 0: empty slot */
	struct listdb_set set;
};

/* Own rules and the overlay by hash: open addressing, a power of two, at most half full. */
struct view_overrides {
	struct view_override *slots;
	uint32_t mask; /* slots - 1 */
	uint32_t count; /* 0: the table need not be asked */
};

struct view {
	uint32_t serial; /* rises with every publication; the cache's inspection stamp */
	const struct config *config;
	struct listdb *db; /* NULL: no generation yet, lists do not act */
	struct listdb_index index; /* of db; seed is random when there is none */
	struct view_overrides run_time; /* what was set while running: rules, then the overlay */
	struct view_overrides own; /* the config's own rules */
	struct overlay *overlay; /* a reference; NULL: none */
	struct overlay_index *overlay_index; /* of it; NULL: none */
	uint16_t overlay_bits
		[OVERLAY_ZONES_MAX]; /* of each of its zones: the list's plain bit; 0: not in the generation */
	struct listdb_bits
		slow; /* of lists for which held bits do not say all: policy_rules.c does */
	struct listdb_bits
		levels; /* of plain names that must be told apart by where they are held */
	uint8_t triggers; /* of all lists in use, bits 1 << enum rule_trigger */
	struct view_list lists[LISTDB_LISTS_MAX];
	struct view_group *groups; /* group 0 is "default" */
	uint32_t group_count;
	struct addr_table *group_of_client;
	struct addr_table *access; /* 1: may ask */
	struct addr_table *denied_addresses; /* NULL: none */
	const struct dga *dga; /* NULL: there is no classifier; borrowed, as config and db */
	struct local *local; /* local records and special-use names; owned */
	struct view_respites *respites; /* owned; NULL: nothing is paused or unblocked */
};

/* What a view is joined of. */
struct view_parts {
	const struct config *config;
	struct listdb *db; /* NULL: no generation yet */
	const struct rules *rules; /* run-time rules; may be NULL; only read */
	const struct respites *respites; /* the same */
	struct overlay *overlay; /* may be NULL; the view takes a reference of its own */
	const struct dga *dga; /* may be NULL */
};

/* Joins them. Borrows `config`, `db` and `dga`. `same` is the view before, when it has the same config: what was built of that is used on and not
 * built again, so the caller must let view_hand_over make it the new view's before it frees the old one. NULL: none. Returns owned. */
int view_new(uint32_t serial, const struct view_parts *parts, const struct view *same,
	struct view **out, struct err *why);
/* `from` gives up what `to` shares with it; when the last reader of `from` has left. */
void view_hand_over(struct view *from, const struct view *to);
void view_free(struct view *v);

/* Of a whole name, from the right, under the generation's seed. */
uint64_t view_hash_name(const struct view *v, const struct dname *name);

/* The set of lists that hold exactly this hash (what was set at run time first, then own rules, then the generation). */
const struct listdb_set *view_find(const struct view *v, uint64_t hash);

static inline bool view_has_trigger(const struct view *v, enum rule_trigger trigger)
{
	return v->triggers >> trigger & 1;
}

/* For view_new: finds the overlay's lists, and puts its owners into `run_time`, which has room for them. */
int view_overlay_join(struct view *v);
/* For view_new and view_overlay.c: the slot of this hash in the table, or a free one, which counts from now on. */
struct view_override *view_override_slot(struct view_overrides *t, uint64_t hash);
