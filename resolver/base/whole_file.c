/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int whole_file_read(const char *path, size_t max, char **text, size_t *len)
{
	*text = NULL;
	*len = 0;
	/* A pipe in its place must not hold up the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int e = 0;
	struct stat st;
	if (fstat(fd, &st) || st.st_size > (off_t)max) {
		e = -EFBIG;
		goto out;
	}
	*text = malloc((size_t)st.st_size + 1);
	if (!*text) {
		e = -ENOMEM;
		goto out;
	}
	ssize_t n = 1;
	while (n > 0 && *len < (size_t)st.st_size) {
		n = read(fd, *text + *len, (size_t)st.st_size - *len);
		*len += n > 0 ? (size_t)n : 0;
	}
	/* Half a file must not pass for a whole one: the next change would write it so. */
	if (n < 0)
		e = -errno;
out:
	close(fd);
	if (e) {
		free(*text);
		*text = NULL;
	}
	return e;
}

/* After a loss of power the new name is there. Some file systems cannot sync a folder: no reason to fail. */
static void sync_folder(const char *path)
{
	char folder[4096];
	const char *end = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s/", end ? (int)(end - path) : 1, end ? path : ".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static int write_out(FILE *f, whole_file_writer *write, const void *arg)
{
	write(arg, f);
	if (fflush(f) || fsync(fileno(f)))
		return -errno;
	return ferror(f) ? -EIO : 0;
}

int whole_file_write(const char *path, whole_file_writer *write, const void *arg, struct err *why)
{
	char temporary[4096];
	snprintf(temporary, sizeof temporary, "%s.new", path);
	FILE *f = fopen(temporary, "we");
	int e = f ? write_out(f, write, arg) : -errno;
	if (f && fclose(f) && !e)
		e = -errno;
	if (!e && rename(temporary, path))
		e = -errno;
	if (!e) {
		sync_folder(path);
		return 0;
	}
	unlink(temporary);
	return err_set(why, e, "%s: the change was not kept: %s", path, err_string(e));
}

int whole_file_set_aside(const char *path)
{
	char aside[4096];
	snprintf(aside, sizeof aside, "%s.damaged", path);
	return rename(path, aside) ? -errno : 0;
}

size_t whole_file_lines(const char *text, size_t len,
	bool (*take)(void *arg, const char *line, size_t len), void *arg, size_t *first_bad)
{
	size_t bad = 0, line_number = 0;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - (text + at)) : len - at;
		line_number++;
		if (!take(arg, text + at, n) && !bad++)
			*first_bad = line_number;
		at += n + 1;
	}
	return bad;
}
