/* SPDX-License-Identifier: BSD-2-Clause
 * A folder for one test's files. Include after cmocka.h.
 */
#pragma once

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[256];
	char file[PATH_MAX]; /* of the last folder_file */
};

static inline void folder_make(struct folder *f)
{
	snprintf(f->path, sizeof f->path, "/tmp/cenote-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
}

static inline int folder_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void folder_remove(struct folder *f)
{
	nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in it; valid until the next call. */
static inline const char *folder_file(struct folder *f, const char *name)
{
	snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
	return f->file;
}

static inline const char *folder_write(
	struct folder *f, const char *name, const void *bytes, size_t len)
{
	FILE *out = fopen(folder_file(f, name), "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	return f->file;
}
