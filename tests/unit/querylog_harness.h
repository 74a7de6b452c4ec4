/* SPDX-License-Identifier: BSD-2-Clause
 * A query log in a folder of its own, by a clock that stands. Include after cmocka.h.
 */
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/querylog.h"
#include "tests/unit/folder.h"
#include "tests/unit/querylog_rows.h"

enum { MIB = 1 << 20, SOME = 3000, MANY = 40000 };

static struct folder folder;
static struct querylog *log_;
static const struct querylog_filter all = {.outcome = -1, .qtype = -1};

static inline void open_log(void)
{
	log_ = querylog_new(folder.path);
	assert_non_null(log_);
	querylog_limit(log_, 64 * MIB, 30, 60);
	querylog_begin(log_);
}

static inline void reopen(void)
{
	querylog_free(log_);
	open_log();
}

static inline int start(void **state)
{
	(void)state;
	folder_make(&folder);
	clock_freeze(1000000, ROWS_WALL_S);
	open_log();
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	querylog_free(log_);
	folder_remove(&folder);
	clock_thaw();
	return 0;
}

static inline void add_row(const struct querylog_kept *row)
{
	querylog_enter(log_);
	querylog_add(log_, row);
	querylog_leave(log_);
}

static inline void add(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct querylog_kept row = rows_make(i);
		add_row(&row);
	}
}

static inline unsigned number_of(const struct querylog_row *row)
{
	char text[DNAME_TEXT_MAX];
	unsigned i = 0;
	assert_int_equal(sscanf(dname_to_text(row->name.bytes, text), "host%u.example", &i), 1);
	return i;
}

/* All rows that pass, in pages of `max`; each with a lower number than the one before. */
static inline size_t count(const struct querylog_filter *filter, size_t max)
{
	static struct querylog_row rows[1000];
	struct querylog_filter f = *filter;
	size_t n = 0;
	uint64_t last = UINT64_MAX;
	do {
		size_t got = querylog_read(log_, &f, rows, max, &f.before);
		for (size_t i = 0; i < got; i++) {
			assert_true(rows[i].id < last);
			last = rows[i].id;
		}
		n += got;
	} while (f.before);
	return n;
}

/* The files of the log whose names end so. */
static inline unsigned files(const char *suffix, char path[600])
{
	unsigned n = 0;
	char name[300];
	snprintf(name, sizeof name, "%s/querylog", folder.path);
	DIR *d = opendir(name);
	for (struct dirent *e; d && (e = readdir(d));) {
		size_t len = strlen(e->d_name), end = strlen(suffix);
		if (len < end || strcmp(e->d_name + len - end, suffix) != 0)
			continue;
		n++;
		if (path)
			snprintf(path, 600, "%s/%s", name, e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

static inline struct querylog_info info(void)
{
	struct querylog_info i;
	querylog_info(log_, &i);
	return i;
}
