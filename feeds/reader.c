/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/format.h"

enum { BUFFER_BYTES = 1 << 20, MAGIC_BYTES = 6 };

struct reader {
	int fd;
	struct archive *archive; /* NULL: the file is plain */
	uint64_t max_bytes, bytes, lines;
	size_t from, to; /* of what is in the buffer */
	bool is_at_end;
	char buffer[BUFFER_BYTES];
};

static bool is_compressed(const uint8_t *magic, size_t len)
{
	static const uint8_t gzip[] = {0x1f, 0x8b}; /* RFC 1952 2.3.1 */
	static const uint8_t xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};
	static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878 3.1.1 */
	return (len >= sizeof gzip && !memcmp(magic, gzip, sizeof gzip)) ||
		(len >= sizeof xz && !memcmp(magic, xz, sizeof xz)) ||
		(len >= sizeof zstd && !memcmp(magic, zstd, sizeof zstd));
}

static int archive_failed(struct reader *r, struct err *why)
{
	const char *words = archive_error_string(r->archive);
	return err_set(
		why, CEN_EFORMAT, "damaged archive: %s", words ? words : "it ends too early");
}

static int open_archive(struct reader *r, struct err *why)
{
	struct archive_entry *entry;
	r->archive = archive_read_new();
	if (!r->archive)
		return err_set(why, -ENOMEM, "out of memory");
	archive_read_support_filter_gzip(r->archive);
	archive_read_support_filter_xz(r->archive);
	archive_read_support_filter_zstd(r->archive);
	archive_read_support_format_raw(r->archive);
	archive_read_support_format_empty(r->archive);
	if (archive_read_open_fd(r->archive, r->fd, 65536) != ARCHIVE_OK ||
		archive_read_next_header(r->archive, &entry) != ARCHIVE_OK)
		return archive_failed(r, why);
	/* libarchive's own reader counts as one. */
	int filters = archive_filter_count(r->archive);
	if (filters < 2)
		return err_set(why, CEN_EFORMAT, "damaged archive: its head is not right");
	if (filters > 2)
		return err_set(why, CEN_EREFUSED, "refused: an archive within an archive");
	return 0;
}

int reader_open(const char *path, uint64_t max_bytes, struct reader **out, struct err *why)
{
	struct reader *r = malloc(sizeof *r);
	if (!r)
		return err_set(why, -ENOMEM, "out of memory");
	r->archive = NULL;
	r->max_bytes = max_bytes;
	r->bytes = r->lines = 0;
	r->from = r->to = 0;
	r->is_at_end = false;
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint8_t magic[MAGIC_BYTES];
	ssize_t n = r->fd < 0 ? -1 : pread(r->fd, magic, sizeof magic, 0);
	int rc = n < 0 ? err_set(why, -errno, "cannot be read: %s", strerror(errno)) : 0;
	if (!rc && is_compressed(magic, (size_t)n))
		rc = open_archive(r, why);
	if (rc) {
		reader_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->archive)
		archive_read_free(r->archive);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

static int check_bounds(struct reader *r, struct err *why)
{
	if (r->bytes > r->max_bytes)
		return err_set(why, CEN_ELIMIT, "more than %" PRIu64 " bytes (feeds.max_bytes)",
			r->max_bytes);
	if (!r->archive || r->bytes < READER_RATIO_FREE)
		return 0;
	int64_t in = archive_filter_bytes(r->archive, -1);
	if (in > 0 && r->bytes / (uint64_t)in > READER_RATIO_MAX)
		return err_set(why, CEN_ELIMIT,
			"unpacks to more than %d times its size, as bombs do", READER_RATIO_MAX);
	return 0;
}

/* Reads more behind what is in the buffer. */
static int fill(struct reader *r, struct err *why)
{
	memmove(r->buffer, r->buffer + r->from, r->to - r->from);
	r->to -= r->from;
	r->from = 0;
	ssize_t n;
	do
		n = r->archive
			? archive_read_data(r->archive, r->buffer + r->to, BUFFER_BYTES - r->to)
			: read(r->fd, r->buffer + r->to, BUFFER_BYTES - r->to);
	while (n < 0 && !r->archive && errno == EINTR);
	if (n < 0)
		return r->archive ? archive_failed(r, why)
				  : err_set(why, -errno, "cannot be read: %s", strerror(errno));
	r->is_at_end = n == 0;
	r->to += (size_t)n;
	r->bytes += (uint64_t)n;
	return check_bounds(r, why);
}

/* The rest of a line that is too long, up to its end. */
static int skip_line(struct reader *r, struct err *why)
{
	for (;;) {
		const char *end = memchr(r->buffer + r->from, '\n', r->to - r->from);
		r->from = end ? (size_t)(end - r->buffer) + 1 : r->to;
		if (end || r->is_at_end)
			return 0;
		int rc = fill(r, why);
		if (rc)
			return rc;
	}
}

/* Hands out `len` octets and moves behind them and the line's end. */
static int give(struct reader *r, size_t len, bool has_end, struct reader_line *out)
{
	const char *at = r->buffer + r->from;
	r->from += len + has_end;
	if (len && at[len - 1] == '\r')
		len--;
	/* The mark of UTF-8 that some editors put first. */
	if (++r->lines == 1 && len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) {
		at += 3;
		len -= 3;
	}
	*out = (struct reader_line){.at = at, .len = len, .number = r->lines};
	return 1;
}

int reader_next(struct reader *r, struct reader_line *out, struct err *why)
{
	for (;;) {
		size_t have = r->to - r->from;
		size_t look = have > FORMAT_LINE_MAX + 1 ? FORMAT_LINE_MAX + 1 : have;
		const char *at = r->buffer + r->from;
		const char *end = memchr(at, '\n', look);
		if (end)
			return give(r, (size_t)(end - at), true, out);
		if (look > FORMAT_LINE_MAX) {
			static const char begin[] = "";
			int rc = skip_line(r, why);
			*out = (struct reader_line){
				.at = begin, .number = ++r->lines, .is_too_long = true};
			return rc ? rc : 1;
		}
		if (r->is_at_end)
			return have ? give(r, have, false, out) : 0;
		int rc = fill(r, why);
		if (rc)
			return rc;
	}
}
