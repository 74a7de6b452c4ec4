/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/auth_store.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "resolver/base/whole_file.h"

/* The last line, so that half a file is not taken for one without a password or with fewer keys. */
static const char first_line[] = "cenote-auth 1", last_line[] = "end";

static const char *const scope_names[] = {[EDGE_NOBODY] = "nobody",
	[EDGE_STATS] = "stats",
	[EDGE_CONTROL] = "control",
	[EDGE_ADMIN] = "admin"};

void auth_store_init(struct auth_store *s)
{
	*s = (struct auth_store){.epoch = 1};
	randombytes_buf(s->secret, sizeof s->secret);
}

bool auth_store_is_name(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
	return n && n <= AUTH_STORE_NAME_MAX && !name[n];
}

const char *auth_store_scope_name(enum edge_scope scope)
{
	return scope_names[scope];
}

enum edge_scope auth_store_scope(const char *name)
{
	for (int i = EDGE_ADMIN; i > EDGE_NOBODY; i--)
		if (!strcmp(name, scope_names[i]))
			return (enum edge_scope)i;
	return EDGE_NOBODY;
}

/* The words of a line, one space between each two. */
enum { WORDS_MAX = 5, LINE_ROOM = 320 };

struct line {
	char text[LINE_ROOM];
	const char *words[WORDS_MAX];
	size_t count;
};

static bool split(const char *at, size_t len, struct line *out)
{
	if (!len || len >= sizeof out->text || memchr(at, 0, len))
		return false;
	memcpy(out->text, at, len);
	out->text[len] = 0;
	out->count = 0;
	for (char *p = out->text;;) {
		if (out->count == WORDS_MAX || !*p || *p == ' ')
			return false;
		out->words[out->count++] = p;
		p = strchr(p, ' ');
		if (!p)
			return true;
		*p++ = 0;
	}
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	size_t n = strspn(text, "0123456789");
	if (!n || n > 18 || text[n] || (n > 1 && text[0] == '0'))
		return false;
	*out = strtoull(text, NULL, 10);
	return *out <= max;
}

static bool octets(const char *text, uint8_t *out, size_t size)
{
	const char *end;
	size_t n;
	return strlen(text) == 2 * size &&
		!sodium_hex2bin(out, size, text, 2 * size, NULL, &n, &end) && n == size && !*end;
}

static bool take_key(struct auth_store *s, const struct line *l)
{
	if (l->count != 5 || s->key_count == AUTH_STORE_KEYS || !auth_store_is_name(l->words[1]))
		return false;
	struct auth_store_key *k = &s->keys[s->key_count];
	for (size_t i = 0; i < s->key_count; i++)
		if (!strcmp(s->keys[i].name, l->words[1]))
			return false;
	snprintf(k->name, sizeof k->name, "%s", l->words[1]);
	k->scope = auth_store_scope(l->words[2]);
	s->key_count++;
	return k->scope != EDGE_NOBODY && number(l->words[3], UINT64_MAX, &k->created_s) &&
		octets(l->words[4], k->hash, sizeof k->hash);
}

static bool take_ended(struct auth_store *s, const struct line *l)
{
	if (l->count != 3 || s->ended_count == AUTH_STORE_ENDED)
		return false;
	struct auth_store_ended *e = &s->ended[s->ended_count++];
	return octets(l->words[1], e->id, sizeof e->id) &&
		number(l->words[2], UINT64_MAX, &e->until_s);
}

static bool take_password(struct auth_store *s, const char *hash)
{
	/* One of other costs is not ours: it could cost us all memory. */
	if (s->password[0] || strlen(hash) >= crypto_pwhash_STRBYTES ||
		crypto_pwhash_str_needs_rehash(hash, crypto_pwhash_OPSLIMIT_INTERACTIVE,
			crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return false;
	_Static_assert(sizeof s->password >= crypto_pwhash_STRBYTES, "a hash fits");
	snprintf(s->password, sizeof s->password, "%s", hash);
	return true;
}

/* Lines behind the first, in any order. */
static bool take(struct auth_store *s, const struct line *l)
{
	uint64_t n;
	const char *word = l->words[0];
	if (!strcmp(word, "key"))
		return take_key(s, l);
	if (!strcmp(word, "ended"))
		return take_ended(s, l);
	if (l->count != 2)
		return false;
	if (!strcmp(word, "password"))
		return take_password(s, l->words[1]);
	if (!strcmp(word, "secret"))
		return sodium_is_zero(s->secret, sizeof s->secret) &&
			octets(l->words[1], s->secret, sizeof s->secret);
	if (strcmp(word, "epoch") != 0 || s->epoch || !number(l->words[1], UINT32_MAX, &n))
		return false;
	s->epoch = (uint32_t)n;
	return true;
}

bool auth_store_parse(const char *text, size_t len, struct auth_store *out)
{
	*out = (struct auth_store){0};
	size_t lines = 0;
	for (size_t at = 0; at < len; lines++) {
		const char *end = memchr(text + at, '\n', len - at);
		if (!end)
			return false;
		size_t n = (size_t)(end - (text + at));
		struct line line;
		if (lines == 0) {
			if (n != sizeof first_line - 1 || memcmp(text, first_line, n) != 0)
				return false;
		} else if (n == sizeof last_line - 1 && !memcmp(text + at, last_line, n)) {
			return at + n + 1 == len && out->epoch &&
				!sodium_is_zero(out->secret, sizeof out->secret);
		} else if (!split(text + at, n, &line) || !take(out, &line)) {
			return false;
		}
		at += n + 1;
	}
	return false;
}

int auth_store_load(const char *path, struct auth_store *out, struct err *why)
{
	char *text;
	size_t len;
	int code = whole_file_read(path, AUTH_STORE_FILE_MAX, &text, &len);
	if (code == -EFBIG)
		return err_set(why, CEN_ECORRUPT, "%s is damaged", path);
	if (code)
		return err_set(why, code, "%s cannot be read: %s", path, err_string(code));
	if (!text)
		return -ENOENT;
	bool is_good = auth_store_parse(text, len, out);
	sodium_memzero(text, len);
	free(text);
	return is_good ? 0 : err_set(why, CEN_ECORRUPT, "%s is damaged", path);
}

static void write_all(const void *arg, FILE *f)
{
	const struct auth_store *s = arg;
	char hex[2 * 32 + 1];
	(void)fchmod(fileno(f), 0600); /* nothing is in it yet */
	fprintf(f, "%s\nepoch %" PRIu32 "\nsecret %s\n", first_line, s->epoch,
		sodium_bin2hex(hex, sizeof hex, s->secret, sizeof s->secret));
	if (s->password[0])
		fprintf(f, "password %s\n", s->password);
	for (size_t i = 0; i < s->key_count; i++)
		fprintf(f, "key %s %s %" PRIu64 " %s\n", s->keys[i].name,
			scope_names[s->keys[i].scope], s->keys[i].created_s,
			sodium_bin2hex(hex, sizeof hex, s->keys[i].hash, sizeof s->keys[i].hash));
	for (size_t i = 0; i < s->ended_count; i++)
		fprintf(f, "ended %s %" PRIu64 "\n",
			sodium_bin2hex(hex, sizeof hex, s->ended[i].id, sizeof s->ended[i].id),
			s->ended[i].until_s);
	fprintf(f, "%s\n", last_line);
}

int auth_store_save(const char *path, const struct auth_store *s, struct err *why)
{
	return whole_file_write(path, write_all, s, why);
}
