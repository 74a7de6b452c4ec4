/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/format/format.h"

enum { BUFFER_BYTES = 1 << 20, MAGIC_BYTES = 512, TAR_MAGIC_AT = 257 };

struct reader {
	int fd;
	struct archive *archive; /* NULL: the file is plain */
	uint64_t max_bytes, bytes, lines;
	size_t from, to; /* of what is in the buffer */
	unsigned files;
	bool is_at_end; /* of the file at hand */
	bool is_done; /* the archive has no more of them */
	bool is_fresh; /* nothing of the file at hand was looked at */
	bool is_first; /* no line of it was handed out */
	char buffer[BUFFER_BYTES];
};

enum packing { PACKING_NONE, PACKING_STREAM, PACKING_TAR, PACKING_ZIP };

static enum packing packing_of(const char *head, size_t len)
{
	static const struct {
		enum packing packing;
		size_t at, len;
		const char *magic;
	} known[] = {
		{PACKING_STREAM, 0, 2, "\x1f\x8b"}, /* gzip: RFC 1952 2.3.1 */
		{PACKING_STREAM, 0, 6,
			"\xfd"
			"7zXZ"}, /* and a NUL */
		{PACKING_STREAM, 0, 4, "\x28\xb5\x2f\xfd"}, /* zstd: RFC 8878 3.1.1 */
		{PACKING_ZIP, 0, 4, "PK\3\4"},
		{PACKING_ZIP, 0, 4, "PK\5\6"}, /* an empty one */
		{PACKING_TAR, TAR_MAGIC_AT, 5, "ustar"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (len >= known[i].at + known[i].len &&
			!memcmp(head + known[i].at, known[i].magic, known[i].len))
			return known[i].packing;
	return PACKING_NONE;
}

static int archive_failed(struct reader *r, struct err *why)
{
	const char *words = archive_error_string(r->archive);
	return err_set(
		why, CEN_EFORMAT, "damaged archive: %s", words ? words : "it ends too early");
}

static int archive_within(struct err *why)
{
	return err_set(why, CEN_EREFUSED, "refused: an archive within an archive");
}

/* A list, not what a desktop leaves beside it. */
static bool is_list(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	mode_t type = archive_entry_filetype(entry);
	return (type == AE_IFREG || !type) && !archive_entry_hardlink(entry) &&
		!archive_entry_symlink(entry) && (!name || *name != '.');
}

/* On to the next file of the archive: 1; 0 when there is none. */
static int next_file(struct reader *r, struct err *why)
{
	struct archive_entry *entry;
	if (r->is_done)
		return 0;
	for (int rc; (rc = archive_read_next_header(r->archive, &entry)) != ARCHIVE_EOF;) {
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return archive_failed(r, why);
		if (++r->files > READER_FILES_MAX)
			return err_set(why, CEN_ELIMIT, "an archive of more than %d files",
				READER_FILES_MAX);
		if (!is_list(entry))
			continue;
		r->is_fresh = r->is_first = true;
		r->is_at_end = false;
		return 1;
	}
	r->is_done = true;
	return 0;
}

static int open_archive(struct reader *r, enum packing packing, struct err *why)
{
	r->archive = archive_read_new();
	if (!r->archive)
		return err_set(why, -ENOMEM, "out of memory");
	if (packing == PACKING_STREAM) {
		archive_read_support_filter_gzip(r->archive);
		archive_read_support_filter_xz(r->archive);
		archive_read_support_filter_zstd(r->archive);
		archive_read_support_format_raw(r->archive);
		archive_read_support_format_empty(r->archive);
	}
	if (packing == PACKING_ZIP)
		archive_read_support_format_zip(r->archive);
	else
		archive_read_support_format_tar(r->archive);
	if (archive_read_open_fd(r->archive, r->fd, 65536) != ARCHIVE_OK)
		return archive_failed(r, why);
	int rc = next_file(r, why);
	if (rc < 0)
		return rc;
	r->is_at_end = !rc;
	/* libarchive's own reader counts as one. */
	int filters = archive_filter_count(r->archive);
	if (packing == PACKING_STREAM && filters < 2)
		return err_set(why, CEN_EFORMAT, "damaged archive: its head is not right");
	return filters > 2 ? archive_within(why) : 0;
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
	r->files = 0;
	r->is_at_end = r->is_done = false;
	r->is_fresh = r->is_first = true;
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char head[MAGIC_BYTES];
	ssize_t n = r->fd < 0 ? -1 : pread(r->fd, head, sizeof head, 0);
	int rc = n < 0 ? err_set(why, -errno, "cannot be read: %s", strerror(errno)) : 0;
	enum packing packing = rc ? PACKING_NONE : packing_of(head, (size_t)n);
	if (packing != PACKING_NONE)
		rc = open_archive(r, packing, why);
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

/* What is no text in lines is known by its beginning. Takes off the mark of UTF-8 that some editors put first. */
static int check_beginning(struct reader *r, struct err *why)
{
	const char *at = r->buffer + r->from;
	size_t len = r->to - r->from;
	r->is_fresh = false;
	if (r->archive && packing_of(at, len) != PACKING_NONE)
		return archive_within(why);
	if (len >= 2 && (!memcmp(at, "\xff\xfe", 2) || !memcmp(at, "\xfe\xff", 2)))
		return err_set(why, CEN_EREFUSED,
			"refused: it is text in UTF-16 (or binary data); a list is to be in UTF-8 "
			"or ASCII");
	if (len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
		r->from += 3;
	if (memchr(at, '\r', len) && !memchr(at, '\n', len) &&
		memchr(at, '\r', len) != at + len - 1)
		return err_set(why, CEN_EREFUSED,
			"refused: its lines end with a carriage return alone; they are to end with "
			"a line feed");
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
	int rc = check_bounds(r, why);
	/* Enough of it to judge by. */
	if (!rc && r->is_fresh && (r->is_at_end || r->to - r->from >= FORMAT_LINE_MAX))
		rc = check_beginning(r, why);
	return rc;
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
	*out = (struct reader_line){
		.at = at, .len = len, .number = ++r->lines, .is_first = r->is_first};
	r->is_first = false;
	return 1;
}

/* Of a line that is too long. */
static int give_nothing(struct reader *r, struct reader_line *out, struct err *why)
{
	static const char begin[] = "";
	int rc = skip_line(r, why);
	*out = (struct reader_line){
		.at = begin, .number = ++r->lines, .is_too_long = true, .is_first = r->is_first};
	r->is_first = false;
	return rc ? rc : 1;
}

int reader_next(struct reader *r, struct reader_line *out, struct err *why)
{
	for (int rc;;) {
		size_t have = r->is_fresh ? 0 : r->to - r->from;
		size_t look = have > FORMAT_LINE_MAX + 1 ? FORMAT_LINE_MAX + 1 : have;
		const char *at = r->buffer + r->from;
		const char *end = memchr(at, '\n', look);
		if (end)
			return give(r, (size_t)(end - at), true, out);
		if (look > FORMAT_LINE_MAX)
			return give_nothing(r, out, why);
		if (!r->is_at_end)
			rc = fill(r, why);
		else if (have)
			return give(r, have, false, out);
		else if (!r->archive || (rc = next_file(r, why)) == 0)
			return 0;
		if (rc < 0)
			return rc;
	}
}
