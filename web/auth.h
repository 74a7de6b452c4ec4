/* SPDX-License-Identifier: BSD-2-Clause
 * Who may use the web edge over TCP: one password, made by a one-time link; sessions that carry their own proof; API keys.
 * When what is kept of it is damaged or cannot be read, nobody gets in but by the control socket.
 *
 * Threads: any; one password is hashed at a time.
 */
#pragma once

#include "web/auth_store.h"

struct auth;

enum {
	AUTH_PASSWORD_MIN = 10, /* characters */
	AUTH_PASSWORD_MAX = 1024, /* octets */
	AUTH_SESSION_S = 7 * 86400,
	AUTH_LINK_S = 86400, /* of a start without a password */
	AUTH_LOGIN_S = 3600, /* of `cenote login` */
	AUTH_SESSION_ROOM = 96, /* with their ends */
	AUTH_KEY_ROOM = 64,
	AUTH_TOKEN_ROOM = 23,
};

enum auth_verdict {
	AUTH_YES,
	AUTH_NO,
	AUTH_LATER, /* too many guesses */
	AUTH_UNUSABLE, /* no password is set, or nothing is known of it */
};

/* `state_directory` NULL: nothing is kept. Never fails for a damaged file, see auth_problem. */
int auth_open(const char *state_directory, struct edge_counters *counters, struct auth **out,
	struct err *why);
void auth_free(struct auth *a);

bool auth_needs_setup(struct auth *a);
/* What is wrong with what is kept, one sentence; false when nothing is. */
bool auth_problem(struct auth *a, char *out, size_t size);

/* Another number each time that password, keys or sessions change. What goes on for long is to look who asks anew then. */
unsigned auth_changes(const struct auth *a);

/* A new one-time token, in place of the one before. */
void auth_make_token(struct auth *a, uint32_t life_s, char out[static AUTH_TOKEN_ROOM]);
/* The one that waits to be used; false when there is none. */
bool auth_token(struct auth *a, char out[static AUTH_TOKEN_ROOM]);

/* Why a password cannot be one; NULL when it can. */
const char *auth_password_fault(const char *password);
/* Sets the password for a token; all sessions are over, keys stay. AUTH_YES with a negative `*code` and a sentence: it was not
 * kept, and the token still counts. A damaged file is set aside. */
enum auth_verdict auth_set_up(struct auth *a, const char *token, const char *password,
	const struct addr *peer, uint32_t *wait_s, int *code, struct err *why);
/* Takes as long as the hash: for the edge's log-in thread (ROUTE_VERIFIES). */
enum auth_verdict auth_check_password(
	struct auth *a, const char *password, const struct addr *peer, uint32_t *wait_s);
int auth_set_password(struct auth *a, const char *password, struct err *why);

/* What a key lets do; EDGE_NOBODY for none. A right one is never held back. */
enum edge_scope auth_scope_of_key(struct web *w, const char *key, const struct addr *peer);
/* Seconds that an address which sent wrong keys has to wait; 0: none. */
uint32_t auth_key_wait_s(struct web *w, const struct addr *peer);

/* A session for who knows the password (`key` NULL) or a key, which it lives no longer than. False when there is no such key. */
bool auth_session_make(struct auth *a, const char *key, uint32_t life_s,
	char out[static AUTH_SESSION_ROOM], uint64_t *expires_s);
enum edge_scope auth_session_check(struct auth *a, const char *text, uint64_t *expires_s);
/* This session is over; 0 also when it was none, or a key's, which ends by itself, and with its key. */
int auth_session_end(struct auth *a, const char *text, struct err *why);
/* All are. */
int auth_end_all(struct auth *a, struct err *why);

int auth_key_add(struct auth *a, const char *name, enum edge_scope scope,
	char out[static AUTH_KEY_ROOM], struct err *why);
int auth_key_remove(struct auth *a, const char *name, struct err *why);
/* At most AUTH_STORE_KEYS; `used_s`: when each was last used since the start, 0: not. */
size_t auth_keys(struct auth *a, struct auth_store_key *out, uint64_t *used_s);
