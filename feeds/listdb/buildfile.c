/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/buildfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/listdb/tempfile.h"

enum {
	FLUSH_NAMES = 50000, /* about 2 MB of pages that were written and not handed over yet */
	RECORD = 12, /* octets of a hash and a set number */
	RECORDS = 16384, /* held in memory */
	FILTER_BITS = 10, /* a name; see listdb.h */
	TABLE_BYTES = 18, /* a name: 70 % of the places are taken */
	SLACK_BYTES = 64 << 20, /* of the map's size, which is only address space */
};

struct buildfile {
	const char *path; /* borrowed */
	const char *folder;
	struct mdb_writer *writer;
	uint64_t names;
	int records_fd; /* hashes and set numbers */
	uint64_t records_bytes;
	uint8_t *records;
	size_t records_len;
};

int buildfile_new(const char *path, const char *folder, uint64_t names, uint64_t key_bytes,
	uint64_t special_bytes, struct buildfile **out, struct err *why)
{
	static const char *const tables[] = LISTDB_TABLE_NAMES;
	/* A node is its key, 14 octets and half a page of loss a page at most; a set for every name is the worst. */
	uint64_t most = special_bytes + 2 * (key_bytes + 14 * names) + (TABLE_BYTES + 2) * names +
		SLACK_BYTES + names * sizeof(struct listdb_set) / 4;
	if (most > SIZE_MAX / 2)
		return err_set(
			why, CEN_ELIMIT, "%s: too many names for this machine's addresses", path);
	struct buildfile *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(why, -ENOMEM, "build: out of memory");
	f->path = path;
	f->folder = folder;
	f->records_fd = -1;
	f->records = malloc((size_t)RECORD * RECORDS);
	int rc = f->records ? 0 : err_set(why, -ENOMEM, "build: out of memory");
	if (!rc && (f->records_fd = tempfile_open(folder, why)) < 0)
		rc = f->records_fd;
	if (!rc)
		rc = mdb_writer_open(path, (size_t)most & ~(size_t)0xffff, tables, LISTDB_TABLES,
			&f->writer, why);
	if (rc) {
		buildfile_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void buildfile_free(struct buildfile *f)
{
	if (!f)
		return;
	mdb_writer_abandon(f->writer);
	if (f->records_fd >= 0)
		close(f->records_fd);
	free(f->records);
	free(f);
}

static int write_records(struct buildfile *f, struct err *why)
{
	size_t len = f->records_len;
	f->records_len = 0;
	return tempfile_write(f->records_fd, f->folder, f->records, len, &f->records_bytes, why);
}

int buildfile_name(
	struct buildfile *f, struct mdb_bytes key, uint32_t set, uint64_t hash, struct err *why)
{
	uint8_t *record = f->records + f->records_len;
	memcpy(record, &hash, sizeof hash);
	memcpy(record + sizeof hash, &set, sizeof set);
	f->records_len += RECORD;
	int rc = f->records_len < (size_t)RECORD * RECORDS ? 0 : write_records(f, why);
	struct mdb_bytes value = {(const uint8_t *)&set, sizeof set};
	if (!rc)
		rc = mdb_writer_append(f->writer, LISTDB_NAMES, key, value, why);
	if (!rc && ++f->names % FLUSH_NAMES == 0)
		rc = mdb_writer_flush(f->writer, why);
	return rc;
}

/* Calls `each` for every hash and set number, in the order of the names. */
static int each_record(struct buildfile *f, void (*each)(void *arg, uint64_t hash, uint32_t set),
	void *arg, struct err *why)
{
	for (uint64_t at = 0; at < f->records_bytes;) {
		ssize_t n = pread(f->records_fd, f->records, (size_t)RECORD * RECORDS, (off_t)at);
		if (n < RECORD)
			return err_set(why, n < 0 ? -errno : CEN_ECORRUPT,
				"%s: cannot read a temporary file back", f->folder);
		n -= n % RECORD;
		for (const uint8_t *p = f->records; p < f->records + n; p += RECORD)
			each(arg, listdb_u64(p), listdb_u32(p + sizeof(uint64_t)));
		at += (uint64_t)n;
	}
	return 0;
}

struct lines {
	uint8_t *at;
	uint32_t count;
};

static void filter_add(void *arg, uint64_t hash, uint32_t set)
{
	(void)set;
	const struct lines *l = arg;
	uint8_t *line = l->at + listdb_line(hash, l->count) * LISTDB_LINE;
	struct listdb_bloom b = listdb_bloom(hash);
	for (int i = 0; i < 2; i++) {
		uint64_t w = listdb_u64(line + b.word[i] * 8) | b.bits[i];
		memcpy(line + b.word[i] * 8, &w, sizeof w);
	}
}

/* A full line spills into the next one. There are more places than names, so this ends. */
static void table_add(void *arg, uint64_t hash, uint32_t set)
{
	static const uint32_t is_spilled = 1;
	const struct lines *l = arg;
	for (size_t at = listdb_line(hash, l->count);; at = at + 1 < l->count ? at + 1 : 0) {
		uint8_t *line = l->at + at * LISTDB_LINE;
		for (size_t i = 0; i < LISTDB_LINE_NAMES; i++) {
			if (listdb_u32(line + LISTDB_AT_SETS + 4 * i))
				continue;
			memcpy(line + 8 * i, &hash, sizeof hash);
			memcpy(line + LISTDB_AT_SETS + 4 * i, &set, sizeof set);
			return;
		}
		memcpy(line + LISTDB_AT_SPILL, &is_spilled, sizeof is_spilled);
	}
}

static int put_value(
	struct buildfile *f, const char *key, const void *at, size_t len, struct err *why)
{
	struct mdb_bytes k = {(const uint8_t *)key, strlen(key)}, v = {at, len};
	return mdb_writer_append(f->writer, LISTDB_VALUES, k, v, why);
}

static int put_lines(struct buildfile *f, const char *key, uint32_t count,
	void (*add)(void *, uint64_t, uint32_t), struct err *why)
{
	struct mdb_bytes k = {(const uint8_t *)key, strlen(key)};
	uint8_t *room;
	size_t len = (size_t)count * LISTDB_LINE + LISTDB_PAD;
	int rc = mdb_writer_reserve(f->writer, LISTDB_VALUES, k, len, &room, why);
	if (rc)
		return rc;
	memset(room, 0, len);
	struct lines l = {room + LISTDB_PAD, count};
	return each_record(f, add, &l, why);
}

static int put_rules(struct buildfile *f, struct build_rules *rules, struct err *why)
{
	static const char key[] = "rules";
	struct mdb_bytes k = {(const uint8_t *)key, sizeof key - 1};
	uint8_t *room;
	size_t size = sizeof(struct listdb_rule);
	int rc = put_value(f, "rule_texts", rules->texts.bytes, rules->texts.len, why);
	if (!rc)
		rc = mdb_writer_reserve(
			f->writer, LISTDB_VALUES, k, LISTDB_PAD + rules->count * size, &room, why);
	if (rc)
		return rc;
	memset(room, 0, LISTDB_PAD);
	for (size_t i = 0; i < rules->count; i++)
		memcpy(room + LISTDB_PAD + i * size, &rules->rules[i].rule, size);
	build_rules_clear(rules);
	return mdb_writer_flush(f->writer, why);
}

int buildfile_values(struct buildfile *f, struct listdb_meta *meta, const struct listdb_list *lists,
	const struct listdb_set *sets, struct build_rules *rules, struct err *why)
{
	meta->rule_count = (uint32_t)rules->count;
	meta->texts_bytes = (uint32_t)rules->texts.len;
	meta->filter_lines = (uint32_t)(meta->names * FILTER_BITS / (8 * LISTDB_LINE)) + 1;
	meta->table_lines = (uint32_t)(meta->names * TABLE_BYTES / LISTDB_LINE) + 1;
	int rc = write_records(f, why);
	if (!rc)
		rc = mdb_writer_flush(f->writer, why);
	if (!rc)
		rc = put_lines(f, "filter", meta->filter_lines, filter_add, why);
	if (!rc)
		rc = put_value(f, "lists", lists, sizeof *lists * meta->list_count, why);
	if (!rc)
		rc = put_value(f, "meta", meta, sizeof *meta, why);
	if (!rc)
		rc = put_rules(f, rules, why);
	if (!rc)
		rc = put_value(f, "sets", sets, sizeof *sets * meta->set_count, why);
	if (!rc)
		rc = put_lines(f, "table", meta->table_lines, table_add, why);
	return rc;
}

static int write_trailer(int fd, const char *path, uint64_t body_bytes, struct err *why)
{
	union {
		struct listdb_trailer t;
		uint8_t page[LISTDB_TRAILER];
	} u = {.page = {0}};
	u.t = (struct listdb_trailer){
		.magic = LISTDB_MAGIC, .version = LISTDB_VERSION, .body_bytes = body_bytes};
	if (ftruncate(fd, (off_t)body_bytes))
		return err_set(why, -errno, "%s: cannot be written: %s", path, strerror(errno));
	int rc = listdb_file_checksum(fd, body_bytes, &u.t.checksum);
	if (rc)
		return err_set(why, rc, "%s: cannot be read back: %s", path, err_string(rc));
	u.t.own_checksum = listdb_file_own_checksum(&u.t);
	uint64_t at = body_bytes;
	rc = tempfile_write(fd, path, u.page, sizeof u.page, &at, why);
	if (!rc && fdatasync(fd))
		rc = err_set(why, -errno, "%s: cannot be synced: %s", path, strerror(errno));
	return rc;
}

int buildfile_seal(struct buildfile *f, struct err *why)
{
	uint64_t body_bytes;
	int rc = mdb_writer_finish(f->writer, &body_bytes, why);
	f->writer = NULL;
	if (rc)
		return rc;
	int fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_set(why, -errno, "%s: %s", f->path, strerror(errno));
	rc = write_trailer(fd, f->path, body_bytes, why);
	close(fd);
	return rc;
}
