/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/querylog_match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "resolver/stats.h"

static void read_client(struct querylog_match *m, const char *text)
{
	int end = 0;
	if (!text || !*text)
		return;
	m->has_prefix = !addr_prefix_from_text(text, &m->prefix);
	if (m->has_prefix)
		return;
	m->has_pseudonym = strlen(text) == sizeof "client-01234567" - 1 &&
		sscanf(text, "client-%8" SCNx32 "%n", &m->pseudonym, &end) == 1 && !text[end];
	m->is_nothing = !m->has_pseudonym;
}

static void read_name(struct querylog_match *m, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	if (!len)
		return;
	if (*text == '=' || *text == '.') {
		bool is_root = len == 1 || (len == 2 && text[1] == '.');
		m->how = *text == '=' ? MATCH_EXACT : MATCH_BELOW;
		m->is_nothing |= is_root ? dname_from_text(".", 1, &m->name)
					 : dname_from_text(text + 1, len - 1, &m->name);
		return;
	}
	m->how = MATCH_PART;
	m->is_nothing |= len >= sizeof m->part;
	for (size_t i = 0; i < len && i < sizeof m->part; i++)
		m->part[i] = (char)dname_lower((uint8_t)text[i]);
	m->part_len = len < sizeof m->part ? len : sizeof m->part;
}

void querylog_match_init(struct querylog_match *m, const struct querylog_filter *f)
{
	memset(m, 0, sizeof *m);
	m->filter = f;
	m->before = f->before ? f->before : UINT64_MAX;
	m->from_ms = f->from_ms;
	m->to_ms = f->to_ms ? f->to_ms : UINT64_MAX;
	read_client(m, f->client);
	read_name(m, f->name);
}

/* --- one row ---------------------------------------------------------------------------------- */

static bool is_client(const struct querylog_match *m, const struct querylog_kept *row)
{
	bool is_address = row->client_kind == CLIENT_V4 || row->client_kind == CLIENT_V6;
	if (m->has_pseudonym)
		return row->client_kind == CLIENT_PSEUDONYM && row->pseudonym == m->pseudonym;
	return !m->has_prefix || (is_address && addr_prefix_contains(&m->prefix, &row->client));
}

/* The part is looked for in the name as people read it, without escapes. */
static bool has_part(const struct querylog_match *m, const struct dname *name)
{
	char text[DNAME_MAX];
	size_t n = 0;
	for (unsigned at = 0; name->bytes[at];) {
		unsigned len = name->bytes[at];
		if (n)
			text[n++] = '.';
		memcpy(text + n, name->bytes + at + 1, len);
		n += len;
		at += len + 1;
	}
	return memmem(text, n, m->part, m->part_len);
}

static bool is_name(const struct querylog_match *m, const struct dname *name)
{
	if (m->how == MATCH_ANY_NAME)
		return true;
	if (!name)
		return false;
	if (m->how == MATCH_PART)
		return has_part(m, name);
	return m->how == MATCH_EXACT ? dname_equal(name, &m->name)
				     : dname_is_at_or_below(name, &m->name);
}

static bool is_verdict(enum querylog_verdict wanted, const struct querylog_kept *row)
{
	if (wanted == QUERYLOG_ANY)
		return true;
	if (wanted == QUERYLOG_MONITORED)
		return row->is_monitored;
	return querylog_match_verdict((enum query_outcome)row->outcome) == wanted;
}

bool querylog_match(const struct querylog_match *m, const struct querylog_kept *row)
{
	const struct querylog_filter *f = m->filter;
	return !m->is_nothing && row->id < m->before && row->at_ms >= m->from_ms &&
		row->at_ms < m->to_ms && (f->outcome < 0 || row->outcome == f->outcome) &&
		(f->qtype < 0 || row->qtype == f->qtype) && is_verdict(f->verdict, row) &&
		(!f->list || !*f->list || !strcmp(row->list, f->list)) && is_client(m, row) &&
		is_name(m, row->name);
}

enum querylog_verdict querylog_match_verdict(enum query_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_CACHED:
	case OUTCOME_STALE:
	case OUTCOME_RECURSED:
	case OUTCOME_LOCAL:
	case OUTCOME_TCP_ONLY:
	case OUTCOME_REBINDING:
		return QUERYLOG_ALLOWED;
	default:
		return stats_outcome_is_blocked(outcome) ? QUERYLOG_BLOCKED : QUERYLOG_FAILED;
	}
}
