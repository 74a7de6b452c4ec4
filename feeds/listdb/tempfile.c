/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *path, struct err *why)
{
	return err_set(why, -errno, "%s: cannot be written: %s", path, strerror(errno));
}

int tempfile_open(const char *folder, struct err *why)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return failed(folder, why);
	char path[PATH_MAX]; /* a file system without O_TMPFILE */
	snprintf(path, sizeof path, "%s/tmp-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return failed(folder, why);
	unlink(path);
	return fd;
}

int tempfile_write(
	int fd, const char *path, const void *bytes, size_t len, uint64_t *at, struct err *why)
{
	const char *p = bytes;
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)*at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return failed(path, why);
		p += n;
		len -= (size_t)n;
		*at += (uint64_t)n;
	}
	return 0;
}
