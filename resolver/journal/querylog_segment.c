/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/base/hash.h"
#include "resolver/base/log.h"
#include "resolver/base/wire.h"

enum { VERSION = 1, SUM_AT = 24 };

static const uint8_t magic[8] = "cenoteQL";

static void put_u64(uint8_t *to, uint64_t v)
{
	wire_put_u32(to, (uint32_t)(v >> 32));
	wire_put_u32(to + 4, (uint32_t)v);
}

static void make_head(uint64_t first_id, uint32_t version, uint8_t head[QUERYLOG_SEGMENT_HEAD])
{
	memset(head, 0, QUERYLOG_SEGMENT_HEAD);
	memcpy(head, magic, sizeof magic);
	wire_put_u32(head + 8, version);
	put_u64(head + 16, first_id);
	put_u64(head + SUM_AT, hash_bytes(head, SUM_AT, 0));
}

static bool read_at(int fd, uint64_t at, void *to, size_t len)
{
	ssize_t n;
	do
		n = pread(fd, to, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static bool head_at(int fd, uint64_t at, struct querylog_head *out)
{
	uint8_t bytes[QUERYLOG_HEAD];
	return read_at(fd, at, bytes, sizeof bytes) && querylog_codec_head(bytes, out);
}

bool querylog_segment_before(int fd, uint64_t *at, struct querylog_head *out)
{
	uint8_t tail[QUERYLOG_TAIL];
	if (*at < QUERYLOG_SEGMENT_HEAD + QUERYLOG_HEAD + QUERYLOG_TAIL ||
		!read_at(fd, *at - QUERYLOG_TAIL, tail, sizeof tail))
		return false;
	uint32_t bytes = wire_u32(tail);
	if (bytes > *at - QUERYLOG_SEGMENT_HEAD || bytes < QUERYLOG_HEAD + QUERYLOG_TAIL)
		return false;
	*at -= bytes;
	return head_at(fd, *at, out) && out->bytes == bytes;
}

bool querylog_segment_read(
	int fd, uint64_t at, const struct querylog_head *h, uint8_t to[QUERYLOG_BLOCK_MAX])
{
	struct querylog_head again;
	return read_at(fd, at, to, h->bytes) && querylog_codec_head(to, &again) &&
		again.bytes == h->bytes && querylog_codec_is_whole(to, &again);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int check_head(int fd, const char *path, uint64_t first_id, struct err *why)
{
	uint8_t head[QUERYLOG_SEGMENT_HEAD], want[QUERYLOG_SEGMENT_HEAD];
	if (!read_at(fd, 0, head, sizeof head) || memcmp(head, magic, sizeof magic) != 0)
		return err_set(why, CEN_ECORRUPT, "%s: it is no query log", path);
	uint32_t version = wire_u32(head + 8);
	make_head(first_id, version, want);
	if (memcmp(head, want, sizeof want) != 0)
		return err_set(why, CEN_ECORRUPT, "%s: its head is damaged", path);
	if (version != VERSION)
		return err_set(why, CEN_EVERSION, "%s: it has version %u, this cenote reads %d",
			path, version, VERSION);
	return 0;
}

static bool read_seal(int fd, uint64_t size, struct querylog_segment *out)
{
	struct querylog_head h;
	uint8_t bytes[QUERYLOG_BLOCK_MAX];
	uint64_t at = size;
	if (!querylog_segment_before(fd, &at, &h) || h.rows ||
		!querylog_segment_read(fd, at, &h, bytes))
		return false;
	out->is_sealed = true;
	out->end_id = h.first_id;
	out->rows = h.base_ms;
	out->min_ms = h.min_ms;
	out->max_ms = h.max_ms;
	out->bytes = size;
	return out->end_id >= out->first_id;
}

static void add_block(struct querylog_segment *s, const struct querylog_head *h)
{
	s->bytes += h->bytes;
	s->rows += h->rows;
	s->end_id = h->first_id + h->rows;
	s->min_ms = h->min_ms < s->min_ms ? h->min_ms : s->min_ms;
	s->max_ms = h->max_ms > s->max_ms ? h->max_ms : s->max_ms;
}

/* Block by block, until one is not whole. */
static int read_through(
	int fd, const char *path, uint64_t size, struct querylog_segment *out, struct err *why)
{
	struct querylog_head h;
	uint8_t *bytes = malloc(QUERYLOG_BLOCK_MAX);
	if (!bytes)
		return err_set(why, -ENOMEM, "%s: memory is short", path);
	while (size - out->bytes >= QUERYLOG_HEAD && head_at(fd, out->bytes, &h) && h.rows &&
		h.first_id >= out->end_id && h.bytes <= size - out->bytes &&
		querylog_segment_read(fd, out->bytes, &h, bytes))
		add_block(out, &h);
	/* A block that ends behind the end of the file was being written. */
	uint64_t left = size - out->bytes;
	bool is_torn = left < QUERYLOG_HEAD || (head_at(fd, out->bytes, &h) && h.bytes > left);
	free(bytes);
	if (!left)
		return 0;
	if (!is_torn)
		return err_set(why, CEN_ECORRUPT, "%s: a block is damaged", path);
	log_warn("journal", "event=log_cut file=%s octets=%llu reason=\"not written to its end\"",
		path, (unsigned long long)left);
	return ftruncate(fd, (off_t)out->bytes)
		? err_set(why, -errno, "%s: %s", path, err_string(-errno))
		: 0;
}

int querylog_segment_open(
	const char *path, uint64_t first_id, struct querylog_segment *out, struct err *why)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st)) {
		int code = -errno;
		if (fd >= 0)
			close(fd);
		return err_set(why, code, "%s: %s", path, err_string(code));
	}
	*out = (struct querylog_segment){.first_id = first_id,
		.end_id = first_id,
		.min_ms = UINT64_MAX,
		.bytes = QUERYLOG_SEGMENT_HEAD};
	int code = check_head(fd, path, first_id, why);
	if (!code && !read_seal(fd, (uint64_t)st.st_size, out))
		code = read_through(fd, path, (uint64_t)st.st_size, out, why);
	close(fd);
	return code;
}

/* --- writing ---------------------------------------------------------------------------------- */

int querylog_segment_write(int fd, uint64_t at, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	size_t done = 0;
	while (done < len) {
		ssize_t n = pwrite(fd, from + done, len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n ? -errno : -EIO;
			return ftruncate(fd, (off_t)at) ? -errno : code;
		}
		done += (size_t)n;
	}
	return 0;
}

int querylog_segment_seal(int fd, const struct querylog_segment *s)
{
	uint8_t block[QUERYLOG_HEAD + QUERYLOG_TAIL];
	const struct querylog_head h = {.bytes = sizeof block,
		.words_at = QUERYLOG_HEAD,
		.first_id = s->end_id,
		.base_ms = s->rows,
		.min_ms = s->min_ms,
		.max_ms = s->max_ms};
	querylog_codec_close(&h, block);
	return querylog_segment_write(fd, s->bytes, block, sizeof block);
}

int querylog_segment_create(const char *path, uint64_t first_id, struct err *why)
{
	uint8_t head[QUERYLOG_SEGMENT_HEAD];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return err_set(why, -errno, "%s: %s", path, err_string(-errno));
	make_head(first_id, VERSION, head);
	int code = querylog_segment_write(fd, 0, head, sizeof head);
	if (!code)
		return fd;
	close(fd);
	(void)unlink(path);
	return err_set(why, code, "%s: %s", path, err_string(code));
}
