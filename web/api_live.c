/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/live: the query log as it grows, by server-sent events (WHATWG HTML, "Server-sent events"). A reader that is too slow loses rows and is
 * told how many; nothing waits for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/journal.h"
#include "web/api.h"
#include "web/api_querylog.h"
#include "web/auth.h"
#include "web/param.h"
#include "web/response.h"

enum {
	ROWS_AT_ONCE = 16,
	TEXT_ROOM = 64 * 1024, /* sixteen rows, each with the longest name in escapes */
	KEEP_ALIVE_MS = 15000,
};

struct live {
	struct edge_stream stream; /* the first member */
	struct querylog *log;
	struct querylog_filter filter; /* its texts are the next three */
	char client[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX], list[CONFIG_NAME_MAX + 1];
	const struct auth *auth; /* NULL: over the control socket */
	unsigned
		auth_changes; /* when it was said who asks; the request's body may have come long after */
	uint64_t until_s; /* the session's end; 0: none */
	uint64_t after; /* the number of the last row that was looked at */
	bool is_resumed; /* after a row that another stream has sent: what is lost since cannot be counted */
	uint64_t said_ms;
	size_t len, sent; /* of `text` */
	struct querylog_row rows[ROWS_AT_ONCE];
	char text[TEXT_ROOM];
};

/* Events that do not fit would be a miscount of TEXT_ROOM; they are left out. */
static void say(struct live *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct live *l, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(l->text + l->len, sizeof l->text - l->len, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof l->text - l->len)
		l->len += (size_t)n;
}

static void say_row(struct live *l, const struct querylog_row *row)
{
	json_t *v = api_querylog_row(row);
	char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;
	json_decref(v);
	if (text)
		say(l, "id: %llu\nevent: query\ndata: %s\n\n", (unsigned long long)row->id, text);
	else
		say(l, "event: dropped\ndata: {\"n\":1}\n\n");
	free(text);
}

/* What is new since the last look. */
static void look(struct live *l)
{
	uint64_t lost;
	size_t n = querylog_follow(l->log, &l->filter, l->rows, ROWS_AT_ONCE, &l->after, &lost);
	l->len = l->sent = 0;
	if (lost && l->is_resumed)
		say(l, "event: dropped\ndata: {\"n\":null}\n\n");
	else if (lost)
		say(l, "event: dropped\ndata: {\"n\":%llu}\n\n", (unsigned long long)lost);
	l->is_resumed = false;
	for (size_t i = 0; i < n; i++)
		say_row(l, &l->rows[i]);
	if (!l->len && clock_ms() - l->said_ms >= KEEP_ALIVE_MS)
		say(l, ": alive\n\n");
}

/* Who asks may be let in no more. A browser comes again by itself, and misses nothing. */
static bool is_over(const struct live *l)
{
	return l->auth &&
		(auth_changes(l->auth) != l->auth_changes ||
			(l->until_s && clock_wall_s() >= l->until_s));
}

static long fill(struct edge_stream *s, char *out, size_t max)
{
	struct live *l = (struct live *)s;
	if (is_over(l))
		return -1;
	if (l->sent == l->len)
		look(l);
	size_t n = l->len - l->sent < max ? l->len - l->sent : max;
	memcpy(out, l->text + l->sent, n);
	l->sent += n;
	if (n)
		l->said_ms = clock_ms();
	return (long)n;
}

static void end(struct edge_stream *s)
{
	free((struct live *)s);
}

/* Where to begin: behind the row that the asker had last, by its header or `after`; else with what comes. */
static bool read_start(const struct edge_request *q, struct live *l, struct edge_response *r)
{
	const char *last = edge_header(q, "Last-Event-ID");
	size_t digits = last ? strspn(last, "0123456789") : 0;
	l->after = UINT64_MAX;
	if (!param_number(q, "after", 0, INT64_MAX, &l->after, r))
		return false;
	/* A browser sends what it was sent; what is none of ours is no reason to refuse it for good. */
	if (digits && digits < 19 && !last[digits])
		l->after = strtoull(last, NULL, 10);
	l->is_resumed = l->after != UINT64_MAX;
	return true;
}

static void keep_text(char *to, size_t size, const char **text)
{
	snprintf(to, size, "%s", *text ? *text : "");
	*text = to;
}

void api_live_get(const struct edge_request *q, struct edge_response *r)
{
	struct live *l = calloc(1, sizeof *l);
	if (!l) {
		response_problem(r, 503, "memory is short");
		return;
	}
	if (!api_querylog_filter(q, &l->filter, r) || !read_start(q, l, r)) {
		free(l);
		return;
	}
	keep_text(l->client, sizeof l->client, &l->filter.client);
	keep_text(l->name, sizeof l->name, &l->filter.name);
	keep_text(l->list, sizeof l->list, &l->filter.list);
	l->stream = (struct edge_stream){.fill = fill, .close = end};
	l->log = journal_querylog(q->web->doors.journal);
	l->auth = q->is_local ? NULL : q->web->auth;
	l->auth_changes = q->auth_changes;
	l->until_s = q->is_session ? q->until_s : 0;
	l->said_ms = clock_ms();
	/* Something at once: the headers are on their way with it. */
	say(l, ": live\nretry: 2000\n\n");
	*r = (struct edge_response){
		.status = 200, .type = "text/event-stream", .stream = &l->stream};
}
