/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/dialect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/journal/journal.h"
#include "web/auth.h"
#include "web/response.h"
#include "web/tally.h"

enum { CHUNK = 120 }; /* points of the history that are read at a time */

const struct dialect_call *dialect_find(const struct dialect_call *calls,
	const struct edge_request *q, const char **item, bool *has_path)
{
	const char *path = q->target.path;
	*has_path = false;
	for (; calls->path; calls++) {
		size_t n = strlen(calls->path);
		bool has_item = calls->path[n - 1] == '/';
		const char *rest = path + n;
		if (strncmp(path, calls->path, n) != 0 ||
			(has_item ? !*rest || strchr(rest, '/') : *rest))
			continue;
		*has_path = true;
		if (calls->method != q->method)
			continue;
		*item = rest;
		return calls;
	}
	return NULL;
}

/* --- numbers ---------------------------------------------------------------------------------- */

void dialect_add(struct dialect_numbers *n, const struct history_point *p)
{
	const uint64_t *o = p->outcomes;
	uint64_t blocked = tally_blocked(o), cached = tally_cached(o) + o[OUTCOME_LOCAL];
	uint64_t forwarded =
		o[OUTCOME_RECURSED] + o[OUTCOME_REBINDING] + o[OUTCOME_SERVFAIL] + o[OUTCOME_BOGUS];
	n->queries += p->queries;
	n->blocked += blocked;
	n->cached += cached;
	n->forwarded += forwarded;
	n->other += p->queries - blocked - cached - forwarded;
}

double dialect_percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static struct history *history_of(struct web *w)
{
	return journal_history(w->doors.journal);
}

void dialect_total(struct web *w, uint64_t from_s, uint64_t to_s, struct history_point *out)
{
	history_total(history_of(w), from_s, to_s, out);
}

uint64_t dialect_clients_ever(struct web *w)
{
	struct history_point p;
	uint64_t now = clock_wall_s();
	dialect_total(w, now - DIALECT_YEAR_S, now, &p);
	return p.clients;
}

bool dialect_series(
	struct web *w, uint64_t from_s, uint32_t width_s, size_t count, struct dialect_numbers *out)
{
	uint64_t end = from_s + width_s * (uint64_t)count;
	enum history_step step = HISTORY_MINUTE;
	uint32_t step_s = 60;
	if (width_s >= DIALECT_DAY_S) {
		step = HISTORY_DAY;
		step_s = DIALECT_DAY_S;
	} else if (end - from_s > 2 * DIALECT_DAY_S) {
		step = HISTORY_HOUR;
		step_s = 3600;
	}
	struct history_point *points = calloc(CHUNK, sizeof *points);
	if (!points)
		return false;
	memset(out, 0, count * sizeof *out);
	for (uint64_t at = from_s, stop; at < end; at = stop) {
		uint32_t got_s;
		stop = at + CHUNK * (uint64_t)step_s;
		if (stop > end)
			stop = end;
		size_t n = history_series(history_of(w), at, stop, step, &got_s, points, CHUNK);
		/* A coarser row that began before is in the piece before. */
		for (size_t i = 0; i < n && i < CHUNK; i++)
			if (points[i].at_s >= at && points[i].at_s < stop)
				dialect_add(&out[(points[i].at_s - from_s) / width_s], &points[i]);
	}
	free(points);
	return true;
}

uint64_t dialect_missing(const struct history_point *p)
{
	return p->replies[JOURNAL_REPLY_NXDOMAIN];
}

/* --- top lists -------------------------------------------------------------------------------- */

static struct history_entry *recorded(struct web *w, enum history_top_kind kind, uint64_t from_s,
	uint64_t to_s, size_t max, size_t *n)
{
	struct history_entry *entries = calloc(max ? max : 1, sizeof *entries);
	*n = entries ? history_top(history_of(w), kind, from_s, to_s, entries, max) : 0;
	return entries;
}

static uint64_t count_of(const struct history_entry *entries, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(entries[i].text, text))
			return entries[i].count;
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct history_entry *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

static struct history_entry *permitted(
	struct web *w, uint64_t from_s, uint64_t to_s, size_t max, size_t *n)
{
	size_t all, blocked, left = 0;
	struct history_entry *b =
		recorded(w, HISTORY_BLOCKED_DOMAINS, from_s, to_s, DIALECT_TOP_MAX, &blocked);
	struct history_entry *e = recorded(w, HISTORY_DOMAINS, from_s, to_s, DIALECT_TOP_MAX, &all);
	for (size_t i = 0; b && e && i < all; i++) {
		uint64_t gone = count_of(b, blocked, e[i].text);
		if (gone >= e[i].count)
			continue;
		e[left] = e[i];
		e[left++].count -= gone;
	}
	if (left)
		qsort(e, left, sizeof *e, by_count);
	*n = left < max ? left : max;
	free(b);
	return e;
}

struct history_entry *dialect_top(struct web *w, enum history_top_kind kind, uint64_t from_s,
	uint64_t to_s, size_t max, size_t *n)
{
	return kind == HISTORY_DOMAINS ? permitted(w, from_s, to_s, max, n)
				       : recorded(w, kind, from_s, to_s, max, n);
}

/* --- the switch ------------------------------------------------------------------------------- */

bool dialect_is_blocking(struct web *w, uint64_t *left_s)
{
	bool is_on = true;
	uint64_t now = clock_wall_s();
	struct server_pause *pauses = calloc(SERVER_RESPITES_MAX, sizeof *pauses);
	size_t n = pauses ? server_pauses(w->doors.server, pauses, SERVER_RESPITES_MAX) : 0;
	*left_s = 0;
	for (size_t i = 0; i < n && i < SERVER_RESPITES_MAX; i++) {
		if (pauses[i].scope != SERVER_SCOPE_ALL)
			continue;
		is_on = false;
		if (pauses[i].until_s)
			*left_s = pauses[i].until_s > now ? pauses[i].until_s - now : 1;
	}
	free(pauses);
	return is_on;
}

int dialect_set_blocking(struct web *w, bool is_on, uint64_t seconds, struct err *why)
{
	struct server_pause p = {.scope = SERVER_SCOPE_ALL};
	if (!is_on)
		return server_pause(w->doors.server, &p, seconds, why);
	int code = server_resume(w->doors.server, &p, why);
	return code == CEN_ENOTFOUND ? 0 : code;
}

/* --- who asks --------------------------------------------------------------------------------- */

enum edge_scope dialect_scope_of_key(
	const struct edge_request *q, const char *key, uint32_t *wait_s)
{
	/* First, since a failure counts from now on. */
	*wait_s = auth_key_wait_s(q->web, &q->peer);
	return auth_scope_of_key(q->web, key, &q->peer);
}

enum edge_scope dialect_scope_without(const struct edge_request *q)
{
	return q->is_local || q->scope < EDGE_STATS ? q->scope : EDGE_STATS;
}

void dialect_retry_after(struct edge_response *r, uint32_t wait_s)
{
	if (wait_s)
		response_header(r, "Retry-After", "%u", (unsigned)wait_s);
}

/* --- reading and writing ---------------------------------------------------------------------- */

json_t *dialect_body(const struct edge_request *q)
{
	if (!q->body_len)
		return NULL;
	json_t *body = json_loadb(q->body, q->body_len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(body))
		return body;
	json_decref(body);
	return NULL;
}

uint64_t dialect_number(
	const struct edge_request *q, const char *name, uint64_t max, uint64_t otherwise)
{
	const char *text = target_param(&q->target, name);
	size_t digits = text ? strspn(text, "0123456789") : 0;
	if (!digits || digits > 18 || text[digits])
		return otherwise;
	uint64_t n = strtoull(text, NULL, 10);
	return n >= 1 && n <= max ? n : otherwise;
}

const char *dialect_prefix_text(const struct addr_prefix *p, char out[static DIALECT_PREFIX_TEXT])
{
	char address[ADDR_TEXT_MAX];
	addr_to_text(&p->addr, address);
	bool is_v4 = addr_is_v4(&p->addr) && p->bits >= 96;
	if (p->bits == 128)
		snprintf(out, DIALECT_PREFIX_TEXT, "%s", address);
	else
		snprintf(out, DIALECT_PREFIX_TEXT, "%s/%d", address, p->bits - (is_v4 ? 96 : 0));
	return out;
}

void dialect_text(struct edge_response *r, unsigned status, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	char *body = n > 0 ? strdup(text) : NULL;
	*r = (struct edge_response){.status = status,
		.type = "text/plain; charset=utf-8",
		.body = body,
		.fixed = "",
		.len = body ? strlen(body) : 0};
}
