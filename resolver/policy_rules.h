/* SPDX-License-Identifier: BSD-2-Clause
 * The slow path of policy: the rules that a bit of a list does not say all of, gathered for one question. Lists of plain names never come here.
 *
 * Threads: a struct policy_work belongs to one thread.
 * Owns: nothing but its scratch; what it finds is the view's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

struct view;

struct policy_question {
	const struct dname *name;
	const struct addr *client; /* NULL: our own; what is said of clients does not hold */
	uint16_t group, type;
	uint64_t now_us; /* of its arrival: what is in force for a while ends by it */
	bool is_first; /* the name asked, not one that it leads to: the client's address counts, too */
	bool is_again; /* judged before: its own monitored hits have been counted */
};

/* One rule that may decide. */
struct policy_candidate {
	const struct listdb_rule
		*rule; /* of the generation; NULL: a plain name, or of the overlay */
	uint64_t owner; /* equal for rules on the same name, prefix or pattern */
	const uint8_t *about; /* detail.h; NULL: none */
	uint16_t about_len;
	uint16_t bit; /* of its list's plain names */
	uint8_t trigger, verb, flags;
	uint8_t depth; /* labels of the owner, or length of the prefix: the greater, the nearer */
	bool is_meant; /* its conditions hold */
};

struct policy_work {
	struct listdb_scratch *patterns;
	struct policy_question question;
	struct listdb_bits held; /* plain bits of the name and its ancestors */
	bool is_held; /* something is said of it, for some group */
	unsigned count;
	struct policy_candidate found[LISTDB_RULES_MAX];
};

/* 0 or -ENOMEM. Zeroed before. */
int policy_work_init(struct policy_work *w);
void policy_work_clear(struct policy_work *w);

/* Is its name unblocked for a while? Then it is held as by an own allow rule. */
bool policy_rules_unblock(const struct view *v, const struct policy_question *about);
/* Starts over: the rules on the name, by its letters and by patterns, and for the first name on the client. */
void policy_gather(
	const struct view *v, struct policy_work *w, const struct policy_question *about);
/* Adds the rules on an address of the answer, on a server's name or address. */
void policy_gather_answer(const struct view *v, struct policy_work *w, const struct addr *a);
void policy_gather_server(const struct view *v, struct policy_work *w, const struct dname *name);
void policy_gather_server_address(
	const struct view *v, struct policy_work *w, const struct addr *a);
