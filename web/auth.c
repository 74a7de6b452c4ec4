/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/auth.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/whole_file.h"
#include "web/auth_parts.h"

static const char key_prefix[] = "cenote_";

int auth_open(const char *state_directory, struct edge_counters *counters, struct auth **out,
	struct err *why)
{
	struct auth *a = calloc(1, sizeof *a);
	if (!a || sodium_init() < 0 ||
		(state_directory && asprintf(&a->path, "%s/auth", state_directory) < 0)) {
		free(a);
		return err_set(why, -ENOMEM, "http: memory is short");
	}
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->hashing, NULL);
	a->counters = counters;
	throttle_init(&a->passwords, clock_ms());
	throttle_init(&a->wrong_keys, clock_ms());
	struct err fault = {0};
	int code = a->path ? auth_store_load(a->path, &a->store, &fault) : -ENOENT;
	if (code)
		auth_store_init(&a->store);
	if (code && code != -ENOENT) {
		a->is_damaged = true;
		snprintf(a->problem, sizeof a->problem,
			"log-in: %.300s; nobody gets in over TCP until `cenote login` begins anew",
			fault.text);
		log_error("auth", "event=unusable reason=\"%s\"", a->problem);
	}
	*out = a;
	return 0;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->hashing);
	sodium_memzero(&a->store, sizeof a->store);
	free(a->path);
	free(a);
}

bool auth_needs_setup(struct auth *a)
{
	pthread_mutex_lock(&a->lock);
	bool needs = !a->is_damaged && !a->store.password[0];
	pthread_mutex_unlock(&a->lock);
	return needs;
}

bool auth_problem(struct auth *a, char *out, size_t size)
{
	pthread_mutex_lock(&a->lock);
	bool has = a->is_damaged;
	snprintf(out, size, "%s", a->problem);
	pthread_mutex_unlock(&a->lock);
	return has;
}

int auth_parts_keep(struct auth *a, const struct auth_store *next, struct err *why)
{
	int code = 0;
	if (a->path && a->is_damaged)
		code = whole_file_set_aside(a->path);
	if (code)
		return err_set(why, code, "%s cannot be set aside: %s", a->path, err_string(code));
	if (a->path)
		code = auth_store_save(a->path, next, why);
	if (code)
		return code;
	a->store = *next;
	atomic_fetch_add(&a->changes, 1);
	a->is_damaged = false;
	a->problem[0] = 0;
	return 0;
}

unsigned auth_changes(const struct auth *a)
{
	return atomic_load(&a->changes);
}

/* --- the password ---------------------------------------------------------------------------- */

void auth_make_token(struct auth *a, uint32_t life_s, char out[static AUTH_TOKEN_ROOM])
{
	uint8_t bytes[16];
	pthread_mutex_lock(&a->lock);
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(a->token, sizeof a->token, bytes, sizeof bytes,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	a->token_until_s = clock_wall_s() + life_s;
	memcpy(out, a->token, sizeof a->token);
	pthread_mutex_unlock(&a->lock);
}

bool auth_token(struct auth *a, char out[static AUTH_TOKEN_ROOM])
{
	pthread_mutex_lock(&a->lock);
	memcpy(out, a->token, sizeof a->token);
	bool has = a->token[0] && clock_wall_s() < a->token_until_s;
	pthread_mutex_unlock(&a->lock);
	return has;
}

const char *auth_password_fault(const char *password)
{
	size_t characters = 0, n = strlen(password);
	for (const char *p = password; *p; p++)
		characters += ((unsigned char)*p & 0xC0) != 0x80;
	if (characters < AUTH_PASSWORD_MIN)
		return "a password has at least 10 characters";
	return n > AUTH_PASSWORD_MAX ? "a password has at most 1024 octets" : NULL;
}

/* Under `hashing`. */
static int replace_password(struct auth *a, const char *password, struct err *why)
{
	char hash[crypto_pwhash_STRBYTES];
	if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
		    crypto_pwhash_MEMLIMIT_INTERACTIVE))
		return err_set(why, -ENOMEM, "memory is short: hashing a password takes 64 MiB");
	pthread_mutex_lock(&a->lock);
	struct auth_store next = a->store;
	snprintf(next.password, sizeof next.password, "%s", hash);
	next.epoch++;
	next.ended_count = 0;
	int code = auth_parts_keep(a, &next, why);
	if (!code)
		a->token[0] = 0;
	pthread_mutex_unlock(&a->lock);
	if (!code)
		log_info("auth", "event=password_set");
	return code;
}

int auth_set_password(struct auth *a, const char *password, struct err *why)
{
	pthread_mutex_lock(&a->hashing);
	int code = replace_password(a, password, why);
	pthread_mutex_unlock(&a->hashing);
	return code;
}

/* Counts a guess that was let through. Under `lock`. */
static enum auth_verdict judge(struct auth *a, bool is_right, const struct addr *peer)
{
	if (is_right) {
		throttle_passed(&a->passwords, peer, clock_ms());
		atomic_fetch_add_explicit(&a->counters->logins, 1, memory_order_relaxed);
		return AUTH_YES;
	}
	throttle_failed(&a->passwords, peer, clock_ms());
	atomic_fetch_add_explicit(&a->counters->failed_logins, 1, memory_order_relaxed);
	return AUTH_NO;
}

/* May this address guess now? Under `lock`. */
static bool may_guess(struct auth *a, const struct addr *peer, uint32_t *wait_s)
{
	*wait_s = throttle_wait_s(&a->passwords, peer, clock_ms());
	if (*wait_s)
		atomic_fetch_add_explicit(&a->counters->held_logins, 1, memory_order_relaxed);
	return !*wait_s;
}

enum auth_verdict auth_set_up(struct auth *a, const char *token, const char *password,
	const struct addr *peer, uint32_t *wait_s, int *code, struct err *why)
{
	enum auth_verdict verdict = AUTH_LATER;
	pthread_mutex_lock(&a->hashing);
	pthread_mutex_lock(&a->lock);
	if (may_guess(a, peer, wait_s)) {
		bool is_right = a->token[0] && clock_wall_s() < a->token_until_s &&
			strlen(token) == AUTH_TOKEN_ROOM - 1 &&
			!sodium_memcmp(token, a->token, AUTH_TOKEN_ROOM - 1);
		verdict = judge(a, is_right, peer);
	}
	pthread_mutex_unlock(&a->lock);
	*code = verdict == AUTH_YES ? replace_password(a, password, why) : 0;
	pthread_mutex_unlock(&a->hashing);
	return verdict;
}

enum auth_verdict auth_check_password(
	struct auth *a, const char *password, const struct addr *peer, uint32_t *wait_s)
{
	char hash[sizeof a->store.password];
	enum auth_verdict verdict = AUTH_LATER;
	*wait_s = 0;
	pthread_mutex_lock(&a->hashing);
	pthread_mutex_lock(&a->lock);
	memcpy(hash, a->store.password, sizeof hash);
	if (a->is_damaged || !hash[0])
		verdict = AUTH_UNUSABLE;
	else if (may_guess(a, peer, wait_s))
		verdict = AUTH_NO;
	pthread_mutex_unlock(&a->lock);
	if (verdict == AUTH_NO) {
		size_t len = strlen(password);
		bool is_right =
			len <= AUTH_PASSWORD_MAX && !crypto_pwhash_str_verify(hash, password, len);
		pthread_mutex_lock(&a->lock);
		verdict = judge(a, is_right, peer);
		pthread_mutex_unlock(&a->lock);
	}
	pthread_mutex_unlock(&a->hashing);
	return verdict;
}

/* --- keys ------------------------------------------------------------------------------------ */

struct auth_store_key *auth_parts_key(struct auth *a, const char *text)
{
	uint8_t hash[32];
	struct auth_store_key *found = NULL;
	size_t n = strlen(text);
	if (n < sizeof key_prefix || n >= AUTH_KEY_ROOM)
		return NULL;
	crypto_generichash(hash, sizeof hash, (const uint8_t *)text, n, NULL, 0);
	for (size_t i = 0; i < a->store.key_count; i++)
		if (!sodium_memcmp(a->store.keys[i].hash, hash, sizeof hash))
			found = &a->store.keys[i];
	return found;
}

enum edge_scope auth_scope_of_key(struct web *w, const char *key, const struct addr *peer)
{
	struct auth *a = w->auth;
	pthread_mutex_lock(&a->lock);
	const struct auth_store_key *k = auth_parts_key(a, key);
	enum edge_scope scope = k ? k->scope : EDGE_NOBODY;
	if (k) {
		a->used_s[k - a->store.keys] = clock_wall_s();
	} else {
		throttle_failed(&a->wrong_keys, peer, clock_ms());
		atomic_fetch_add_explicit(&a->counters->wrong_keys, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&a->lock);
	return scope;
}

uint32_t auth_key_wait_s(struct web *w, const struct addr *peer)
{
	struct auth *a = w->auth;
	pthread_mutex_lock(&a->lock);
	uint32_t wait_s = throttle_wait_s(&a->wrong_keys, peer, clock_ms());
	pthread_mutex_unlock(&a->lock);
	return wait_s;
}

static size_t find_name(const struct auth_store *s, const char *name)
{
	size_t i = 0;
	while (i < s->key_count && strcmp(s->keys[i].name, name) != 0)
		i++;
	return i;
}

/* Under `lock`. */
static int add_key(struct auth *a, const struct auth_store_key *key, struct err *why)
{
	if (a->is_damaged)
		return err_set(why, CEN_EREFUSED, "%s", a->problem);
	if (find_name(&a->store, key->name) < a->store.key_count)
		return err_set(why, -EEXIST, "there is a key named %s already", key->name);
	if (a->store.key_count == AUTH_STORE_KEYS)
		return err_set(why, CEN_ELIMIT, "there are %d keys already, the most there may be",
			AUTH_STORE_KEYS);
	struct auth_store next = a->store;
	next.keys[next.key_count++] = *key;
	int code = auth_parts_keep(a, &next, why);
	if (!code)
		a->used_s[next.key_count - 1] = 0;
	return code;
}

int auth_key_add(struct auth *a, const char *name, enum edge_scope scope,
	char out[static AUTH_KEY_ROOM], struct err *why)
{
	uint8_t bytes[32];
	if (!auth_store_is_name(name))
		return err_set(why, CEN_EFORMAT,
			"a key's name is 1 to %d letters, digits, dots, hyphens and underscores",
			AUTH_STORE_NAME_MAX);
	struct auth_store_key key = {.scope = scope, .created_s = clock_wall_s()};
	snprintf(key.name, sizeof key.name, "%s", name);
	randombytes_buf(bytes, sizeof bytes);
	memcpy(out, key_prefix, sizeof key_prefix);
	sodium_bin2base64(out + sizeof key_prefix - 1, AUTH_KEY_ROOM - sizeof key_prefix + 1, bytes,
		sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	crypto_generichash(key.hash, sizeof key.hash, (const uint8_t *)out, strlen(out), NULL, 0);
	pthread_mutex_lock(&a->lock);
	int code = add_key(a, &key, why);
	pthread_mutex_unlock(&a->lock);
	if (!code)
		log_info("auth", "event=key_added name=%s scope=%s", name,
			auth_store_scope_name(scope));
	return code;
}

int auth_key_remove(struct auth *a, const char *name, struct err *why)
{
	pthread_mutex_lock(&a->lock);
	size_t at = find_name(&a->store, name), last = a->store.key_count - 1;
	int code = CEN_ENOTFOUND;
	if (at <= last && a->store.key_count) {
		struct auth_store next = a->store;
		memmove(&next.keys[at], &next.keys[at + 1], (last - at) * sizeof *next.keys);
		next.key_count--;
		code = auth_parts_keep(a, &next, why);
		if (!code)
			memmove(&a->used_s[at], &a->used_s[at + 1],
				(last - at) * sizeof *a->used_s);
	} else {
		err_set(why, code, "there is no key of this name");
	}
	pthread_mutex_unlock(&a->lock);
	if (!code)
		log_info("auth", "event=key_removed name=%s", name);
	return code;
}

size_t auth_keys(struct auth *a, struct auth_store_key *out, uint64_t *used_s)
{
	pthread_mutex_lock(&a->lock);
	size_t n = a->store.key_count;
	memcpy(out, a->store.keys, n * sizeof *out);
	memcpy(used_s, a->used_s, n * sizeof *used_s);
	pthread_mutex_unlock(&a->lock);
	return n;
}
