/* SPDX-License-Identifier: BSD-2-Clause
 * The part of server.h about the operator's own rules: those of the configuration file, and those set at run time, which are in force for
 * every query that arrives after the return, and kept in the state folder.
 *
 * Threads: as server.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct server;

struct server_rule {
	struct config_rule rule;
	enum list_kind kind;
	bool is_runtime; /* set over the API; false: from the config file */
};

/* A change of the rules at run time. */
struct server_rule_edit {
	struct config_rule rule;
	enum list_kind kind;
	bool is_removal;
	bool has_version; /* only while the rules are the ones of `version` */
	uint64_t version; /* afterwards: of the rules now */
	bool is_changed; /* afterwards; false: it was in force already */
};

/* 0, also when there was nothing to do; CEN_ESTALE when the rules have another version; CEN_ENOTFOUND for a removal of what is not there,
 * CEN_EREFUSED of what the configuration file holds. */
int server_rule_edit(struct server *s, struct server_rule_edit *edit, struct err *why);
/* Adds one, whatever the version. */
int server_rule_add(
	struct server *s, enum list_kind kind, const struct config_rule *rule, struct err *why);

/* Fills at most `max`; returns how many there are. */
size_t server_rules(struct server *s, struct server_rule *out, size_t max);
/* Of all of them, in their order: equal for equal rules, also in another process. */
uint64_t server_rules_version(struct server *s);
