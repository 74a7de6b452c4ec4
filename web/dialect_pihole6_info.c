/* SPDX-License-Identifier: BSD-2-Clause
 * /api/info/... and /api/padd as Pi-hole v6 answers them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "web/api.h"
#include "web/dialect_host.h"
#include "web/dialect_pihole6.h"

/* --- versions --------------------------------------------------------------------------------- */

/* The version of the interface, then ours. Nobody looks for newer ones: `remote` is not known. */
static json_t *part(void)
{
	return json_pack("{s:{s:n, s:s, s:n}, s:{s:n, s:n}}", "local", "branch", "version",
		DIALECT_PIHOLE6_VERSION, "hash", "remote", "version", "hash");
}

json_t *dialect_pihole6_versions(void)
{
	json_t *ftl = part();
	json_object_set_new(json_object_get(ftl, "local"), "date", json_null());
	return json_pack("{s:o, s:o, s:o, s:{s:n, s:n}}", "core", part(), "web", part(), "ftl", ftl,
		"docker", "local", "remote");
}

void dialect_pihole6_version(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "version", dialect_pihole6_versions()));
}

/* --- messages: what health says is not as it should be ------------------------------------------- */

static json_t *messages(const struct dialect_ask *a)
{
	size_t i;
	json_t *reason, *reasons = api_state_reasons(a->q), *list = json_array();
	json_array_foreach(reasons, i, reason)
	{
		const char *text = json_string_value(reason);
		/* Never markup: the clients show it as they like. */
		json_array_append_new(list,
			json_pack("{s:I, s:o, s:s, s:s, s:s}", "id", (json_int_t)i + 1, "timestamp",
				response_number(clock_wall_s()), "type", "CENOTE", "plain", text,
				"html", ""));
	}
	json_decref(reasons);
	return list;
}

void dialect_pihole6_messages(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_send(a, r, 200, json_pack("{s:o}", "messages", messages(a)));
}

void dialect_pihole6_message_count(const struct dialect_ask *a, struct edge_response *r)
{
	json_t *list = messages(a);
	size_t n = json_array_size(list);
	json_decref(list);
	dialect_pihole6_send(a, r, 200, json_pack("{s:I}", "count", (json_int_t)n));
}

void dialect_pihole6_message_delete(const struct dialect_ask *a, struct edge_response *r)
{
	dialect_pihole6_error(a, r, 403, "forbidden", "Deleting messages is not allowed",
		"each goes when its cause has gone");
}

/* --- padd: all for one screen ----------------------------------------------------------------- */

static json_t *memory(uint64_t total, uint64_t free_kb, uint64_t available)
{
	uint64_t used = total > available ? total - available : 0;
	return json_pack("{s:o, s:o, s:o, s:o, s:f}", "total", response_number(total), "free",
		response_number(free_kb), "used", response_number(used), "available",
		response_number(available), "%used", dialect_percent(used, total));
}

static json_t *host(const struct dialect_host *h)
{
	double share = h->cpus ? 100.0 / h->cpus : 0;
	return json_pack("{s:o, s:{s:o, s:o}, s:i, s:{s:i, s:f, s:{s:[f, f, f], s:[f, f, f]}}}",
		"uptime", response_number(h->uptime_s), "memory", "ram",
		memory(h->total_kb, h->free_kb, h->available_kb), "swap",
		memory(h->swap_total_kb, h->swap_free_kb, h->swap_free_kb), "procs",
		(int)h->processes, "cpu", "nprocs", (int)h->cpus, "%cpu", h->load[0] * share,
		"load", "raw", h->load[0], h->load[1], h->load[2], "percent", h->load[0] * share,
		h->load[1] * share, h->load[2] * share);
}

static json_t *first_of(struct history_entry *e, size_t n)
{
	json_t *text = e && n ? response_text(e[0].text) : json_null();
	free(e);
	return text;
}

/* The name that was blocked last is a row of the query log: for those who may read it. */
static json_t *recent_blocked(const struct dialect_ask *a)
{
	struct querylog_row *row = a->scope >= EDGE_CONTROL ? malloc(sizeof *row) : NULL;
	struct querylog_filter f = {.verdict = QUERYLOG_BLOCKED, .outcome = -1, .qtype = -1};
	uint64_t next;
	json_t *name = NULL;
	char text[DNAME_TEXT_MAX];
	if (row && querylog_read(journal_querylog(a->web->doors.journal), &f, row, 1, &next) &&
		row->name.len)
		name = response_text(dname_to_text(row->name.bytes, text));
	free(row);
	return name ? name : json_null();
}

/* What a screen shows of the configuration. */
struct settings {
	size_t upstreams;
	bool is_validated;
	enum querylog_privacy privacy;
};

static void read_settings(void *arg, const struct config *c)
{
	struct settings *s = arg;
	s->is_validated = c->dnssec_is_validated;
	s->privacy = c->querylog_privacy;
	for (size_t i = 0; i < c->forward_count; i++)
		s->upstreams += c->forward[i].to_count;
}

/* 1 hides names, 2 clients too, 3 all. */
static int privacy_level(enum querylog_privacy privacy)
{
	switch (privacy) {
	case QUERYLOG_ALL:
		return 0;
	case QUERYLOG_NO_NAME:
		return 1;
	case QUERYLOG_NO_CLIENT:
		return 2;
	default:
		return 3;
	}
}

static json_t *settings(struct web *w)
{
	struct settings s = {0};
	server_read_config(w->doors.server, read_settings, &s);
	return json_pack("{s:b, s:s, s:s, s:b, s:s, s:i, s:I, s:b, s:b, s:i}", "dhcp_active", 0,
		"dhcp_start", "", "dhcp_end", "", "dhcp_ipv6", 0, "dns_domain", "", "dns_port",
		w->dns_listen_count ? w->dns_listen[0].port : 0, "dns_num_upstreams",
		(json_int_t)s.upstreams, "dns_dnssec", s.is_validated, "dns_revServer_active", 0,
		"privacy_level", privacy_level(s.privacy));
}

static json_t *interface(bool has_counters)
{
	json_t *o = json_pack("{s:n, s:i, s:n, s:n}", "addr", "num_addrs", 0, "name", "gw_addr");
	if (has_counters) {
		json_object_set_new(
			o, "rx_bytes", json_pack("{s:f, s:s}", "value", 0.0, "unit", "B"));
		json_object_set_new(
			o, "tx_bytes", json_pack("{s:f, s:s}", "value", 0.0, "unit", "B"));
	}
	return o;
}

/* Top list entries and the machine: the rest of what the screen shows. */
static void add_details(const struct dialect_ask *a, json_t *o, const struct server_info *i)
{
	size_t n;
	struct dialect_host h;
	uint64_t now = clock_wall_s(), from = now - DIALECT_DAY_S;
	const char *full = target_param(&a->q->target, "full");
	dialect_host_read(i->uptime_s * 1000000, &h);
	struct history_entry *e = dialect_top(a->web, HISTORY_DOMAINS, from, now, 1, &n);
	json_object_set_new(o, "top_domain", first_of(e, n));
	e = dialect_top(a->web, HISTORY_BLOCKED_DOMAINS, from, now, 1, &n);
	json_object_set_new(o, "top_blocked", first_of(e, n));
	e = dialect_top(a->web, HISTORY_CLIENTS, from, now, 1, &n);
	json_object_set_new(o, "top_client", first_of(e, n));
	json_object_set_new(o, "recent_blocked", recent_blocked(a));
	json_object_set_new(o, "system", host(&h));
	json_object_set_new(o, "node_name", response_text(h.name));
	json_object_set_new(o, "host_model", json_null());
	json_object_set_new(o, "%mem", json_real(h.memory_percent));
	json_object_set_new(o, "%cpu", json_real(h.cpu_percent));
	json_object_set_new(o, "pid", json_integer(getpid()));
	json_object_set_new(o, "config", settings(a->web));
	json_object_set_new(o, "sensors",
		json_pack("{s:n, s:f, s:s}", "cpu_temp", "hot_limit", 60.0, "unit", "C"));
	if (full && !strcmp(full, "false"))
		return;
	json_object_set_new(
		o, "iface", json_pack("{s:o, s:o}", "v4", interface(true), "v6", interface(false)));
	json_object_set_new(o, "version", dialect_pihole6_versions());
}

void dialect_pihole6_padd(const struct dialect_ask *a, struct edge_response *r)
{
	uint64_t left_s, now = clock_wall_s();
	struct history_point p;
	struct dialect_numbers n = {0};
	struct feeds_status f;
	struct server_info i;
	dialect_total(a->web, now - DIALECT_DAY_S, now, &p);
	dialect_add(&n, &p);
	feeds_status(a->web->doors.feeds, &f);
	server_info(a->web->doors.server, &i);
	bool is_on = dialect_is_blocking(a->web, &left_s);
	json_t *o = json_pack("{s:I, s:o, s:s, s:{s:o, s:o, s:f}, s:{s:o, s:o, s:o}}",
		"active_clients", (json_int_t)p.clients, "gravity_size", response_number(f.names),
		"blocking", is_on ? "enabled" : "disabled", "queries", "total",
		response_number(n.queries), "blocked", response_number(n.blocked),
		"percent_blocked", dialect_percent(n.blocked, n.queries), "cache", "size",
		response_number(i.cache_entries), "inserted", response_number(i.cache_entries),
		"evicted", response_number(i.cache_evictions));
	if (o)
		add_details(a, o, &i);
	dialect_pihole6_send(a, r, 200, o);
}
