/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/mdb.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/base/mdb_check.h"

enum { PAGE_MIN = 4096 };

struct mdb_file {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi tables[MDB_FILE_TABLES_MAX];
	unsigned table_count;
};

struct mdb_writer {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi tables[MDB_FILE_TABLES_MAX];
	MDB_cursor *cursors[MDB_FILE_TABLES_MAX]; /* of the transaction; NULL: not open yet */
	unsigned table_count;
	char path[]; /* for sentences */
};

struct mdb_book {
	MDB_env *env;
	MDB_txn *txn; /* NULL: none is open */
	MDB_dbi tables[MDB_FILE_TABLES_MAX];
	unsigned table_count;
	char path[]; /* for sentences */
};

static int failed(struct err *why, const char *path, int rc)
{
	if (rc == MDB_MAP_FULL)
		return err_set(why, CEN_ELIMIT, "%s: LMDB: more than was announced", path);
	return err_set(why, rc > 0 ? -rc : CEN_ELIB, "%s: LMDB: %s", path, mdb_strerror(rc));
}

static int env_open(const char *path, size_t map_bytes, unsigned flags, MDB_env **out)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);
	if (rc)
		return rc;
	rc = mdb_env_set_mapsize(env, map_bytes);
	if (!rc)
		rc = mdb_env_set_maxdbs(env, MDB_FILE_TABLES_MAX);
	if (!rc)
		rc = mdb_env_open(env, path, flags | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, 0640);
	if (rc) {
		mdb_env_close(env);
		return rc;
	}
	*out = env;
	return 0;
}

/* A page that the file's header counts but the file does not hold would be SIGBUS at the first read. */
static bool is_within(MDB_env *env, size_t body_bytes)
{
	MDB_stat stat;
	MDB_envinfo info;
	if (mdb_env_stat(env, &stat) || mdb_env_info(env, &info) || !stat.ms_psize)
		return false;
	return info.me_mapsize <= body_bytes && info.me_last_pgno < body_bytes / stat.ms_psize;
}

int mdb_file_open(const char *path, size_t body_bytes, const char *const *tables,
	unsigned table_count, struct mdb_file **out, struct err *why)
{
	if (table_count > MDB_FILE_TABLES_MAX || !body_bytes || body_bytes % PAGE_MIN)
		return err_set(why, CEN_ECORRUPT, "%s: its size is not one that LMDB writes", path);
	struct mdb_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	f->table_count = table_count;
	/* Read at random: do not read the neighbours of a page ahead. */
	int rc = env_open(path, body_bytes, MDB_RDONLY | MDB_NORDAHEAD, &f->env);
	if (!rc && !is_within(f->env, body_bytes)) {
		mdb_file_close(f);
		return err_set(why, CEN_ECORRUPT, "%s: shorter than its own page count", path);
	}
	if (!rc)
		rc = mdb_txn_begin(f->env, NULL, MDB_RDONLY, &f->txn);
	for (unsigned i = 0; !rc && i < table_count; i++)
		rc = mdb_dbi_open(f->txn, tables[i], 0, &f->tables[i]);
	if (rc) {
		mdb_file_close(f);
		return failed(why, path, rc);
	}
	*out = f;
	return 0;
}

void mdb_file_close(struct mdb_file *f)
{
	if (!f)
		return;
	if (f->txn)
		mdb_txn_abort(f->txn);
	if (f->env)
		mdb_env_close(f->env);
	free(f);
}

static MDB_val val(struct mdb_bytes b)
{
	return (MDB_val){.mv_size = b.len, .mv_data = (void *)(uintptr_t)b.at};
}

static struct mdb_bytes bytes(MDB_val v)
{
	return (struct mdb_bytes){.at = v.mv_data, .len = v.mv_size};
}

int mdb_file_get(struct mdb_file *f, unsigned table, struct mdb_bytes key, struct mdb_bytes *value)
{
	if (table >= f->table_count || !key.len || key.len > MDB_FILE_KEY_MAX)
		return CEN_ENOTFOUND;
	MDB_val k = val(key), v;
	int rc = mdb_get(f->txn, f->tables[table], &k, &v);
	if (rc)
		return rc == MDB_NOTFOUND ? CEN_ENOTFOUND : CEN_ELIB;
	*value = bytes(v);
	return 0;
}

static int walk(MDB_txn *txn, MDB_dbi table, struct mdb_bytes from,
	bool (*each)(void *arg, struct mdb_bytes key, struct mdb_bytes value), void *arg)
{
	MDB_cursor *cursor;
	if (mdb_cursor_open(txn, table, &cursor))
		return CEN_ELIB;
	MDB_val k = val(from), v;
	int rc = mdb_cursor_get(cursor, &k, &v, from.len ? MDB_SET_RANGE : MDB_FIRST);
	while (!rc && each(arg, bytes(k), bytes(v)))
		rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	mdb_cursor_close(cursor);
	return rc && rc != MDB_NOTFOUND ? CEN_ELIB : 0;
}

int mdb_file_walk(struct mdb_file *f, unsigned table, struct mdb_bytes from,
	bool (*each)(void *arg, struct mdb_bytes key, struct mdb_bytes value), void *arg)
{
	return table < f->table_count ? walk(f->txn, f->tables[table], from, each, arg) : CEN_ELIB;
}

uint64_t mdb_file_entries(struct mdb_file *f, unsigned table)
{
	MDB_stat stat;
	if (table >= f->table_count || mdb_stat(f->txn, f->tables[table], &stat))
		return 0;
	return stat.ms_entries;
}

int mdb_writer_open(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_writer **out, struct err *why)
{
	struct stat st;
	if (table_count > MDB_FILE_TABLES_MAX)
		return err_set(why, CEN_ELIMIT, "%s: too many tables", path);
	if (!stat(path, &st))
		return err_set(why, -EEXIST, "%s: exists already", path);
	struct mdb_writer *w = calloc(1, sizeof *w + strlen(path) + 1);
	if (!w)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	memcpy(w->path, path, strlen(path) + 1);
	w->table_count = table_count;
	int rc = env_open(path, max_bytes, MDB_NOSYNC, &w->env);
	if (!rc)
		rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
	for (unsigned i = 0; !rc && i < table_count; i++)
		rc = mdb_dbi_open(w->txn, tables[i], MDB_CREATE, &w->tables[i]);
	if (rc) {
		mdb_writer_abandon(w);
		return failed(why, path, rc);
	}
	*out = w;
	return 0;
}

static int put(struct mdb_writer *w, unsigned table, MDB_val *k, MDB_val *v, unsigned flags,
	struct err *why)
{
	int rc = table < w->table_count ? 0 : EINVAL;
	if (!rc && !w->txn)
		rc = mdb_txn_begin(w->env, NULL, 0, &w->txn);
	if (!rc && !w->cursors[table])
		rc = mdb_cursor_open(w->txn, w->tables[table], &w->cursors[table]);
	if (!rc)
		rc = mdb_cursor_put(w->cursors[table], k, v, MDB_APPEND | flags);
	return rc ? failed(why, w->path, rc) : 0;
}

int mdb_writer_append(struct mdb_writer *w, unsigned table, struct mdb_bytes key,
	struct mdb_bytes value, struct err *why)
{
	MDB_val k = val(key), v = val(value);
	return put(w, table, &k, &v, 0, why);
}

int mdb_writer_reserve(struct mdb_writer *w, unsigned table, struct mdb_bytes key, size_t len,
	uint8_t **room, struct err *why)
{
	MDB_val k = val(key), v = {.mv_size = len, .mv_data = NULL};
	int rc = put(w, table, &k, &v, MDB_RESERVE, why);
	if (!rc)
		*room = v.mv_data;
	return rc;
}

static void drop_cursors(struct mdb_writer *w)
{
	for (unsigned i = 0; i < w->table_count; i++) {
		if (w->cursors[i])
			mdb_cursor_close(w->cursors[i]);
		w->cursors[i] = NULL;
	}
}

/* LMDB takes a write that the kernel cut short for EIO. The reason, a full disk mostly, shows when the next octet is
 * written: the file is lost anyway. */
static int why_short(MDB_env *env)
{
	static const uint8_t page[PAGE_MIN];
	int fd;
	if (mdb_env_get_fd(env, &fd))
		return EIO;
	off_t end = lseek(fd, 0, SEEK_END);
	return end >= 0 && pwrite(fd, page, sizeof page, end) < 0 ? errno : EIO;
}

int mdb_writer_flush(struct mdb_writer *w, struct err *why)
{
	if (!w->txn)
		return 0;
	drop_cursors(w);
	int rc = mdb_txn_commit(w->txn);
	w->txn = NULL;
	if (rc == EIO)
		rc = why_short(w->env);
	return rc ? failed(why, w->path, rc) : 0;
}

int mdb_writer_finish(struct mdb_writer *w, uint64_t *body_bytes, struct err *why)
{
	MDB_stat stat = {0};
	MDB_envinfo info = {0};
	int rc = mdb_writer_flush(w, why);
	if (!rc && (mdb_env_stat(w->env, &stat) || mdb_env_info(w->env, &info)))
		rc = err_set(why, CEN_ELIB, "%s: LMDB: no page count", w->path);
	if (!rc)
		*body_bytes = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	mdb_writer_abandon(w);
	return rc;
}

void mdb_writer_abandon(struct mdb_writer *w)
{
	if (!w)
		return;
	drop_cursors(w);
	if (w->txn)
		mdb_txn_abort(w->txn);
	if (w->env)
		mdb_env_close(w->env);
	free(w);
}

/* A page within the count of the file's head that the file does not hold would be SIGBUS when it is read. A book cut short
 * by a damage is then read as zeros, which LMDB finds out. */
static int extend(MDB_env *env)
{
	MDB_stat stat;
	MDB_envinfo info;
	struct stat st;
	int fd;
	if (mdb_env_stat(env, &stat) || mdb_env_info(env, &info) || mdb_env_get_fd(env, &fd) ||
		fstat(fd, &st))
		return EIO;
	uint64_t need = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
	if (need > info.me_mapsize)
		return MDB_CORRUPTED;
	return (uint64_t)st.st_size < need && ftruncate(fd, (off_t)need) ? errno : 0;
}

static int book_new(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, unsigned flags, struct mdb_book **out, struct err *why)
{
	if (table_count > MDB_FILE_TABLES_MAX)
		return err_set(why, CEN_ELIMIT, "%s: too many tables", path);
	struct mdb_book *b = calloc(1, sizeof *b + strlen(path) + 1);
	if (!b)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	memcpy(b->path, path, strlen(path) + 1);
	b->table_count = table_count;
	int rc = env_open(path, max_bytes, flags, &b->env);
	if (!rc)
		rc = extend(b->env);
	if (!rc)
		rc = mdb_txn_begin(b->env, NULL, 0, &b->txn);
	for (unsigned i = 0; !rc && i < table_count; i++)
		rc = mdb_dbi_open(b->txn, tables[i], MDB_CREATE, &b->tables[i]);
	if (!rc) {
		rc = mdb_txn_commit(b->txn);
		b->txn = NULL;
	}
	if (rc) {
		mdb_book_close(b);
		return failed(why, path, rc);
	}
	*out = b;
	return 0;
}

int mdb_book_open(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_book **out, struct err *why)
{
	struct stat st;
	if (stat(path, &st))
		return err_set(why, errno == ENOENT ? CEN_ENOTFOUND : -errno, "%s: %s", path,
			strerror(errno));
	/* LMDB takes an empty file for a new one. */
	if (st.st_size < 2 * PAGE_MIN)
		return err_set(why, CEN_ECORRUPT, "%s: too short", path);
	int rc = mdb_check_file(path, false, why);
	if (rc)
		return rc;
	rc = book_new(path, max_bytes, tables, table_count, 0, out, why);
	return rc == CEN_ELIB ? CEN_ECORRUPT : rc;
}

int mdb_book_create(const char *path, size_t max_bytes, const char *const *tables,
	unsigned table_count, struct mdb_book **out, struct err *why)
{
	if (unlink(path) && errno != ENOENT)
		return err_set(why, -errno, "%s: cannot be removed: %s", path, strerror(errno));
	return book_new(path, max_bytes, tables, table_count, MDB_NOSYNC, out, why);
}

int mdb_book_sync(struct mdb_book *b, struct err *why)
{
	int rc = mdb_env_sync(b->env, 1);
	return rc ? failed(why, b->path, rc) : 0;
}

void mdb_book_close(struct mdb_book *b)
{
	if (!b)
		return;
	mdb_book_abort(b);
	if (b->env)
		mdb_env_close(b->env);
	free(b);
}

int mdb_book_begin(struct mdb_book *b, struct err *why)
{
	int rc = mdb_txn_begin(b->env, NULL, 0, &b->txn);
	return rc ? failed(why, b->path, rc) : 0;
}

int mdb_book_commit(struct mdb_book *b, struct err *why)
{
	int rc = mdb_txn_commit(b->txn);
	b->txn = NULL;
	if (rc == EIO)
		rc = why_short(b->env);
	return rc ? failed(why, b->path, rc) : 0;
}

void mdb_book_abort(struct mdb_book *b)
{
	if (b->txn)
		mdb_txn_abort(b->txn);
	b->txn = NULL;
}

int mdb_book_get(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct mdb_bytes *value)
{
	if (table >= b->table_count || !key.len || key.len > MDB_FILE_KEY_MAX)
		return CEN_ENOTFOUND;
	MDB_val k = val(key), v;
	int rc = mdb_get(b->txn, b->tables[table], &k, &v);
	if (rc)
		return rc == MDB_NOTFOUND ? CEN_ENOTFOUND : CEN_ELIB;
	*value = bytes(v);
	return 0;
}

int mdb_book_put(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct mdb_bytes value,
	struct err *why)
{
	MDB_val k = val(key), v = val(value);
	int rc = table < b->table_count ? mdb_put(b->txn, b->tables[table], &k, &v, 0) : EINVAL;
	return rc ? failed(why, b->path, rc) : 0;
}

int mdb_book_remove(struct mdb_book *b, unsigned table, struct mdb_bytes key, struct err *why)
{
	MDB_val k = val(key);
	int rc = table < b->table_count ? mdb_del(b->txn, b->tables[table], &k, NULL) : EINVAL;
	return rc && rc != MDB_NOTFOUND ? failed(why, b->path, rc) : 0;
}

int mdb_book_walk(struct mdb_book *b, unsigned table, struct mdb_bytes from,
	bool (*each)(void *arg, struct mdb_bytes key, struct mdb_bytes value), void *arg)
{
	return table < b->table_count ? walk(b->txn, b->tables[table], from, each, arg) : CEN_ELIB;
}

uint64_t mdb_book_entries(struct mdb_book *b, unsigned table)
{
	MDB_stat stat;
	if (table >= b->table_count || mdb_stat(b->txn, b->tables[table], &stat))
		return 0;
	return stat.ms_entries;
}
