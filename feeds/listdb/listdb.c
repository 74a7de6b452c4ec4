/* SPDX-License-Identifier: BSD-2-Clause
 * The format is at the head of listdb_file.h.
 */
#include "feeds/listdb/listdb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/listdb/listdb_file.h"
#include "feeds/listdb/listdb_special.h"
#include "resolver/base/mdb.h"

struct listdb {
	struct listdb_index index;
	struct listdb_meta meta;
	struct listdb_list *lists;
	struct listdb_set *sets;
	struct listdb_special *special;
	struct mdb_file *file;
	pthread_mutex_t lock; /* of file's one read transaction */
};

static int check_trailer(
	const char *path, const struct listdb_trailer *t, uint64_t file_bytes, struct err *why)
{
	if (t->magic != LISTDB_MAGIC || t->own_checksum != listdb_file_own_checksum(t))
		return err_set(why, CEN_ECORRUPT,
			"%s: not a generation, or one that was not written to its end", path);
	if (t->version > LISTDB_VERSION)
		return err_set(why, CEN_EVERSION,
			"%s: format version %" PRIu32
			" was written by a newer cenote; this one reads up to %d",
			path, t->version, LISTDB_VERSION);
	if (t->version != LISTDB_VERSION || t->body_bytes != file_bytes - LISTDB_TRAILER)
		return err_set(why, CEN_ECORRUPT,
			"%s: has %" PRIu64 " bytes where its trailer says %" PRIu64, path,
			file_bytes, t->body_bytes + LISTDB_TRAILER);
	return 0;
}

static int verify(const char *path, uint64_t *body_bytes, struct err *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(why, -errno, "%s: %s", path, strerror(errno));
	struct stat st;
	struct listdb_trailer t = {0};
	uint64_t sum = 0;
	int rc = 0;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= LISTDB_TRAILER ||
		(uint64_t)st.st_size > SIZE_MAX ||
		pread(fd, &t, sizeof t, st.st_size - LISTDB_TRAILER) != sizeof t)
		rc = err_set(why, CEN_ECORRUPT, "%s: too short for a generation", path);
	if (!rc)
		rc = check_trailer(path, &t, (uint64_t)st.st_size, why);
	if (!rc) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		rc = listdb_file_checksum(fd, t.body_bytes, &sum);
		if (rc)
			err_set(why, rc, "%s: cannot be read: %s", path, err_string(rc));
		else if (sum != t.checksum)
			rc = err_set(why, CEN_ECORRUPT, "%s: damaged: its checksum does not match",
				path);
	}
	close(fd);
	if (!rc)
		*body_bytes = t.body_bytes;
	return rc;
}

static struct mdb_bytes value_of(struct listdb *db, const char *key)
{
	struct mdb_bytes k = {(const uint8_t *)key, strlen(key)}, v = {NULL, 0};
	if (mdb_file_get(db->file, LISTDB_VALUES, k, &v))
		v.len = 0;
	return v;
}

/* Copies a value of exactly `count` items into aligned memory; NULL when its size is another. */
static void *copy_of(struct listdb *db, const char *key, size_t item, size_t count)
{
	struct mdb_bytes v = value_of(db, key);
	if (count > SIZE_MAX / item || v.len != item * count)
		return NULL;
	void *p = calloc(1, v.len ? v.len : 1);
	if (p && v.len)
		memcpy(p, v.at, v.len);
	return p;
}

/* The lines of `key`, of which there must be `lines`. Maps them now: a query should not wait for that. */
static const uint8_t *lines_of(struct listdb *db, const char *key, uint32_t lines)
{
	struct mdb_bytes v = value_of(db, key);
	if (v.len != (uint64_t)lines * LISTDB_LINE + LISTDB_PAD)
		return NULL;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t from = (uintptr_t)v.at & ~page;
	uintptr_t to = ((uintptr_t)v.at + v.len + page) & ~page;
	(void)madvise((void *)from, to - from, MADV_POPULATE_READ); /* else at first touch */
	return v.at + LISTDB_PAD;
}

/* Each list has bits of its own. */
static bool are_lists_good(const struct listdb *db)
{
	struct listdb_bits taken = {{3}};
	for (uint32_t i = 0; i < db->meta.list_count; i++) {
		const struct listdb_list *l = &db->lists[i];
		if (!memchr(l->name, 0, sizeof l->name) ||
			!memchr(l->format, 0, sizeof l->format) || l->bit >= LISTDB_LISTS_MAX ||
			listdb_bits_test(&taken, l->bit))
			return false;
		listdb_bits_put(&taken, l->bit, true);
		if (!l->special_bit)
			continue;
		if (l->special_bit >= LISTDB_LISTS_MAX || listdb_bits_test(&taken, l->special_bit))
			return false;
		listdb_bits_put(&taken, l->special_bit, true);
	}
	return true;
}

static int load_special(struct listdb *db)
{
	const struct listdb_meta *m = &db->meta;
	struct mdb_bytes rules = value_of(db, "rules"), texts = value_of(db, "rule_texts");
	if (rules.len != LISTDB_PAD + (uint64_t)m->rule_count * sizeof(struct listdb_rule) ||
		texts.len != m->texts_bytes)
		return CEN_ECORRUPT;
	if (!m->rule_count)
		return 0;
	struct listdb_special_bytes bytes = {
		rules.at + LISTDB_PAD, texts.at, m->rule_count, texts.len};
	int rc = listdb_special_open(&bytes, db->lists, m->list_count, &db->special);
	db->index.special = db->special;
	return rc;
}

static bool load(struct listdb *db)
{
	struct mdb_bytes v = value_of(db, "meta");
	struct listdb_meta *m = &db->meta;
	if (v.len != sizeof *m)
		return false;
	memcpy(m, v.at, sizeof *m);
	if (m->list_count > LISTDB_LISTS_MAX - LISTDB_FIRST_LIST || m->names > LISTDB_NAMES_MAX ||
		m->set_count < 1 || m->set_count > m->names + 1 || !m->filter_lines ||
		!m->table_lines || m->names > (uint64_t)m->table_lines * LISTDB_LINE_NAMES ||
		m->names != mdb_file_entries(db->file, LISTDB_NAMES))
		return false;
	db->lists = copy_of(db, "lists", sizeof *db->lists, m->list_count);
	db->sets = copy_of(db, "sets", sizeof *db->sets, m->set_count);
	db->index = (struct listdb_index){
		.seed = m->seed,
		.filter = lines_of(db, "filter", m->filter_lines),
		.table = lines_of(db, "table", m->table_lines),
		.filter_lines = m->filter_lines,
		.table_lines = m->table_lines,
		.sets = db->sets,
		.set_count = m->set_count,
		.list_count = m->list_count,
	};
	return db->lists && db->sets && db->index.filter && db->index.table && are_lists_good(db);
}

int listdb_open(const char *path, struct listdb **out, struct err *why)
{
	static const char *const tables[] = LISTDB_TABLE_NAMES;
	uint64_t body_bytes = 0;
	int rc = verify(path, &body_bytes, why);
	if (rc)
		return rc;
	struct listdb *db = calloc(1, sizeof *db);
	if (!db)
		return err_set(why, -ENOMEM, "%s: out of memory", path);
	pthread_mutex_init(&db->lock, NULL);
	rc = mdb_file_open(path, (size_t)body_bytes, tables, LISTDB_TABLES, &db->file, why);
	if (!rc && (!load(db) || (rc = load_special(db)) == CEN_ECORRUPT))
		rc = err_set(why, CEN_ECORRUPT, "%s: its values do not fit together", path);
	else if (rc == -ENOMEM)
		err_set(why, rc, "%s: out of memory", path);
	if (rc) {
		listdb_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void listdb_close(struct listdb *db)
{
	if (!db)
		return;
	listdb_special_close(db->special);
	mdb_file_close(db->file);
	pthread_mutex_destroy(&db->lock);
	free(db->lists);
	free(db->sets);
	free(db);
}

const struct listdb_index *listdb_index(const struct listdb *db)
{
	return &db->index;
}

const struct listdb_list *listdb_list(const struct listdb *db, uint32_t i)
{
	return &db->lists[i];
}

uint64_t listdb_number(const struct listdb *db)
{
	return db->meta.number;
}

uint64_t listdb_name_count(const struct listdb *db)
{
	return db->meta.names;
}

uint64_t listdb_created_s(const struct listdb *db)
{
	return db->meta.created_s;
}

uint64_t listdb_digest(const struct listdb *db)
{
	return db->meta.digest;
}

static const struct listdb_set *set_of(const struct listdb *db, struct mdb_bytes value)
{
	uint32_t n = value.len == sizeof n ? listdb_u32(value.at) : 0;
	return &db->sets[n < db->meta.set_count ? n : 0];
}

int listdb_find(struct listdb *db, const struct dname *name, struct listdb_set *out)
{
	uint8_t key[DNAME_MAX];
	struct mdb_bytes value, k = {key, dname_key(name, key)};
	pthread_mutex_lock(&db->lock);
	int rc = mdb_file_get(db->file, LISTDB_NAMES, k, &value);
	if (!rc)
		*out = *set_of(db, value);
	pthread_mutex_unlock(&db->lock);
	return rc ? CEN_ENOTFOUND : 0;
}

struct walk {
	const struct listdb *db;
	bool (*each)(void *arg, const struct dname *name, const struct listdb_set *set);
	bool (*each_key)(void *arg, const uint8_t *key, size_t len, const struct listdb_set *set);
	void *arg;
};

static bool walk_one(void *arg, struct mdb_bytes key, struct mdb_bytes value)
{
	const struct walk *w = arg;
	struct dname name;
	if (w->each_key)
		return key.len > DNAME_MAX ||
			w->each_key(w->arg, key.at, key.len, set_of(w->db, value));
	if (!dname_from_key(key.at, key.len, &name))
		return true;
	return w->each(w->arg, &name, set_of(w->db, value));
}

static int walk(struct listdb *db, struct mdb_bytes from, struct walk *w)
{
	pthread_mutex_lock(&db->lock);
	int rc = mdb_file_walk(db->file, LISTDB_NAMES, from, walk_one, w);
	pthread_mutex_unlock(&db->lock);
	return rc;
}

int listdb_walk(struct listdb *db,
	bool (*each)(void *arg, const struct dname *name, const struct listdb_set *set), void *arg)
{
	struct walk w = {.db = db, .each = each, .arg = arg};
	return walk(db, (struct mdb_bytes){NULL, 0}, &w);
}

int listdb_walk_keys(struct listdb *db, const uint8_t *from, size_t len,
	bool (*each)(void *arg, const uint8_t *key, size_t len, const struct listdb_set *set),
	void *arg)
{
	struct walk w = {.db = db, .each_key = each, .arg = arg};
	return walk(db, (struct mdb_bytes){from, len}, &w);
}

uint64_t listdb_patterns_limited(const struct listdb *db)
{
	return listdb_special_limited(db->special);
}
