/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/evidence_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/mdb.h"
#include "resolver/base/wire.h"
#include "resolver/evidence/evidence_codec.h"

enum {
	VERSION = 1,
	MARKS_MAX = 1024, /* cases marked before a save; more: all are written */
	FORGET_MAX = 1024, /* clients taken out in one go */
	SUM_MIN = 1000, /* milli-nats: less against a client is not worth keeping */
};

enum table { META, CASES, CLIENTS, TABLES };

static const char *const tables[TABLES] = {"meta", "cases", "clients"};
/* 10,000 cases of at most 28 KiB, 100,000 clients of at most 4 KiB: address space, not disk. */
static const size_t map_bytes = sizeof(void *) == 4 ? (size_t)256 << 20 : (size_t)1 << 30;

struct evidence_store {
	char *path;
	struct mdb_book *book;
	uint64_t marks[MARKS_MAX];
	unsigned mark_count; /* MARKS_MAX: too many to tell */
	struct notices *notices; /* NULL: nobody is told */
	struct cases_privacy privacy;
	struct evidence_case *copy; /* without what is not kept */
	uint32_t saved_s; /* wall time of the last save of clients */
	uint8_t room[CODEC_CASE_MAX];
};

static struct mdb_bytes bytes_of(const void *at, size_t len)
{
	return (struct mdb_bytes){.at = at, .len = len};
}

/* --- opening ---------------------------------------------------------------------------------- */

struct loading {
	struct engine *engine;
	uint64_t bad;
	bool has_gone; /* cases made room for others */
	struct evidence_case *room;
};

static bool load_case(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct loading *l = arg;
	size_t before = case_book_count(engine_book(l->engine));
	(void)key;
	if (evidence_codec_read_case(value.at, value.len, l->room) &&
		case_book_restore(engine_book(l->engine), l->room))
		engine_restored(l->engine, l->room);
	else
		l->bad++;
	l->has_gone = l->has_gone || case_book_count(engine_book(l->engine)) == before;
	return true;
}

static bool load_client(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct loading *l = arg;
	struct codec_client kept;
	struct addr address;
	bool evicted;
	if (key.len != sizeof address.bytes ||
		!evidence_codec_read_client(value.at, value.len, &kept)) {
		l->bad++;
		return true;
	}
	memcpy(address.bytes, key.at, sizeof address.bytes);
	struct client *c = clients_take(engine_clients(l->engine), &address, &evicted);
	c->is_used = true;
	c->last_s = kept.last_s;
	c->seen_since_s = kept.seen_since_s;
	c->sum = kept.sum;
	c->counted = kept.counted;
	memcpy(c->seen, kept.seen, sizeof c->seen);
	for (size_t i = 0; i < kept.line_count; i++)
		clients_add_line(engine_clients(l->engine), c, &kept.lines[i]);
	return true;
}

static int check_version(struct evidence_store *s, struct err *why)
{
	struct mdb_bytes value;
	int code = mdb_book_get(s->book, META, bytes_of("version", 7), &value);
	if (code || value.len != 4)
		return err_set(why, CEN_ECORRUPT, "%s: it has no version", s->path);
	uint32_t version = wire_u32(value.at);
	if (version != VERSION)
		return err_set(why, CEN_EVERSION, "%s: it has version %u, this cenote reads %d",
			s->path, version, VERSION);
	if (!mdb_book_get(s->book, META, bytes_of("next", 4), &value) && value.len == 8)
		return 0;
	return err_set(why, CEN_ECORRUPT, "%s: it has no number for the next case", s->path);
}

static int load(struct evidence_store *s, struct engine *e, struct err *why)
{
	struct loading l = {.engine = e, .room = malloc(sizeof *l.room)};
	struct mdb_bytes value;
	int code = l.room ? mdb_book_begin(s->book, why)
			  : err_set(why, -ENOMEM, "%s: memory is short", s->path);
	if (!code) {
		code = check_version(s, why);
		/* Clients first: a case tells its client. */
		if (!code)
			code = mdb_book_walk(s->book, CLIENTS, bytes_of("", 0), load_client, &l);
		if (!code)
			code = mdb_book_walk(s->book, CASES, bytes_of("", 0), load_case, &l);
		if (!code && !mdb_book_get(s->book, META, bytes_of("next", 4), &value))
			case_book_skip_to(engine_book(e),
				(uint64_t)wire_u32(value.at) << 32 | wire_u32(value.at + 4));
		mdb_book_abort(s->book);
	}
	free(l.room);
	if (l.has_gone && !l.bad)
		s->mark_count = MARKS_MAX;
	if (l.bad)
		log_warn("evidence", "event=records_left_out count=%llu file=%s",
			(unsigned long long)l.bad, s->path);
	return code;
}

static int put_number(
	struct evidence_store *s, const char *key, uint64_t n, unsigned len, struct err *why)
{
	uint8_t b[8];
	wire_put_u32(b, (uint32_t)(n >> 32));
	wire_put_u32(b + 4, (uint32_t)n);
	return mdb_book_put(
		s->book, META, bytes_of(key, strlen(key)), bytes_of(b + 8 - len, len), why);
}

static int create(struct evidence_store *s, struct err *why)
{
	int code = mdb_book_create(s->path, map_bytes, tables, TABLES, &s->book, why);
	if (code)
		return code;
	code = mdb_book_begin(s->book, why);
	if (!code) {
		code = put_number(s, "version", VERSION, 4, why);
		if (!code)
			code = put_number(s, "next", 1, 8, why);
		if (!code)
			code = mdb_book_commit(s->book, why);
		else
			mdb_book_abort(s->book);
	}
	if (!code)
		code = mdb_book_sync(s->book, why);
	if (code) {
		mdb_book_close(s->book);
		s->book = NULL;
	}
	return code;
}

static void set_aside(const struct evidence_store *s, const struct err *why)
{
	char *aside;
	log_error("evidence", "event=state_set_aside file=%s.damaged reason=\"%s\"", s->path,
		why->text);
	if (asprintf(&aside, "%s.damaged", s->path) < 0)
		return;
	if (rename(s->path, aside))
		log_error("evidence", "event=not_set_aside file=%s reason=\"%s\"", s->path,
			err_string(-errno));
	free(aside);
}

/* Takes the file that is there, or begins a new one; `e` NULL: what is in it is in memory already. `why` has what was wrong with one that was
 * set aside. What may not be read now is no damage: it stays. */
static int open_book(struct evidence_store *s, struct engine *e, struct err *why)
{
	struct err fault = {""};
	int code = mdb_book_open(s->path, map_bytes, tables, TABLES, &s->book, why);
	if (!code && e)
		code = load(s, e, why);
	if (!code)
		return 0;
	mdb_book_close(s->book);
	s->book = NULL;
	bool is_damaged = code <= CEN_EFORMAT && code != CEN_ENOTFOUND;
	if (is_damaged)
		set_aside(s, why);
	else if (code != CEN_ENOTFOUND)
		return code;
	code = create(s, &fault);
	if (code || !is_damaged)
		*why = fault;
	return code;
}

void evidence_store_open(const char *state_directory, struct engine *e, struct evidence_store **out,
	char *problem, size_t problem_size)
{
	struct err why = {0};
	struct evidence_store *s = calloc(1, sizeof *s);
	*out = NULL;
	problem[0] = 0;
	if (s)
		*s = (struct evidence_store){.copy = malloc(sizeof *s->copy),
			.privacy = {.has_client = true, .has_name = true}};
	if (!s || !s->copy || asprintf(&s->path, "%s/evidence.mdb", state_directory) < 0) {
		free(s ? s->copy : NULL);
		free(s);
		snprintf(problem, problem_size, "memory is short: nothing is kept");
		return;
	}
	int code = open_book(s, e, &why);
	if (why.text[0])
		snprintf(problem, problem_size, "%.200s%s", why.text, code ? "" : "; set aside");
	if (code) {
		log_error("evidence", "event=nothing_kept reason=\"%s\"", why.text);
		evidence_store_close(s);
		return;
	}
	*out = s;
}

void evidence_store_close(struct evidence_store *s)
{
	if (!s)
		return;
	mdb_book_close(s->book);
	free(s->path);
	free(s->copy);
	free(s);
}

void evidence_store_privacy(struct evidence_store *s, const struct cases_privacy *privacy)
{
	s->privacy = *privacy;
	s->privacy.key = NULL;
	if (!privacy->has_client || !privacy->has_name)
		s->mark_count = MARKS_MAX;
}

void evidence_store_notices(struct evidence_store *s, struct notices *n)
{
	struct mdb_bytes value;
	s->notices = n;
	if (!n || mdb_book_begin(s->book, NULL))
		return;
	if (!mdb_book_get(s->book, META, bytes_of("notices", 7), &value))
		notices_restore(n, value.at, value.len);
	mdb_book_abort(s->book);
}

/* --- saving ----------------------------------------------------------------------------------- */

void evidence_store_mark(struct evidence_store *s, uint64_t case_id)
{
	for (unsigned i = 0; i < s->mark_count && i < MARKS_MAX - 1; i++)
		if (s->marks[i] == case_id)
			return;
	if (s->mark_count < MARKS_MAX)
		s->marks[s->mark_count++] = case_id;
}

static int save_case(struct evidence_store *s, const struct engine *e, uint64_t id, struct err *why)
{
	uint8_t key[8];
	const struct evidence_case *c = case_book_find(engine_book((struct engine *)e), id);
	wire_put_u32(key, (uint32_t)(id >> 32));
	wire_put_u32(key + 4, (uint32_t)id);
	if (!c)
		return mdb_book_remove(s->book, CASES, bytes_of(key, sizeof key), why);
	*s->copy = *c;
	cases_withhold(s->copy, &s->privacy);
	size_t len = evidence_codec_case(s->copy, s->room);
	return mdb_book_put(s->book, CASES, bytes_of(key, sizeof key), bytes_of(s->room, len), why);
}

static int save_cases(struct evidence_store *s, struct engine *e, struct err *why)
{
	const struct case_book *book = engine_book(e);
	bool is_all = s->mark_count == MARKS_MAX;
	size_t n = is_all ? case_book_count(book) : s->mark_count;
	int code = put_number(s, "next", case_book_next_id(book), 8, why);
	for (size_t i = 0; i < n && !code; i++)
		code = save_case(s, e, is_all ? case_book_at(book, i)->id : s->marks[i], why);
	return code;
}

static int save_notices(struct evidence_store *s, struct err *why)
{
	_Static_assert(sizeof s->room >= NOTICES_KEPT_MAX, "room for all that may wait");
	size_t len = notices_keep(s->notices, s->room);
	struct mdb_bytes key = bytes_of("notices", 7);
	return len ? mdb_book_put(s->book, META, key, bytes_of(s->room, len), why)
		   : mdb_book_remove(s->book, META, key, why);
}

struct saving {
	struct evidence_store *store;
	struct engine *engine;
	uint32_t now_s;
	struct err *why;
	int code;
};

static void save_client(void *arg, struct client *c)
{
	struct saving *v = arg;
	struct evidence_store *s = v->store;
	/* What has faded is forgotten, with its lines. */
	bool is_gone =
		c->sum >= SUM_MIN && !c->has_case && engine_sum(v->engine, c, v->now_s) < SUM_MIN;
	if (v->code || (c->last_s + 1 < s->saved_s && !is_gone))
		return;
	if (is_gone)
		c->sum = 0;
	struct mdb_bytes key = bytes_of(c->address.bytes, sizeof c->address.bytes);
	if (c->sum < SUM_MIN || !s->privacy.has_client) {
		v->code = mdb_book_remove(s->book, CLIENTS, key, v->why);
		return;
	}
	struct codec_client kept = {.last_s = c->last_s,
		.seen_since_s = c->seen_since_s,
		.sum = c->sum,
		.counted = c->counted};
	memcpy(kept.seen, c->seen, sizeof kept.seen);
	kept.line_count = clients_lines(engine_clients(v->engine), c, kept.lines, CODEC_LINES_MAX);
	for (size_t i = 0; i < kept.line_count && !s->privacy.has_name; i++)
		(void)dname_from_text(".", 1, &kept.lines[i].name);
	size_t len = evidence_codec_client(&kept, s->room);
	v->code = mdb_book_put(s->book, CLIENTS, key, bytes_of(s->room, len), v->why);
}

/* What had to make room in memory makes room here, too. */
struct forgetting {
	struct engine *engine;
	enum table table;
	size_t key_len;
	unsigned count;
	uint8_t keys[FORGET_MAX][16];
};

static bool is_in_memory(const struct forgetting *f, const uint8_t *key)
{
	struct addr address;
	if (f->table == CASES)
		return case_book_find(
			engine_book(f->engine), (uint64_t)wire_u32(key) << 32 | wire_u32(key + 4));
	memcpy(address.bytes, key, sizeof address.bytes);
	return clients_find(engine_clients(f->engine), &address);
}

static bool note_gone(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	struct forgetting *f = arg;
	(void)value;
	if (key.len == f->key_len && !is_in_memory(f, key.at))
		memcpy(f->keys[f->count++], key.at, key.len);
	return f->count < FORGET_MAX;
}

static int forget(struct evidence_store *s, struct engine *e, enum table table, size_t key_len,
	struct err *why)
{
	struct forgetting f = {.engine = e, .table = table, .key_len = key_len};
	int code = 0;
	do {
		f.count = 0;
		code = mdb_book_walk(s->book, table, bytes_of("", 0), note_gone, &f);
		for (unsigned i = 0; i < f.count && !code; i++)
			code = mdb_book_remove(s->book, table, bytes_of(f.keys[i], key_len), why);
	} while (f.count == FORGET_MAX && !code);
	return code;
}

/* After some failures LMDB takes no more until the file is opened anew; then all that is in memory is written. */
static int begin(struct evidence_store *s, struct err *why)
{
	int code = s->book ? 0 : open_book(s, NULL, why);
	if (code)
		return code;
	code = mdb_book_begin(s->book, why);
	if (code) {
		mdb_book_close(s->book);
		s->book = NULL;
		s->mark_count = MARKS_MAX;
		s->saved_s = 0;
	}
	return code;
}

int evidence_store_save(
	struct evidence_store *s, struct engine *e, bool has_clients, struct err *why)
{
	struct saving v = {.store = s, .engine = e, .now_s = (uint32_t)clock_wall_s(), .why = why};
	/* A clock that was set back: nothing tells any more who was seen since. */
	if (v.now_s < s->saved_s)
		s->saved_s = 0;
	v.code = begin(s, why);
	if (v.code)
		return v.code;
	/* Too many marks to tell which are gone. */
	bool is_all = s->mark_count == MARKS_MAX;
	v.code = save_cases(s, e, why);
	if (!v.code && is_all)
		v.code = forget(s, e, CASES, sizeof(uint64_t), why);
	if (!v.code)
		v.code = save_notices(s, why);
	if (!v.code && has_clients)
		clients_each(engine_clients(e), save_client, &v);
	if (!v.code && has_clients)
		v.code = forget(s, e, CLIENTS, sizeof(struct addr), why);
	if (v.code) {
		mdb_book_abort(s->book);
		return v.code;
	}
	v.code = mdb_book_commit(s->book, why);
	if (v.code)
		return v.code;
	s->mark_count = 0;
	if (has_clients)
		s->saved_s = v.now_s;
	return 0;
}
