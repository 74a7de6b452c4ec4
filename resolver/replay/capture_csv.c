/* SPDX-License-Identifier: BSD-2-Clause
 * A line a question, with its answer where it is known. The first line names the columns: time (seconds since 1970, with a fraction, or RFC 3339 in
 * UTC), client, name; type (A), rcode (a name or number), answer (empty: none).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "resolver/base/wire.h"
#include "resolver/replay/capture_internal.h"

static const struct {
	const char *name;
	enum capture_column kind;
} columns_known[] = {{"time", CAPTURE_TIME}, {"timestamp", CAPTURE_TIME},
	{"client", CAPTURE_CLIENT}, {"name", CAPTURE_NAME}, {"qname", CAPTURE_NAME},
	{"domain", CAPTURE_NAME}, {"type", CAPTURE_TYPE}, {"qtype", CAPTURE_TYPE},
	{"rcode", CAPTURE_RCODE}, {"answer", CAPTURE_ANSWER}};

/* The next field, its quotes taken off in place (RFC 4180 2); NULL: a quote does not end. `*at` NULL: it was the last. */
static char *next_field(char **at)
{
	char *start = *at, *to = start, *from = start;
	if (*from != '"') {
		char *end = strchr(start, ',');
		*at = end ? end + 1 : NULL;
		if (end)
			*end = 0;
		return start;
	}
	for (from++; *from; from++) {
		if (*from == '"' && from[1] != '"') {
			*to = 0;
			*at = from[1] == ',' ? from + 2 : NULL;
			return from[1] == ',' || !from[1] ? start : NULL;
		}
		from += *from == '"';
		*to++ = *from;
	}
	return NULL;
}

static enum capture_column column_of(const char *name)
{
	for (size_t i = 0; i < sizeof columns_known / sizeof *columns_known; i++)
		if (!strcasecmp(name, columns_known[i].name))
			return columns_known[i].kind;
	return CAPTURE_IGNORED;
}

bool capture_csv_header(char *line, struct capture_columns *out)
{
	unsigned seen = 0;
	out->count = 0;
	for (char *at = line; at && out->count < CAPTURE_COLUMNS_MAX;) {
		char *name = next_field(&at);
		if (!name)
			return false;
		enum capture_column kind = column_of(name);
		out->kinds[out->count++] = kind;
		seen |= 1u << kind;
	}
	return seen & 1u << CAPTURE_NAME && seen & 1u << CAPTURE_CLIENT;
}

static bool read_time(const char *text, uint64_t *at_ms)
{
	struct tm t = {0};
	char *end;
	double s = strtod(text, &end);
	if (end != text && !*end && s >= 0 && s < 1e11) {
		*at_ms = (uint64_t)llrint(s * 1000);
		return true;
	}
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &t);
	if (!rest)
		return false;
	double fraction = *rest == '.' ? strtod(rest, &end) : 0;
	if (!(fraction < 1))
		return false; /* `.5e300` is no fraction, and fits no integer */
	int64_t at_s = timegm(&t); /* -1 behind 2038 where time_t has 32 bits */
	*at_ms = (uint64_t)at_s * 1000 + (uint64_t)(fraction * 1000);
	rest += *rest == '.' ? strspn(rest + 1, "0123456789") + 1 : 0;
	return !strcmp(rest, "Z") && at_s >= 0;
}

static bool read_type(const char *text, uint16_t *out)
{
	static const struct {
		const char *name;
		uint16_t number;
	} types[] = {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"PTR", 12}, {"MX", 15},
		{"TXT", 16}, {"AAAA", 28}, {"SRV", 33}, {"DS", 43}, {"SVCB", 64}, {"HTTPS", 65},
		{"ANY", 255}};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcasecmp(text, types[i].name)) {
			*out = types[i].number;
			return true;
		}
	text += !strncasecmp(text, "TYPE", 4) ? 4 : 0;
	size_t digits = strspn(text, "0123456789");
	unsigned long n = digits && digits < 6 && !text[digits] ? strtoul(text, NULL, 10) : 0;
	*out = (uint16_t)n;
	return n && n <= UINT16_MAX;
}

static bool read_rcode(const char *text, int *out)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	*out = -1;
	if (!*text)
		return true;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(text, names[i]))
			*out = (int)i;
	if (*out < 0 && text[strspn(text, "0123456789")] == 0 && strlen(text) < 5)
		*out = atoi(text);
	return *out >= 0;
}

static bool read_field(enum capture_column kind, const char *text, struct capture_message *m)
{
	switch (kind) {
	case CAPTURE_TIME:
		return read_time(text, &m->at_ms);
	case CAPTURE_CLIENT:
		return !addr_from_text(text, &m->client);
	case CAPTURE_NAME:
		return !dname_from_text(text, strlen(text), &m->name);
	case CAPTURE_TYPE:
		return read_type(text, &m->type);
	case CAPTURE_RCODE:
		return read_rcode(text, &m->rcode);
	case CAPTURE_ANSWER:
		m->has_answer = *text;
		return true;
	case CAPTURE_IGNORED:
		break;
	}
	return true;
}

enum capture_found capture_csv_line(
	const struct capture_columns *columns, char *line, struct capture_message *m)
{
	unsigned i = 0;
	*m = (struct capture_message){.type = TYPE_A, .rcode = -1, .has_question = true};
	bool has_answers = false;
	for (char *at = line; at; i++) {
		const char *text = next_field(&at);
		enum capture_column kind = i < columns->count ? columns->kinds[i] : CAPTURE_IGNORED;
		has_answers = has_answers || kind == CAPTURE_ANSWER;
		if (!text || !read_field(kind, text, m))
			return CAPTURE_MALFORMED;
	}
	if (i < columns->count)
		return CAPTURE_MALFORMED;
	/* Without the column, what is no error has an answer. */
	if (!has_answers)
		m->has_answer = m->rcode == RCODE_NOERROR;
	return CAPTURE_MESSAGE;
}

/* --- the file ------------------------------------------------------------------------------------ */

/* A line without its end, terminated. 1, 0 at the end, -1: it is too long. */
static int read_line(struct capture_run *run)
{
	size_t n = 0;
	char c;
	while (capture_read(run->file, &c, 1) == 1) {
		if (c == '\n') {
			run->room[n - (n && run->room[n - 1] == '\r')] = 0;
			return 1;
		}
		if (n == CAPTURE_RECORD_MAX)
			return -1;
		run->room[n++] = (uint8_t)c;
	}
	run->room[n] = 0;
	return n ? 1 : 0;
}

int capture_csv(struct capture_run *run, struct err *why)
{
	struct capture_columns columns;
	int state = read_line(run);
	if (state != 1 || !capture_csv_header((char *)run->room, &columns))
		return err_set(why, CEN_EFORMAT,
			"this is neither pcap nor dnstap, and no CSV: its first line names no "
			"columns `client` and `name`");
	while ((state = read_line(run)) == 1) {
		struct capture_message m;
		if (run->room[0] &&
			!capture_take(run, capture_csv_line(&columns, (char *)run->room, &m), &m))
			return 0;
	}
	return state ? err_set(why, CEN_EFORMAT, "line %llu is longer than %d octets",
			       (unsigned long long)run->counts->records + 2, CAPTURE_RECORD_MAX)
		     : 0;
}
