/* SPDX-License-Identifier: BSD-2-Clause
 * /control/stats as AdGuard Home answers it: the last 24 hours, by the clock's hours.
 */
#include <stdlib.h>

#include "resolver/base/clock.h"
#include "web/dialect_adguard.h"

enum { HOURS = 24, HOUR_S = 3600, TOP = 100 };

/* An array of objects with one key each, as it came from a map there. */
static json_t *top(struct web *w, enum history_top_kind kind, uint64_t from, uint64_t to)
{
	size_t n;
	struct history_entry *e = dialect_top(w, kind, from, to, TOP, &n);
	json_t *list = e ? json_array() : NULL;
	for (size_t i = 0; e && i < n; i++) {
		json_t *name = response_text(e[i].text), *one = json_object();
		json_object_set_new(one, json_string_value(name), response_number(e[i].count));
		json_array_append_new(list, one);
		json_decref(name);
	}
	free(e);
	return list;
}

static json_t *zeros(void)
{
	json_t *list = json_array();
	for (int i = 0; i < HOURS; i++)
		json_array_append_new(list, json_integer(0));
	return list;
}

static double average_s(const struct history_point *p)
{
	uint64_t count = 0;
	for (int i = 0; i < STATS_BUCKETS; i++)
		count += p->latency[i];
	return count ? (double)p->latency_sum_us / (double)count / 1e6 : 0;
}

/* cenote asks the servers of each name's zone, or some by `forward`: they are one upstream here. */
static json_t *upstreams(uint64_t forwarded)
{
	json_t *list = json_array();
	if (forwarded)
		json_array_append_new(
			list, json_pack("{s:o}", "recursion", response_number(forwarded)));
	return list;
}

void dialect_adguard_stats(const struct dialect_ask *a, struct edge_response *r)
{
	struct dialect_numbers slots[HOURS], n = {0};
	struct history_point p;
	struct web *w = a->web;
	uint64_t now = clock_wall_s(), from = now / HOUR_S * HOUR_S - (HOURS - 1) * HOUR_S;
	dialect_total(w, from, now, &p);
	dialect_add(&n, &p);
	json_t *all = dialect_series(w, from, HOUR_S, HOURS, slots) ? json_array() : NULL;
	json_t *blocked = json_array();
	for (int i = 0; all && i < HOURS; i++) {
		json_array_append_new(all, response_number(slots[i].queries));
		json_array_append_new(blocked, response_number(slots[i].blocked));
	}
	response_json(r, 200,
		json_pack("{s:s, s:o, s:o, s:i, s:i, s:i, s:f, s:o, s:o, s:o, s:o, s:[], s:o, s:o,"
			  " s:o, s:o}",
			"time_units", "hours", "num_dns_queries", response_number(n.queries),
			"num_blocked_filtering", response_number(n.blocked),
			"num_replaced_safebrowsing", 0, "num_replaced_safesearch", 0,
			"num_replaced_parental", 0, "avg_processing_time", average_s(&p),
			"top_queried_domains", top(w, HISTORY_DOMAINS, from, now), "top_clients",
			top(w, HISTORY_CLIENTS, from, now), "top_blocked_domains",
			top(w, HISTORY_BLOCKED_DOMAINS, from, now), "top_upstreams_responses",
			upstreams(n.forwarded), "top_upstreams_avg_time", "dns_queries", all,
			"blocked_filtering", blocked, "replaced_safebrowsing", zeros(),
			"replaced_parental", zeros()));
}

/* In days. */
void dialect_adguard_stats_info(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	response_json(r, 200, json_pack("{s:i}", "interval", 1));
}

/* In milliseconds. */
void dialect_adguard_stats_config(const struct dialect_ask *a, struct edge_response *r)
{
	(void)a;
	response_json(r, 200,
		json_pack("{s:b, s:i, s:[], s:b}", "enabled", 1, "interval", DIALECT_DAY_S * 1000,
			"ignored", "ignored_enabled", 0));
}
