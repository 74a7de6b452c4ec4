/* SPDX-License-Identifier: BSD-2-Clause
 * What the web edge keeps of its log-in: the password's hash, keys' hashes, what signs sessions. A file of lines, mode 0600.
 *
 * Threads: pure but for the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "web/edge.h"

enum {
	AUTH_STORE_KEYS = 64,
	AUTH_STORE_ENDED = 256,
	AUTH_STORE_NAME_MAX = 63, /* characters in a key's name: [A-Za-z0-9._-]+ */
	AUTH_STORE_FILE_MAX = 64 * 1024,
};

struct auth_store_key {
	char name[AUTH_STORE_NAME_MAX + 1];
	enum edge_scope scope;
	uint64_t created_s;
	uint8_t hash[32]; /* of the key as it is sent */
};

/* A session that was logged out before its time. */
struct auth_store_ended {
	uint8_t id[16];
	uint64_t until_s; /* when it is over anyway */
};

struct auth_store {
	uint32_t epoch; /* sessions of another one are over */
	uint8_t secret[32]; /* signs sessions */
	char password[128]; /* as libsodium writes the hash; "": none is set */
	size_t key_count, ended_count;
	struct auth_store_key keys[AUTH_STORE_KEYS];
	struct auth_store_ended ended[AUTH_STORE_ENDED];
};

/* A new one: no password, no keys, a secret of its own. */
void auth_store_init(struct auth_store *s);
/* False for anything but what auth_store_save writes, whole. */
bool auth_store_parse(const char *text, size_t len, struct auth_store *out);
/* 0; -ENOENT when there is no file; CEN_ECORRUPT for a damaged one; else the file's error. `*out` is good only at 0. */
int auth_store_load(const char *path, struct auth_store *out, struct err *why);
int auth_store_save(const char *path, const struct auth_store *s, struct err *why);

bool auth_store_is_name(const char *name);
const char *auth_store_scope_name(enum edge_scope scope);
/* EDGE_NOBODY for what is no scope of a key. */
enum edge_scope auth_store_scope(const char *name);
