/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/popularity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dga/dga_builtin.h"
#include "dga/popularity_file.h"

struct popularity {
	struct fuse fuse;
	uint32_t count;
	uint8_t *bytes; /* owned; NULL: the built-in ones */
};

bool popularity_has(const struct popularity *p, const struct dname *name)
{
	return fuse_has(&p->fuse, popularity_file_key(name));
}

bool popularity_has_domain(const struct popularity *p, const struct dname *name, size_t at)
{
	return fuse_has(&p->fuse, popularity_file_domain_key(name, at));
}

size_t popularity_count(const struct popularity *p)
{
	return p->count;
}

/* Takes `owned`, if any, whatever comes of it. */
static int open_bytes(const char *name, const uint8_t *bytes, size_t len, uint8_t *owned,
	struct popularity **out, struct err *why)
{
	struct popularity *p = malloc(sizeof *p);
	if (!p) {
		free(owned);
		return err_set(why, -ENOMEM, "%s: out of memory", name);
	}
	p->bytes = owned;
	int e = popularity_file_read(name, bytes, len, &p->fuse, &p->count, why);
	if (e)
		popularity_close(p);
	else
		*out = p;
	return e;
}

int popularity_from_bytes(const char *name, const uint8_t *bytes, size_t len,
	struct popularity **out, struct err *why)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		return err_set(why, -ENOMEM, "%s: out of memory", name);
	if (len)
		memcpy(copy, bytes, len);
	return open_bytes(name, copy, len, copy, out, why);
}

/* Read, not mapped: whoever writes over the file in place must not change the set after its checksum was compared, nor cut it
 * off below a running query. */
static int read_set(const char *file, int fd, size_t len, struct popularity **out, struct err *why)
{
	uint8_t *bytes = malloc(len);
	size_t have = 0;
	if (!bytes)
		return err_set(why, -ENOMEM, "%s: out of memory", file);
	while (have < len) {
		ssize_t n = pread(fd, bytes + have, len - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int failed = n ? errno : ESTALE;
			free(bytes);
			return err_set(why, -failed, "%s: %s", file, strerror(failed));
		}
		have += (size_t)n;
	}
	return open_bytes(file, bytes, len, bytes, out, why);
}

static int read_list(const char *file, struct popularity **out, struct err *why)
{
	uint8_t *bytes;
	size_t len;
	int64_t count = popularity_file_make(file, POPULARITY_NAMES_MAX, true, &bytes, &len, why);
	return count < 0 ? (int)count : open_bytes(file, bytes, len, bytes, out, why);
}

static int open_file(const char *file, struct popularity **out, struct err *why)
{
	struct stat st;
	uint8_t head[16];
	/* A FIFO must not make it wait. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		int failed = errno;
		if (fd >= 0)
			close(fd);
		return err_set(why, -failed, "%s: %s", file, strerror(failed));
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(why, CEN_EFORMAT, "%s: not a file", file);
	}
	ssize_t n = pread(fd, head, sizeof head, 0);
	int e;
	if (n < 0)
		e = err_set(why, -errno, "%s: %s", file, strerror(errno));
	else if (!popularity_file_is_one(head, (size_t)n))
		e = read_list(file, out, why);
	else if (st.st_size > POPULARITY_BYTES_MAX)
		e = err_set(why, CEN_ECORRUPT, "%s: a popularity set has at most %d bytes", file,
			POPULARITY_BYTES_MAX);
	else
		e = read_set(file, fd, (size_t)st.st_size, out, why);
	close(fd);
	return e;
}

int popularity_open(const char *file, struct popularity **out, struct err *why)
{
	if (file)
		return open_file(file, out, why);
	size_t len;
	const uint8_t *bytes = dga_builtin(DGA_BUILTIN_POPULAR, &len);
	return open_bytes("the built-in popularity set", bytes, len, NULL, out, why);
}

void popularity_close(struct popularity *p)
{
	if (p)
		free(p->bytes);
	free(p);
}
