/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/param.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "resolver/base/clock.h"
#include "resolver/base/wire.h"
#include "resolver/stats.h"
#include "web/response.h"

static const uint64_t time_end = 253402300800; /* the year 10000 */

/* Digits alone, and few enough. */
static bool read_number(const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 19 || text[digits])
		return false;
	*out = strtoull(text, NULL, 10);
	return true;
}

/* The date, and what follows it: a fraction of the second, and how far the zone is from UTC. */
static bool read_date(const char *text, uint64_t *out_ms)
{
	struct tm tm = {0};
	char room[16];
	unsigned ms = 0;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return false;
	if (*rest == '.' && rest[1] >= '0' && rest[1] <= '9')
		for (unsigned unit = 100; *++rest >= '0' && *rest <= '9'; unit /= 10)
			ms += unit * (unsigned)(*rest - '0');
	snprintf(room, sizeof room, "%s", rest);
	/* What was a `+` has come through as a form's space. */
	if (*room == ' ')
		*room = '+';
	rest = strptime(room, "%z", &tm);
	if (!rest || *rest)
		return false;
	long offset_s = tm.tm_gmtoff;
	int month = tm.tm_mon;
	int64_t at = (int64_t)timegm(&tm) - offset_s;
	*out_ms = at < 0 ? 0 : (uint64_t)at * 1000 + ms;
	/* The 31st of a month that has none has become another month's first. */
	return at >= 0 && tm.tm_mon == month;
}

bool param_time_ms(const char *text, uint64_t *out)
{
	uint64_t at;
	if (read_number(text, &at))
		at = at < time_end ? at * 1000 : UINT64_MAX;
	else if (!read_date(text, &at))
		return false;
	*out = at;
	return at < time_end * 1000;
}

bool param_time(const char *text, uint64_t *out)
{
	uint64_t ms = 0;
	bool is_good = param_time_ms(text, &ms);
	*out = ms / 1000;
	return is_good;
}

bool param_number(const struct edge_request *q, const char *name, uint64_t min, uint64_t max,
	uint64_t *out, struct edge_response *r)
{
	const char *text = target_param(&q->target, name);
	uint64_t n;
	if (!text)
		return true;
	if (!read_number(text, &n) || n < min || n > max) {
		response_problem(r, 400, "`%s` is a whole number from %llu to %llu", name,
			(unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*out = n;
	return true;
}

bool param_limit(const struct edge_request *q, uint64_t *out, struct edge_response *r)
{
	return param_number(q, "limit", 1, PARAM_ROWS_MAX, out, r);
}

bool param_word(const struct edge_request *q, const char *name, const char *const *words,
	unsigned *out, struct edge_response *r)
{
	const char *text = target_param(&q->target, name);
	if (!text)
		return true;
	char all[256] = "";
	size_t n = 0;
	for (unsigned i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
		if (n < sizeof all)
			n += (size_t)snprintf(
				all + n, sizeof all - n, "%s%s", i ? ", " : "", words[i]);
	}
	response_problem(r, 400, "`%s` is one of: %s", name, all);
	return false;
}

static bool read_moment(
	const struct edge_request *q, const char *name, uint64_t *out, struct edge_response *r)
{
	const char *text = target_param(&q->target, name);
	if (!text || param_time(text, out))
		return true;
	response_problem(r, 400,
		"`%s` is a time as 2026-01-31T12:00:00Z, or whole seconds since 1970", name);
	return false;
}

bool param_range(const struct edge_request *q, struct param_range *out, struct edge_response *r)
{
	out->to_s = clock_wall_s() + 1;
	if (!read_moment(q, "to", &out->to_s, r))
		return false;
	out->from_s = out->to_s > PARAM_RANGE_S ? out->to_s - PARAM_RANGE_S : 0;
	if (!read_moment(q, "from", &out->from_s, r))
		return false;
	if (out->from_s < out->to_s)
		return true;
	response_problem(r, 400, "`from` is not before `to`");
	return false;
}

struct type_name {
	uint16_t number;
	const char *name;
};

static const struct type_name type_names[] = {
#define X(number, name) {number, name},
	STATS_TYPE_NAMES(X)
#undef X
		{TYPE_CNAME, "CNAME"},
	{TYPE_DNAME, "DNAME"},
	{TYPE_SVCB, "SVCB"},
	{TYPE_ANY, "ANY"},
	{35, "NAPTR"},
	{44, "SSHFP"},
	{52, "TLSA"},
	{257, "CAA"},
};

/* A mnemonic, `TYPE65` (RFC 3597 5) or a number. 0 when it is none. */
static uint16_t type_from_text(const char *text)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (!strcasecmp(text, type_names[i].name))
			return type_names[i].number;
	if (!strncasecmp(text, "TYPE", 4))
		text += 4;
	size_t digits = strspn(text, "0123456789");
	if (!digits || digits > 5 || text[digits])
		return 0;
	unsigned long n = strtoul(text, NULL, 10);
	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

bool param_type(const struct edge_request *q, uint16_t *out, struct edge_response *r)
{
	const char *text = target_param(&q->target, "type");
	if (!text || !*text)
		return true;
	uint16_t type = type_from_text(text);
	if (type)
		*out = type;
	else
		response_problem(r, 400,
			"`type` is not a record type: a name as AAAA, or a number from 1 to 65535");
	return type != 0;
}
