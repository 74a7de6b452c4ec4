/* SPDX-License-Identifier: BSD-2-Clause
 * A transferred zone on disk: its records by owner, its SOA's numbers, and which owners changed when.
 *
 * Threads: the owner locks; a zone is used by one thread at a time.
 * Owns: the file `<state>/zones/NAME.mdb`. A transaction changes records and serial together: after a crash the zone
 *       is as the last commit left it.
 * Standards: RFC 1035 3.3.13 (SOA), RFC 1982 (serials).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	ZONE_OWNER_BYTES_MAX = 32768, /* of all records of one name */
	ZONE_DIFF_OWNERS_MAX = 20000, /* a new copy that differs in more is not compared further */
	ZONE_CHANGES_MAX = 200000, /* remembered; older ones are given up */
};

struct zone;

struct zone_limits {
	uint64_t max_bytes, max_records;
};

struct zone_soa {
	uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
};

struct zone_record {
	const uint8_t *key; /* the owner's, of dname_key */
	size_t key_len;
	uint16_t type;
	uint32_t ttl_s;
	const uint8_t *data; /* uncompressed, names in lower case */
	uint16_t len;
};

struct zone_facts {
	uint32_t version;
	struct zone_soa soa;
	uint64_t checked_s; /* wall time at which the primary last confirmed this content */
	uint64_t changed_s;
	uint64_t point; /* number of the last change */
	uint64_t floor; /* changes up to this one are not remembered */
	uint64_t records, bytes;
};

/* Opens the zone that is kept. CEN_ENOTFOUND when there is none or it is of another name, CEN_ECORRUPT. */
int zone_open(const char *path, const struct dname *name, const struct zone_limits *limits,
	struct zone **out, struct err *why);
/* Starts an empty one. It is in place after zone_install; until then it may be lost. */
int zone_create(const char *path, const struct dname *name, const struct zone_limits *limits,
	struct zone **out, struct err *why);
void zone_close(struct zone *z);

/* What the last commit left; within a transaction, what it has made of it. */
const struct zone_facts *zone_facts(const struct zone *z);

/* Changes are made between begin and commit. After a failure the transaction must be given up. */
int zone_begin(struct zone *z, struct err *why);
int zone_commit(struct zone *z, struct err *why);
void zone_abort(struct zone *z);

/* Adds a record; one that is there already takes the new TTL. CEN_ELIMIT. */
int zone_add(struct zone *z, const struct zone_record *r, struct err *why);
/* CEN_EFORMAT when there is no such record. Its TTL does not matter. */
int zone_remove(struct zone *z, const struct zone_record *r, struct err *why);
void zone_set_soa(struct zone *z, const struct zone_soa *soa, uint64_t now_s);
/* The primary says that this content is current. Makes its own transaction. */
int zone_confirm(struct zone *z, uint64_t now_s, struct err *why);

/* Makes `fresh`, which no transaction is open on, the zone: remembers in it in which owners it differs from `old` (NULL: there
 * was none), syncs it and renames it to `path`. `old` is not changed. */
int zone_install(struct zone *fresh, struct zone *old, const char *path, struct err *why);

/* Calls `each` for every owner that changed after `point`, in the order of the changes, with its records as they are now
 * (`len` 0: none are left), until it returns false. CEN_ENOTFOUND: changes that far back are not remembered. */
int zone_changes(struct zone *z, uint64_t point,
	bool (*each)(
		void *arg, const uint8_t *key, size_t key_len, const uint8_t *rows, size_t len),
	void *arg, struct err *why);
/* Forgets changes up to `point`, some thousands a call. */
int zone_forget(struct zone *z, uint64_t point, struct err *why);
/* How many are remembered. */
uint64_t zone_change_count(struct zone *z);

/* Calls `each` for every owner, in the order of keys, until it returns false. */
int zone_walk(struct zone *z,
	bool (*each)(
		void *arg, const uint8_t *key, size_t key_len, const uint8_t *rows, size_t len),
	void *arg, struct err *why);

/* Takes the next record off the rows of an owner; its key is not set. */
struct zone_rows {
	const uint8_t *at, *end;
};
bool zone_next(struct zone_rows *rows, struct zone_record *out);

/* RFC 1982 3.2: is `a` after `b`? */
static inline bool zone_serial_is_after(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(0x80000000);
}
