/* SPDX-License-Identifier: BSD-2-Clause
 * The part of server.h that lets through for a while: blocking paused, or one name unblocked.
 *
 * Threads: as server.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct server;

enum server_scope { SERVER_SCOPE_ALL, SERVER_SCOPE_GROUP, SERVER_SCOPE_CLIENT };

/* Lists, own deny rules, policy zones, the calendar and the classifier do not act on whom it is for; what they would have blocked is counted as by
 * lists that only monitor. Access, rebinding protection and what holds back an infected device stay. */
struct server_pause {
	enum server_scope scope;
	char group[CONFIG_NAME_MAX + 1]; /* SERVER_SCOPE_GROUP */
	struct addr client; /* SERVER_SCOPE_CLIENT */
	uint64_t until_s; /* wall; 0: until server_resume. Written, never read: see `seconds` */
};

/* As an own allow rule, stronger than every other word on the name. */
struct server_unblock {
	struct config_rule rule;
	enum server_scope scope;
	char group[CONFIG_NAME_MAX + 1];
	struct addr client;
	uint64_t until_s; /* written, never read */
};

enum {
	SERVER_PAUSE_MAX_S = 366 * 86400,
	SERVER_UNBLOCK_MAX_S = 7 * 86400,
	SERVER_RESPITES_MAX = 1000, /* of each */
};

/* In force for every query that arrives after the return, in the place of one for the same, kept in the state folder. `seconds` 0: until
 * it is ended, for a pause alone. CEN_ERANGE for a bad length, CEN_ENOTFOUND for an unknown group, CEN_ELIMIT, CEN_EREFUSED. */
int server_pause(struct server *s, struct server_pause *p, uint64_t seconds, struct err *why);
int server_unblock(struct server *s, struct server_unblock *u, uint64_t seconds, struct err *why);
/* End the one for the same. CEN_ENOTFOUND when there is none. */
int server_resume(struct server *s, const struct server_pause *p, struct err *why);
int server_unblock_remove(struct server *s, const struct server_unblock *u, struct err *why);
/* Fill at most `max`; return how many there are. */
size_t server_pauses(struct server *s, struct server_pause *out, size_t max);
size_t server_unblocks(struct server *s, struct server_unblock *out, size_t max);

/* Is blocking paused for this client, by whichever of them ends last? `until_s` as above. */
bool server_client_pause(struct server *s, const struct addr *client, uint64_t *until_s);
/* Its group's name; false: no group names it, and it is of "default". */
bool server_client_group(
	struct server *s, const struct addr *client, char out[static CONFIG_NAME_MAX + 1]);

/* Once a minute or so: what is over no longer costs anything. */
void server_tidy(struct server *s);
