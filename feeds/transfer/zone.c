/* SPDX-License-Identifier: BSD-2-Clause
 * The tables of a zone's file, numbers big-endian:
 *   rows     owner's key -> its records, sorted: type (2), TTL (4), length (2), RDATA
 *   changes  number (8) -> owner's key; an owner stands there once, under its last change
 *   last     owner's key -> that number
 *   meta     "facts" -> struct zone_facts, "zone" -> the zone's name in wire form
 */
#include "feeds/transfer/zone.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "resolver/base/mdb.h"
#include "resolver/base/wire.h"

enum {
	VERSION = 0x7a6f0001, /* reads as another number on a machine of the other byte order */
	ROW_HEAD = 8,
	FORGET_AT_ONCE = 4096,
};
enum table { ROWS, CHANGES, LAST, META, TABLES };

static const char *const tables[TABLES] = {"rows", "changes", "last", "meta"};
static const struct mdb_bytes facts_key = {(const uint8_t *)"facts", 5},
			      zone_key = {(const uint8_t *)"zone", 4};

struct zone {
	struct mdb_book *book;
	struct dname name;
	struct zone_limits limits;
	struct zone_facts facts, committed;
	bool is_fresh; /* not installed yet: changes are not remembered */
	uint8_t rows[ZONE_OWNER_BYTES_MAX]; /* an owner's, while they are changed */
	char path[];
};

/* Pages are copied before they are changed, and a file never shrinks: some times the content. */
static size_t map_bytes(const struct zone_limits *limits)
{
	uint64_t most = sizeof(void *) == 4 ? UINT64_C(256) << 20 : UINT64_C(1) << 40;
	uint64_t want = limits->max_bytes > most / 4 ? most : limits->max_bytes * 4 + (16 << 20);
	return (size_t)((want < most ? want : most) & ~UINT64_C(0xfff));
}

static struct zone *allocate(
	const char *path, const struct dname *name, const struct zone_limits *limits)
{
	struct zone *z = calloc(1, sizeof *z + strlen(path) + 1);
	if (!z)
		return NULL;
	memcpy(z->path, path, strlen(path) + 1);
	z->name = *name;
	z->limits = *limits;
	return z;
}

/* Is what the file says of itself right? */
static int load(struct zone *z, struct err *why)
{
	struct mdb_bytes v;
	int rc = mdb_book_begin(z->book, why);
	if (rc)
		return rc;
	if (mdb_book_get(z->book, META, facts_key, &v) || v.len != sizeof z->facts)
		rc = err_set(why, CEN_ECORRUPT, "%s: it does not say what it holds", z->path);
	if (!rc) {
		memcpy(&z->facts, v.at, sizeof z->facts);
		if (z->facts.version != VERSION || z->facts.floor > z->facts.point)
			rc = err_set(why, CEN_ECORRUPT, "%s: of another version", z->path);
	}
	if (!rc &&
		(mdb_book_get(z->book, META, zone_key, &v) || v.len != z->name.len ||
			memcmp(v.at, z->name.bytes, v.len) != 0))
		rc = err_set(why, CEN_ENOTFOUND, "%s: another zone", z->path);
	mdb_book_abort(z->book);
	z->committed = z->facts;
	return rc;
}

int zone_open(const char *path, const struct dname *name, const struct zone_limits *limits,
	struct zone **out, struct err *why)
{
	struct zone *z = allocate(path, name, limits);
	if (!z)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	int rc = mdb_book_open(path, map_bytes(limits), tables, TABLES, &z->book, why);
	if (!rc)
		rc = load(z, why);
	if (rc) {
		zone_close(z);
		return rc;
	}
	*out = z;
	return 0;
}

int zone_create(const char *path, const struct dname *name, const struct zone_limits *limits,
	struct zone **out, struct err *why)
{
	struct zone *z = allocate(path, name, limits);
	if (!z)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	z->is_fresh = true;
	/* Points of a file that is gone must not be taken for points of this one. */
	uint64_t point = clock_wall_s() * 1000000;
	z->facts = (struct zone_facts){.version = VERSION, .point = point, .floor = point};
	int rc = mdb_book_create(path, map_bytes(limits), tables, TABLES, &z->book, why);
	if (rc) {
		zone_close(z);
		return rc;
	}
	*out = z;
	return 0;
}

void zone_close(struct zone *z)
{
	if (!z)
		return;
	mdb_book_close(z->book);
	free(z);
}

const struct zone_facts *zone_facts(const struct zone *z)
{
	return &z->facts;
}

int zone_begin(struct zone *z, struct err *why)
{
	z->committed = z->facts;
	return mdb_book_begin(z->book, why);
}

/* LMDB's "map full" in words that help. */
static int explain(const struct zone *z, int rc, struct err *why)
{
	if (rc == CEN_ELIMIT)
		err_set(why, rc,
			"%s: the zone needs more than %zu bytes of file, the room that "
			"feeds.max_bytes (%" PRIu64 ") gives it",
			z->path, map_bytes(&z->limits), z->limits.max_bytes);
	return rc;
}

int zone_commit(struct zone *z, struct err *why)
{
	struct mdb_bytes facts = {(const uint8_t *)&z->facts, sizeof z->facts};
	struct mdb_bytes name = {z->name.bytes, z->name.len};
	int rc = mdb_book_put(z->book, META, facts_key, facts, why);
	if (!rc)
		rc = mdb_book_put(z->book, META, zone_key, name, why);
	if (rc) {
		zone_abort(z);
		return explain(z, rc, why);
	}
	rc = mdb_book_commit(z->book, why);
	if (rc)
		z->facts = z->committed;
	else
		z->committed = z->facts;
	return explain(z, rc, why);
}

void zone_abort(struct zone *z)
{
	mdb_book_abort(z->book);
	z->facts = z->committed;
}

bool zone_next(struct zone_rows *rows, struct zone_record *out)
{
	if (rows->end - rows->at < ROW_HEAD)
		return false;
	uint16_t len = wire_u16(rows->at + 6);
	if (rows->end - rows->at - ROW_HEAD < len)
		return false;
	out->type = wire_u16(rows->at);
	out->ttl_s = wire_u32(rows->at + 2);
	out->data = rows->at + ROW_HEAD;
	out->len = len;
	rows->at += ROW_HEAD + len;
	return true;
}

static int compare(const struct zone_record *a, const struct zone_record *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	uint16_t len = a->len < b->len ? a->len : b->len;
	int r = len ? memcmp(a->data, b->data, len) : 0;
	return r ? r : (a->len > b->len) - (a->len < b->len);
}

/* The owner's rows into z->rows; returns their length. */
static size_t fetch(struct zone *z, struct mdb_bytes key)
{
	struct mdb_bytes v;
	if (mdb_book_get(z->book, ROWS, key, &v) || v.len > sizeof z->rows)
		return 0;
	memcpy(z->rows, v.at, v.len);
	return v.len;
}

/* Where the record stands in z->rows or would stand; `*size`: octets of it there, 0 when it is not. */
static size_t find(const struct zone *z, size_t len, const struct zone_record *r, size_t *size)
{
	struct zone_rows rows = {z->rows, z->rows + len};
	struct zone_record at;
	*size = 0;
	for (size_t start = 0; zone_next(&rows, &at); start = (size_t)(rows.at - z->rows)) {
		int order = compare(&at, r);
		if (order < 0)
			continue;
		if (order == 0)
			*size = (size_t)(rows.at - z->rows) - start;
		return start;
	}
	return len;
}

static int put_rows(struct zone *z, struct mdb_bytes key, size_t len, struct err *why)
{
	struct mdb_bytes v = {z->rows, len};
	int rc = len ? mdb_book_put(z->book, ROWS, key, v, why)
		     : mdb_book_remove(z->book, ROWS, key, why);
	return explain(z, rc, why);
}

static struct mdb_bytes number_bytes(uint64_t n, uint8_t out[static 8])
{
	wire_put_u32(out, (uint32_t)(n >> 32));
	wire_put_u32(out + 4, (uint32_t)n);
	return (struct mdb_bytes){out, 8};
}

static uint64_t number_of(struct mdb_bytes b)
{
	return b.len == 8 ? (uint64_t)wire_u32(b.at) << 32 | wire_u32(b.at + 4) : 0;
}

/* Remembers that the owner changed. */
static int touch(struct zone *z, struct mdb_bytes key, struct err *why)
{
	struct mdb_bytes v;
	uint8_t room[8];
	int rc = 0;
	if (!mdb_book_get(z->book, LAST, key, &v)) {
		uint64_t before = number_of(v);
		if (before > z->committed.point)
			return 0; /* in this transaction already */
		rc = mdb_book_remove(z->book, CHANGES, number_bytes(before, room), why);
	}
	z->facts.point++;
	if (!rc)
		rc = mdb_book_put(z->book, CHANGES, number_bytes(z->facts.point, room), key, why);
	if (!rc)
		rc = mdb_book_put(z->book, LAST, key, number_bytes(z->facts.point, room), why);
	return explain(z, rc, why);
}

static int check_limits(const struct zone *z, size_t rows_len, struct err *why)
{
	if (rows_len > ZONE_OWNER_BYTES_MAX)
		return err_set(why, CEN_ELIMIT,
			"a name of the zone has more than %d bytes of records",
			ZONE_OWNER_BYTES_MAX);
	if (z->facts.bytes > z->limits.max_bytes)
		return err_set(why, CEN_ELIMIT,
			"the zone is larger than %" PRIu64 " bytes (feeds.max_bytes)",
			z->limits.max_bytes);
	if (z->facts.records > z->limits.max_records)
		return err_set(why, CEN_ELIMIT,
			"the zone has more than %" PRIu64 " records (feeds.max_rules)",
			z->limits.max_records);
	return 0;
}

int zone_add(struct zone *z, const struct zone_record *r, struct err *why)
{
	struct mdb_bytes key = {r->key, r->key_len};
	size_t len = fetch(z, key), old, at = find(z, len, r, &old),
	       size = ROW_HEAD + (size_t)r->len;
	z->facts.bytes += size - old + (len ? 0 : r->key_len);
	z->facts.records += !old;
	int rc = check_limits(z, len + size - old, why);
	if (rc)
		return rc;
	uint8_t *p = z->rows + at;
	memmove(p + size, p + old, len - at - old);
	wire_put_u16(p, r->type);
	wire_put_u32(p + 2, r->ttl_s);
	wire_put_u16(p + 6, r->len);
	if (r->len)
		memcpy(p + ROW_HEAD, r->data, r->len);
	rc = put_rows(z, key, len + size - old, why);
	return rc || z->is_fresh ? rc : touch(z, key, why);
}

int zone_remove(struct zone *z, const struct zone_record *r, struct err *why)
{
	struct mdb_bytes key = {r->key, r->key_len};
	size_t len = fetch(z, key), size, at = find(z, len, r, &size);
	if (!size)
		return err_set(why, CEN_EFORMAT, "a record is to be removed that is not there");
	memmove(z->rows + at, z->rows + at + size, len - at - size);
	z->facts.bytes -= size + (len == size ? r->key_len : 0);
	z->facts.records--;
	int rc = put_rows(z, key, len - size, why);
	return rc || z->is_fresh ? rc : touch(z, key, why);
}

void zone_set_soa(struct zone *z, const struct zone_soa *soa, uint64_t now_s)
{
	z->facts.soa = *soa;
	z->facts.checked_s = z->facts.changed_s = now_s;
}

int zone_confirm(struct zone *z, uint64_t now_s, struct err *why)
{
	int rc = zone_begin(z, why);
	if (rc)
		return rc;
	z->facts.checked_s = now_s;
	return zone_commit(z, why);
}

/* Owners in which two zones differ. */
struct diff {
	struct zone *other;
	uint8_t *keys; /* length octet, key; and so on */
	size_t len, room;
	unsigned count;
	bool is_out_of_memory;
};

static void diff_note(struct diff *d, struct mdb_bytes key)
{
	if (d->room - d->len < key.len + 1) {
		size_t room = d->room ? d->room * 2 : 1 << 16;
		uint8_t *more = realloc(d->keys, room);
		if (!more) {
			d->is_out_of_memory = true;
			return;
		}
		d->keys = more;
		d->room = room;
	}
	d->keys[d->len++] = (uint8_t)key.len;
	memcpy(d->keys + d->len, key.at, key.len);
	d->len += key.len;
	d->count++;
}

static bool diff_goes_on(const struct diff *d)
{
	return !d->is_out_of_memory && d->count <= ZONE_DIFF_OWNERS_MAX;
}

static bool is_new_or_other(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct diff *d = arg;
	struct mdb_bytes v;
	if (key.len < DNAME_MAX &&
		(mdb_book_get(d->other->book, ROWS, key, &v) || v.len != value.len ||
			memcmp(v.at, value.at, v.len) != 0))
		diff_note(d, key);
	return diff_goes_on(d);
}

static bool is_gone(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct diff *d = arg;
	struct mdb_bytes v;
	(void)value;
	if (key.len < DNAME_MAX && mdb_book_get(d->other->book, ROWS, key, &v))
		diff_note(d, key);
	return diff_goes_on(d);
}

/* Both are in a transaction. */
static int compare_zones(struct zone *fresh, struct zone *old, struct diff *d, struct err *why)
{
	d->other = old;
	int rc = mdb_book_walk(fresh->book, ROWS, (struct mdb_bytes){0}, is_new_or_other, d);
	d->other = fresh;
	if (!rc && diff_goes_on(d))
		rc = mdb_book_walk(old->book, ROWS, (struct mdb_bytes){0}, is_gone, d);
	if (rc)
		return err_set(why, rc, "%s: cannot be compared", fresh->path);
	return d->is_out_of_memory ? err_set(why, -ENOMEM, "%s: out of memory", fresh->path) : 0;
}

struct carry {
	struct zone *to;
	struct err *why;
	int rc;
};

static bool carry_change(void *arg, struct mdb_bytes number, struct mdb_bytes key)
{
	struct carry *c = arg;
	c->rc = mdb_book_put(c->to->book, CHANGES, number, key, c->why);
	if (!c->rc)
		c->rc = mdb_book_put(c->to->book, LAST, key, number, c->why);
	return !c->rc;
}

/* What the old zone remembers of its changes, and then those that lead to the fresh one. */
static int carry_over(struct zone *fresh, struct zone *old, const struct diff *d, struct err *why)
{
	fresh->facts.point = old->facts.point;
	fresh->facts.floor = old->facts.floor;
	fresh->committed.point = old->facts.point;
	if (d->count > ZONE_DIFF_OWNERS_MAX) {
		fresh->facts.floor = ++fresh->facts.point;
		return 0;
	}
	struct carry c = {fresh, why, 0};
	int rc = mdb_book_walk(old->book, CHANGES, (struct mdb_bytes){0}, carry_change, &c);
	if (rc || c.rc)
		return c.rc ? c.rc : err_set(why, rc, "%s: cannot be read", old->path);
	for (size_t at = 0; !rc && at < d->len; at += (size_t)d->keys[at] + 1)
		rc = touch(fresh, (struct mdb_bytes){d->keys + at + 1, d->keys[at]}, why);
	return rc;
}

static int inherit(struct zone *fresh, struct zone *old, struct err *why)
{
	struct diff d = {0};
	int rc = zone_begin(fresh, why);
	if (rc)
		return rc;
	rc = zone_begin(old, why);
	if (!rc) {
		rc = compare_zones(fresh, old, &d, why);
		if (!rc)
			rc = carry_over(fresh, old, &d, why);
		zone_abort(old);
	}
	free(d.keys);
	if (rc) {
		zone_abort(fresh);
		return rc;
	}
	return zone_commit(fresh, why);
}

int zone_install(struct zone *fresh, struct zone *old, const char *path, struct err *why)
{
	int rc = old ? inherit(fresh, old, why) : 0;
	if (!rc)
		rc = mdb_book_sync(fresh->book, why);
	if (!rc && rename(fresh->path, path))
		rc = err_set(why, -errno, "%s: cannot be renamed: %s", path, strerror(errno));
	if (!rc)
		fresh->is_fresh = false;
	return rc;
}

struct change_walk {
	struct zone *z;
	bool (*each)(
		void *arg, const uint8_t *key, size_t key_len, const uint8_t *rows, size_t len);
	void *arg;
};

static bool each_change(void *arg, struct mdb_bytes number, struct mdb_bytes key)
{
	const struct change_walk *w = arg;
	struct mdb_bytes v;
	(void)number;
	if (mdb_book_get(w->z->book, ROWS, key, &v))
		v = (struct mdb_bytes){0};
	return key.len >= DNAME_MAX || w->each(w->arg, key.at, key.len, v.at, v.len);
}

int zone_changes(struct zone *z, uint64_t point,
	bool (*each)(
		void *arg, const uint8_t *key, size_t key_len, const uint8_t *rows, size_t len),
	void *arg, struct err *why)
{
	uint8_t room[8];
	if (point < z->facts.floor || point > z->facts.point)
		return err_set(why, CEN_ENOTFOUND, "%s: changes that far back are not remembered",
			z->path);
	if (point == z->facts.point)
		return 0;
	int rc = mdb_book_begin(z->book, why);
	if (rc)
		return rc;
	struct change_walk w = {z, each, arg};
	rc = mdb_book_walk(z->book, CHANGES, number_bytes(point + 1, room), each_change, &w);
	mdb_book_abort(z->book);
	return rc ? err_set(why, rc, "%s: cannot be read", z->path) : 0;
}

struct forgotten {
	uint64_t numbers[FORGET_AT_ONCE], upto;
	unsigned count;
};

static bool each_old(void *arg, struct mdb_bytes number, struct mdb_bytes key)
{
	struct forgotten *f = arg;
	uint64_t n = number_of(number);
	(void)key;
	if (n > f->upto || f->count == FORGET_AT_ONCE)
		return false;
	f->numbers[f->count++] = n;
	return true;
}

static int forget_one(struct zone *z, uint64_t number, struct err *why)
{
	uint8_t room[8], copy[MDB_FILE_KEY_MAX];
	struct mdb_bytes n = number_bytes(number, room), key;
	if (mdb_book_get(z->book, CHANGES, n, &key) || key.len > sizeof copy)
		return 0;
	memcpy(copy, key.at, key.len);
	key.at = copy;
	int rc = mdb_book_remove(z->book, CHANGES, n, why);
	if (!rc)
		rc = mdb_book_remove(z->book, LAST, key, why);
	z->facts.floor = number;
	return rc;
}

int zone_forget(struct zone *z, uint64_t point, struct err *why)
{
	struct forgotten *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(why, -ENOMEM, "%s: out of memory", z->path);
	f->upto = point;
	int rc = zone_begin(z, why);
	if (!rc) {
		rc = mdb_book_walk(z->book, CHANGES, (struct mdb_bytes){0}, each_old, f);
		for (unsigned i = 0; !rc && i < f->count; i++)
			rc = forget_one(z, f->numbers[i], why);
		if (rc)
			zone_abort(z);
		else
			rc = zone_commit(z, why);
	}
	free(f);
	return rc;
}

uint64_t zone_change_count(struct zone *z)
{
	uint64_t n = 0;
	if (!mdb_book_begin(z->book, NULL)) {
		n = mdb_book_entries(z->book, CHANGES);
		mdb_book_abort(z->book);
	}
	return n;
}

static bool each_owner(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	const struct change_walk *w = arg;
	return key.len >= DNAME_MAX || w->each(w->arg, key.at, key.len, value.at, value.len);
}

int zone_walk(struct zone *z,
	bool (*each)(
		void *arg, const uint8_t *key, size_t key_len, const uint8_t *rows, size_t len),
	void *arg, struct err *why)
{
	int rc = mdb_book_begin(z->book, why);
	if (rc)
		return rc;
	struct change_walk w = {z, each, arg};
	rc = mdb_book_walk(z->book, ROWS, (struct mdb_bytes){0}, each_owner, &w);
	mdb_book_abort(z->book);
	return rc ? err_set(why, rc, "%s: cannot be read", z->path) : 0;
}
