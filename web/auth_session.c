/* SPDX-License-Identifier: BSD-2-Clause
 * Sessions: text that says for whom and until when, and proves it. Nothing is kept of them but those that were ended early.
 */
#include <sodium.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "web/auth_parts.h"

enum {
	VERSION = 1,
	/* version, expires, epoch, the key's mark, id */
	EXPIRES_AT = 1,
	EPOCH_AT = 9,
	KEY_AT = 13,
	ID_AT = 21,
	MAC_AT = 37,
	SIZE = MAC_AT + crypto_auth_BYTES,
	MARK = 8, /* octets of a key's hash; zeros: by password */
	DAY_S = 86400,
};
_Static_assert(SIZE * 4 / 3 + 2 <= AUTH_SESSION_ROOM, "a session fits");

static void put(uint8_t *to, uint64_t v, int octets)
{
	for (int i = octets; i--; v >>= 8)
		to[i] = (uint8_t)v;
}

static uint64_t get(const uint8_t *from, int octets)
{
	uint64_t v = 0;
	for (int i = 0; i < octets; i++)
		v = v << 8 | from[i];
	return v;
}

bool auth_session_make(struct auth *a, const char *key, uint32_t life_s,
	char out[static AUTH_SESSION_ROOM], uint64_t *expires_s)
{
	uint8_t bytes[SIZE] = {VERSION};
	*expires_s = clock_wall_s() + life_s;
	put(bytes + EXPIRES_AT, *expires_s, 8);
	randombytes_buf(bytes + ID_AT, MAC_AT - ID_AT);
	pthread_mutex_lock(&a->lock);
	const struct auth_store_key *k = key ? auth_parts_key(a, key) : NULL;
	if (k)
		memcpy(bytes + KEY_AT, k->hash, MARK);
	put(bytes + EPOCH_AT, a->store.epoch, 4);
	crypto_auth(bytes + MAC_AT, bytes, MAC_AT, a->store.secret);
	pthread_mutex_unlock(&a->lock);
	sodium_bin2base64(
		out, AUTH_SESSION_ROOM, bytes, SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return !key || k;
}

/* What the session's maker may still do. */
static enum edge_scope scope_of(const struct auth *a, const uint8_t mark[static MARK])
{
	if (sodium_is_zero(mark, MARK))
		return EDGE_ADMIN;
	for (size_t i = 0; i < a->store.key_count; i++)
		if (!sodium_memcmp(a->store.keys[i].hash, mark, MARK))
			return a->store.keys[i].scope;
	return EDGE_NOBODY;
}

static bool is_ended(const struct auth *a, const uint8_t *id)
{
	for (size_t i = 0; i < a->store.ended_count; i++)
		if (!memcmp(a->store.ended[i].id, id, sizeof a->store.ended[i].id))
			return true;
	return false;
}

/* Under `lock`. Leaves what it holds in `bytes`. */
static enum edge_scope check(
	const struct auth *a, const char *text, uint8_t bytes[static SIZE], uint64_t *expires_s)
{
	size_t len;
	const char *end;
	uint64_t now = clock_wall_s();
	if (strlen(text) >= AUTH_SESSION_ROOM ||
		sodium_base642bin(bytes, SIZE, text, strlen(text), NULL, &len, &end,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
		len != SIZE || *end || bytes[0] != VERSION ||
		crypto_auth_verify(bytes + MAC_AT, bytes, MAC_AT, a->store.secret))
		return EDGE_NOBODY;
	*expires_s = get(bytes + EXPIRES_AT, 8);
	/* One from far ahead was made by a wrong clock: it could last for ever. */
	if (*expires_s <= now || *expires_s > now + AUTH_SESSION_S + DAY_S ||
		get(bytes + EPOCH_AT, 4) != a->store.epoch || is_ended(a, bytes + ID_AT))
		return EDGE_NOBODY;
	return scope_of(a, bytes + KEY_AT);
}

enum edge_scope auth_session_check(struct auth *a, const char *text, uint64_t *expires_s)
{
	uint8_t bytes[SIZE];
	pthread_mutex_lock(&a->lock);
	enum edge_scope scope = check(a, text, bytes, expires_s);
	pthread_mutex_unlock(&a->lock);
	return scope;
}

/* Room for one more; when all places hold sessions that still last, all sessions end: the epoch tells. */
static void forget_old(struct auth_store *s, uint64_t now)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->ended_count; i++)
		if (s->ended[i].until_s > now)
			s->ended[kept++] = s->ended[i];
	s->ended_count = kept;
	if (kept == AUTH_STORE_ENDED) {
		s->epoch++;
		s->ended_count = 0;
	}
}

int auth_session_end(struct auth *a, const char *text, struct err *why)
{
	uint8_t bytes[SIZE];
	uint64_t expires_s;
	int code = 0;
	pthread_mutex_lock(&a->lock);
	bool is_live = check(a, text, bytes, &expires_s) != EDGE_NOBODY;
	/* Keys' sessions would fill the places, and so end all: also those of whom their holders may not log out. */
	if (is_live && sodium_is_zero(bytes + KEY_AT, MARK)) {
		struct auth_store next = a->store;
		forget_old(&next, clock_wall_s());
		struct auth_store_ended *e = &next.ended[next.ended_count++];
		memcpy(e->id, bytes + ID_AT, sizeof e->id);
		e->until_s = expires_s;
		code = auth_parts_keep(a, &next, why);
	}
	pthread_mutex_unlock(&a->lock);
	return code;
}

int auth_end_all(struct auth *a, struct err *why)
{
	pthread_mutex_lock(&a->lock);
	struct auth_store next = a->store;
	next.epoch++;
	next.ended_count = 0;
	/* A damaged file is replaced by a new password only. */
	int code = a->is_damaged ? err_set(why, CEN_EREFUSED, "%s", a->problem)
				 : auth_parts_keep(a, &next, why);
	pthread_mutex_unlock(&a->lock);
	return code;
}
