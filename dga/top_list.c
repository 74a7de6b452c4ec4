/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/top_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	CHUNK = 1 << 16,
	SHOWN = 40, /* characters of a bad line in a sentence */
};

struct reading {
	const char *file;
	top_list_name *each;
	void *arg;
	bool is_over; /* `each` wants no more */
	size_t lines, names, bad;
	size_t first_bad; /* its number, from 1; 0: none */
	char shown[SHOWN + 1];
};

static void note_bad(struct reading *r, const uint8_t *line, size_t len)
{
	if (r->bad++)
		return;
	r->first_bad = r->lines;
	size_t n = len < SHOWN ? len : SHOWN;
	for (size_t i = 0; i < n; i++)
		r->shown[i] = line[i] >= ' ' && line[i] < 127 ? (char)line[i] : '?';
	r->shown[n] = 0;
}

static void trim(const uint8_t **text, size_t *len)
{
	static const char blanks[] = " \t\r";
	while (*len && memchr(blanks, (*text)[*len - 1], sizeof blanks - 1))
		--*len;
	for (; *len && memchr(blanks, **text, sizeof blanks - 1); --*len)
		++*text;
}

/* `17,example.com` and `17,example.com,...`: the part between is the name. */
static void cut_rank(const uint8_t **line, size_t *len)
{
	size_t i = 0;
	while (i < *len && (uint8_t)((*line)[i] - '0') < 10)
		i++;
	if (!i || i == *len || (*line)[i] != ',')
		return;
	*line += i + 1;
	*len -= i + 1;
	const uint8_t *end = memchr(*line, ',', *len);
	if (end)
		*len = (size_t)(end - *line);
	trim(line, len);
}

/* Letters, digits, hyphens; underscores, which some lists have. */
static bool is_host(const struct dname *name)
{
	for (unsigned at = 0; name->bytes[at]; at += name->bytes[at] + 1u)
		for (unsigned i = 1; i <= name->bytes[at]; i++) {
			uint8_t c = name->bytes[at + i];
			if ((uint8_t)(c - 'a') >= 26 && (uint8_t)(c - '0') >= 10 && c != '-' &&
				c != '_')
				return false;
		}
	return true;
}

static void read_line(struct reading *r, const uint8_t *line, size_t len)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* UTF-8's byte order mark */
	struct dname name;
	if (!r->lines++ && len >= sizeof mark && !memcmp(line, mark, sizeof mark)) {
		line += sizeof mark;
		len -= sizeof mark;
	}
	trim(&line, &len);
	if (!len || *line == '#')
		return;
	const uint8_t *text = line;
	size_t text_len = len;
	cut_rank(&text, &text_len);
	if (len > TOP_LIST_LINE_MAX || dname_from_text((const char *)text, text_len, &name) ||
		!is_host(&name)) {
		note_bad(r, line, len);
		return;
	}
	r->names++;
	r->is_over = !r->each(r->arg, &name);
}

/* Reads the lines that are complete, at the end of the text also what is left. Returns the octets used. */
static size_t read_lines(struct reading *r, const uint8_t *text, size_t len, bool is_last)
{
	size_t at = 0;
	while (at < len && !r->is_over && r->lines <= TOP_LIST_LINES_MAX) {
		const uint8_t *end = memchr(text + at, '\n', len - at);
		if (!end && !is_last)
			break;
		size_t n = end ? (size_t)(end - text) - at : len - at;
		read_line(r, text + at, n);
		at += n + (end != NULL);
	}
	return at;
}

static int judge(const struct reading *r, struct err *why)
{
	if (r->lines > TOP_LIST_LINES_MAX)
		return err_set(
			why, CEN_ELIMIT, "%s: more than %d lines", r->file, TOP_LIST_LINES_MAX);
	if (r->bad && r->bad >= (r->names + r->bad + TOP_LIST_BAD_SHARE - 1) / TOP_LIST_BAD_SHARE)
		return err_set(why, CEN_EFORMAT,
			"%s: no list of domains: %zu of %zu lines hold no name, first line %zu: %s",
			r->file, r->bad, r->lines, r->first_bad, r->shown);
	if (!r->names)
		return err_set(
			why, CEN_EFORMAT, "%s: holds no names (one a line is wanted)", r->file);
	return 0;
}

int top_list_text(const char *file, const uint8_t *text, size_t len, top_list_name *each, void *arg,
	struct err *why)
{
	struct reading r = {.file = file, .each = each, .arg = arg};
	read_lines(&r, text, len, true);
	return judge(&r, why);
}

/* Of what zlib says. */
static int failure(gzFile f, const char *file, struct err *why)
{
	int failed = errno, kind = Z_OK;
	const char *words = gzerror(f, &kind);
	if (kind == Z_ERRNO)
		return err_set(why, -failed, "%s: %s", file, strerror(failed));
	return err_set(why, CEN_EFORMAT, "%s: %s", file,
		kind == Z_BUF_ERROR ? "ends in the middle of its compressed data" : words);
}

static int read_chunks(struct reading *r, gzFile f, uint8_t *buffer, struct err *why)
{
	size_t held = 0;
	while (!r->is_over && r->lines <= TOP_LIST_LINES_MAX) {
		int n = gzread(f, buffer + held, (unsigned)(CHUNK - held));
		if (n < 0)
			return failure(f, r->file, why);
		held += (size_t)n;
		/* What fills the whole buffer is no line of a list; read as several, each counts as bad. */
		bool is_last = n == 0 || !memchr(buffer, '\n', held);
		if (n && is_last && held < CHUNK)
			continue;
		size_t used = read_lines(r, buffer, held, is_last);
		held -= used;
		memmove(buffer, buffer + used, held);
		if (!n)
			break;
	}
	return 0;
}

int top_list_read(const char *file, top_list_name *each, void *arg, struct err *why)
{
	struct reading r = {.file = file, .each = each, .arg = arg};
	errno = 0;
	gzFile f = gzopen(file, "rbe");
	if (!f)
		return err_set(why, errno ? -errno : -ENOMEM, "%s: %s", file,
			strerror(errno ? errno : ENOMEM));
	uint8_t *buffer = malloc(CHUNK);
	int e = buffer ? read_chunks(&r, f, buffer, why)
		       : err_set(why, -ENOMEM, "%s: out of memory", file);
	free(buffer);
	/* Also tells a file that was cut off within its last block. */
	int closed = gzclose(f);
	if (!e && !r.is_over && closed == Z_BUF_ERROR)
		e = err_set(
			why, CEN_EFORMAT, "%s: ends in the middle of its compressed data", file);
	return e ? e : judge(&r, why);
}
