/* SPDX-License-Identifier: BSD-2-Clause
 * What the files of auth.h share. Not for others to include.
 *
 * Threads: all but `hashing` and what is constant, under `lock`. `hashing` comes first.
 */
#pragma once

#include <pthread.h>

#include "web/auth.h"
#include "web/throttle.h"

struct auth {
	char *path; /* NULL: nothing is kept */
	struct edge_counters *counters;
	pthread_mutex_t
		hashing; /* one at a time, from the question whether it may be tried to what came of it */
	pthread_mutex_t lock;
	struct auth_store store;
	_Atomic unsigned changes; /* of it */
	bool is_damaged;
	char problem[512];
	char token[AUTH_TOKEN_ROOM]; /* "": none */
	uint64_t token_until_s;
	struct throttle passwords, wrong_keys;
	uint64_t used_s[AUTH_STORE_KEYS]; /* as store.keys */
};

/* Writes what is to be in force, and puts it in force. Under `lock`. */
int auth_parts_keep(struct auth *a, const struct auth_store *next, struct err *why);
/* The key as it is sent. Under `lock`. */
struct auth_store_key *auth_parts_key(struct auth *a, const char *text);
