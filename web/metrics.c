/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "web/response.h"

static void head(FILE *f, const char *name, const char *kind, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void single(FILE *f, const char *name, const char *kind, const char *help, uint64_t value)
{
	head(f, name, kind, help);
	fprintf(f, "%s %" PRIu64 "\n", name, value);
}

/* A sample with one label; the value's backslash, quote and line feed are escaped, as the format wants. */
static void labelled(FILE *f, const char *name, const char *label, const char *text, uint64_t value)
{
	fprintf(f, "%s{%s=\"", name, label);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", f);
		else if (*text == '\\' || *text == '"')
			fprintf(f, "\\%c", *text);
		else
			fputc(*text, f);
	}
	fprintf(f, "\"} %" PRIu64 "\n", value);
}

static void queries(FILE *f, const struct stats_total *t)
{
	const char *name = "cenote_queries_total";
	head(f, name, "counter", "DNS queries received, by what became of them.");
	for (int i = 0; i < OUTCOME_COUNT; i++)
		labelled(f, name, "outcome", stats_outcome_name((enum query_outcome)i),
			t->outcomes[i]);
	name = "cenote_queries_by_type_total";
	head(f, name, "counter", "DNS queries received, by record type.");
	for (unsigned i = 0; i < STATS_TYPES; i++)
		labelled(f, name, "type", stats_type_name(i), t->types[i]);
	name = "cenote_queries_by_transport_total";
	head(f, name, "counter", "DNS queries received, by transport.");
	labelled(f, name, "transport", "udp", t->transports[0]);
	labelled(f, name, "transport", "tcp", t->transports[1]);
}

static void latency(FILE *f, const struct stats_total *t)
{
	const char *name = "cenote_response_latency_seconds";
	uint64_t count = 0;
	head(f, name, "histogram", "Time from a query's arrival to its answer.");
	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		uint64_t limit = stats_bucket_limit_us(i);
		count += t->latency[i];
		if (limit == UINT64_MAX)
			continue;
		fprintf(f, "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", name, (double)limit / 1e6,
			count);
	}
	fprintf(f, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	fprintf(f, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name, (double)t->latency_sum_us / 1e6,
		name, count);
}

static void list_hits(FILE *f, struct server *s, const struct stats_total *t)
{
	const char *name = "cenote_list_hits_total";
	head(f, name, "counter", "Queries decided by a list.");
	for (unsigned i = 0; i < STATS_LISTS; i++) {
		const char *list = server_list_counter_name(s, i);
		if (list)
			labelled(f, name, "list", list, t->list_hits[i]);
	}
	name = "cenote_list_monitored_total";
	head(f, name, "counter", "Queries that a list in monitor mode would have blocked.");
	for (unsigned i = 0; i < STATS_LISTS; i++) {
		const char *list = server_list_counter_name(s, i);
		if (list)
			labelled(f, name, "list", list, t->list_monitored[i]);
	}
}

static void classifier(FILE *f, const struct stats_total *t, const struct server_info *i)
{
	const char *name = "cenote_dga_suspects_total";
	head(f, name, "counter",
		"Queries whose name looks generated and that block mode blocks, by its kind.");
	for (int class = DGA_NONE + 1; class < DGA_CLASSES; class ++)
		labelled(f, name, "class", dga_class_name((enum dga_class) class),
			t->dga_suspects[class]);
	name = "cenote_dga_mode";
	head(f, name, "gauge", "1 for the mode that the classifier is in.");
	for (int mode = LIST_MODE_OFF; mode <= LIST_MODE_BLOCK; mode++)
		labelled(f, name, "mode", config_mode_name((enum list_mode)mode),
			(int)i->dga_mode == mode);
	single(f, "cenote_dga_classifier", "gauge",
		"1 when there is a classifier; 0 when its model cannot be used.",
		i->has_classifier);
}

/* All there are, so that a rate can be told from the first hit on. */
static void families(FILE *f, const struct server *s, const struct stats_total *t)
{
	const char *name = "cenote_dga_family_hits_total";
	head(f, name, "counter",
		"Queries for names that the calendar knows of a botnet, blocked or not.");
	for (unsigned i = 0; i < BOTNETS_MAX; i++)
		if (server_family_name(s, i))
			labelled(f, name, "family", server_family_name(s, i), t->families[i]);
}

static void events(FILE *f, const struct stats_total *t)
{
#define X(symbol, name, help) single(f, "cenote_" name "_total", "counter", help ".", t->symbol);
	STATS_EVENTS(X)
#undef X
}

static void resolver(FILE *f, const struct server_info *i)
{
	single(f, "process_start_time_seconds", "gauge",
		"Start time of the process since unix epoch in seconds.", i->started_s);
	single(f, "cenote_workers", "gauge", "Worker threads.", i->workers);
	single(f, "cenote_queries_in_flight", "gauge", "Queries that wait for upstream.",
		i->in_flight);
	single(f, "cenote_tcp_connections", "gauge", "Open DNS connections.", i->tcp_connections);
	single(f, "cenote_cache_size_bytes", "gauge", "Memory of the answer cache.",
		i->cache_bytes);
	single(f, "cenote_cache_used_bytes", "gauge", "Memory of the answer cache in use.",
		i->cache_used_bytes);
	single(f, "cenote_cache_entries", "gauge", "Answers in the cache.", i->cache_entries);
	single(f, "cenote_cache_evictions_total", "counter",
		"Answers that gave way to others before they expired.", i->cache_evictions);
	single(f, "cenote_pauses", "gauge", "Pauses of blocking that are in force.", i->pauses);
	single(f, "cenote_unblocked_names", "gauge", "Names that are unblocked for a while.",
		i->unblocks);
	single(f, "cenote_config_reloads_total", "counter", "Configurations taken at run time.",
		i->config_reloads);
	single(f, "cenote_config_reload_failures_total", "counter",
		"Configurations refused at run time.", i->config_failures);
	single(f, "cenote_config_last_reload_successful", "gauge",
		"1 unless the last reload failed.", i->last_reload_error[0] ? 0 : 1);
}

static void one_per_list(FILE *f, const char *name, const char *kind, const char *help,
	const struct feeds_list_status *l, size_t n,
	uint64_t (*value)(const struct feeds_list_status *))
{
	head(f, name, kind, help);
	for (size_t i = 0; i < n; i++)
		labelled(f, name, "list", l[i].name, value(&l[i]));
}

static uint64_t rules_of(const struct feeds_list_status *l)
{
	return l->rules;
}

static uint64_t is_fresh(const struct feeds_list_status *l)
{
	return l->state == FEEDS_OK;
}

static uint64_t is_held(const struct feeds_list_status *l)
{
	return l->guard != FEEDS_GUARD_NONE;
}

static uint64_t changed_of(const struct feeds_list_status *l)
{
	return l->changed_s;
}

static uint64_t checked_of(const struct feeds_list_status *l)
{
	return l->checked_s;
}

static void transfers(FILE *f, const struct feeds_list_status *l, size_t n)
{
	static const struct {
		const char *name, *type, *help;
		size_t at;
	} rows[] = {
#define ROW(field, type, words) \
	{"cenote_zone_" #field, type, words, offsetof(struct feeds_transfer, field)}
		ROW(records, "gauge", "Records of the transferred zone, as stored."),
		ROW(changes, "gauge",
			"Names of the zone that changed since the generation that serves was "
			"built."),
#undef ROW
#define ROW(field, words) \
	{"cenote_zone_" #field "_total", "counter", words, offsetof(struct feeds_transfer, field)}
		ROW(axfr, "Whole transfers of the zone."),
		ROW(ixfr, "Incremental transfers of the zone."),
		ROW(unchanged, "Times that the primary said that nothing has changed."),
		ROW(failures, "Transfers of the zone that failed."),
		ROW(notifies, "NOTIFY messages that announced a change of the zone."),
#undef ROW
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		bool is_headed = false;
		for (size_t i = 0; i < n; i++) {
			uint64_t v;
			if (!l[i].transfer.is_zone)
				continue;
			if (!is_headed)
				head(f, rows[r].name, rows[r].type, rows[r].help);
			is_headed = true;
			memcpy(&v, (const char *)&l[i].transfer + rows[r].at, sizeof v);
			labelled(f, rows[r].name, "list", l[i].name, v);
		}
	}
}

static void notifies(FILE *f, struct feeds *feeds)
{
	struct feeds_notify_counts c;
	const char *name = "cenote_notify_total";
	feeds_notify_counts(feeds, &c);
	head(f, name, "counter", "NOTIFY messages, by what became of them.");
	labelled(f, name, "result", "taken", c.taken);
	labelled(f, name, "result", "refused", c.refused);
	labelled(f, name, "result", "dropped", c.dropped);
	labelled(f, name, "result", "unanswered", c.unanswered);
}

static void feeds_lists(FILE *f, struct feeds *feeds)
{
	struct feeds_list_status *l = calloc(CONFIG_LISTS_MAX, sizeof *l);
	if (!l)
		return;
	size_t n = feeds_list_status(feeds, l, CONFIG_LISTS_MAX);
	if (n > CONFIG_LISTS_MAX)
		n = CONFIG_LISTS_MAX;
	one_per_list(
		f, "cenote_list_rules", "gauge", "Names that a list contributes.", l, n, rules_of);
	one_per_list(f, "cenote_list_fresh", "gauge",
		"1 when the last fetch of the list was taken, 0 when older content (or none) "
		"serves.",
		l, n, is_fresh);
	one_per_list(f, "cenote_list_changed_timestamp_seconds", "gauge",
		"When the list's content last changed; 0 for never.", l, n, changed_of);
	one_per_list(f, "cenote_list_checked_timestamp_seconds", "gauge",
		"When the list was last asked for; 0 for never.", l, n, checked_of);
	one_per_list(f, "cenote_list_held", "gauge",
		"1 while a guard holds new content of the list until `feeds accept`.", l, n,
		is_held);
	transfers(f, l, n);
	notifies(f, feeds);
	free(l);
}

static void policy(FILE *f, struct feeds *feeds)
{
	struct feeds_status s;
	feeds_status(feeds, &s);
	single(f, "cenote_policy_generation", "gauge",
		"Number of the policy generation that serves; 0 for none (unfiltered).",
		s.generation);
	single(f, "cenote_policy_names", "gauge", "Names in that generation.", s.names);
	single(f, "cenote_policy_created_timestamp_seconds", "gauge",
		"When that generation was built.", s.created_s);
	single(f, "cenote_policy_builds_total", "counter", "Generations built.", s.builds);
	single(f, "cenote_policy_build_failures_total", "counter", "Builds that failed.",
		s.build_failures);
	single(f, "cenote_policy_building", "gauge", "1 while a generation is built.",
		s.is_building);
	single(f, "cenote_clock_suspect", "gauge",
		"1 while something speaks against the machine's clock.", s.clock_reason[0] != 0);
	single(f, "cenote_policy_pinned", "gauge",
		"1 while an older generation serves because the operator went back to it.",
		s.pinned != 0);
	feeds_lists(f, feeds);
}

/* One sample for each receiver there is. */
static void notices(FILE *f, const struct notices_info *n)
{
	static const struct {
		const char *name, *help;
		size_t at;
	} rows[] = {
#define ROW(field, words) \
	{"cenote_notices_" #field "_total", words, offsetof(struct courier_counters, field)}
		ROW(delivered, "Messages about cases that were delivered."),
		ROW(failed_tries, "Tries to deliver one that failed."),
		ROW(given_up, "Messages that were given up after too many tries or a final no."),
		ROW(dropped,
			"Messages dropped because the queue was full, or the hour's share of mail "
			"used up."),
#undef ROW
	};
	const char *name = "cenote_notices_waiting";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		head(f, rows[i].name, "counter", rows[i].help);
		for (int r = 0; r < NOTICES_RECEIVERS; r++) {
			uint64_t v;
			memcpy(&v, (const char *)&n[r].counters + rows[i].at, sizeof v);
			if (n[r].is_set)
				labelled(f, rows[i].name, "receiver",
					notices_receiver_name((enum notices_receiver)r), v);
		}
	}
	head(f, name, "gauge", "Messages about cases that wait.");
	for (int r = 0; r < NOTICES_RECEIVERS; r++)
		if (n[r].is_set)
			labelled(f, name, "receiver",
				notices_receiver_name((enum notices_receiver)r),
				n[r].counters.waiting);
}

static void evidence(FILE *f, struct evidence *e)
{
	struct evidence_info i;
	const char *name = "cenote_evidence_names_total";
	evidence_info(e, &i);
	head(f, name, "counter",
		"Names that do not exist, as the evidence saw them, by kind of noise.");
	for (int kind = 0; kind < NOISE_COUNT; kind++)
		labelled(f, name, "noise", noise_name((enum noise)kind), i.engine.noise[kind]);
	single(f, "cenote_evidence_events_total", "counter", "Events taken up as evidence.",
		i.engine.events);
	single(f, "cenote_evidence_events_excepted_total", "counter",
		"The same, of clients that are not judged.", i.engine.excepted);
	single(f, "cenote_evidence_events_lost_total", "counter",
		"Events lost because a worker's ring was full.", i.lost_events);
	single(f, "cenote_evidence_clients", "gauge", "Clients kept in mind.", i.clients);
	single(f, "cenote_evidence_clients_evicted_total", "counter",
		"Clients that made room for others.", i.engine.evicted_clients);
	single(f, "cenote_cases", "gauge", "Cases that are open or acknowledged.", i.live_cases);
	single(f, "cenote_cases_opened_total", "counter", "Cases opened since the start.",
		i.engine.opened_cases);
	single(f, "cenote_cases_evicted_total", "counter", "Cases that made room for others.",
		i.engine.evicted_cases);
	name = "cenote_sinkhole_knocks_total";
	head(f, name, "counter",
		"Contacts that the sinkhole has taken down, by what they said first.");
	for (int kind = 0; kind < KNOCK_KIND_COUNT; kind++)
		labelled(f, name, "kind", cases_knock_name((enum knock_kind)kind),
			i.sinkhole.knocks[kind]);
#define X(symbol, suffix, help) \
	single(f, "cenote_sinkhole_" suffix "_total", "counter", help ".", i.sinkhole.symbol);
	SINKHOLE_EVENTS(X)
#undef X
	single(f, "cenote_sinkhole_connections", "gauge",
		"Connections to the sinkhole that are open.", i.sinkhole.open);
	notices(f, i.notices);
	single(f, "cenote_evidence_knocks_lost_total", "counter",
		"Contacts lost because their queue was full.", i.lost_knocks);
	single(f, "cenote_evidence_knocks_unproven_total", "counter",
		"Contacts that prove nothing: of strangers, and datagrams, whose source may be "
		"forged.",
		i.engine.unproven);
	single(f, "cenote_evidence_saves_failed_total", "counter",
		"Times that the state could not be written.", i.failed_saves);
}

static void edge(FILE *f, struct web *w)
{
	static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
	const char *name = "cenote_http_responses_total";
	head(f, name, "counter", "HTTP responses, by the hundreds of their status.");
	for (int i = 1; i < 6; i++)
		labelled(f, name, "code", classes[i], atomic_load(&w->counters.responses[i]));
#define X(symbol, suffix, help) \
	single(f, "cenote_" suffix "_total", "counter", help ".", atomic_load(&w->counters.symbol));
	EDGE_EVENTS(X)
#undef X
}

static void journal(FILE *f, struct journal *j)
{
	struct journal_info i;
	struct history_info h;
	const char *name = "cenote_querylog_events_total";
	journal_info(j, &i);
	history_info(journal_history(j), &h);
	head(f, name, "counter",
		"Queries that came to the query log, by what became of their rows; those that wait "
		"for the disk are in none.");
	labelled(f, name, "result", "written", i.written);
	labelled(f, name, "result", "dropped", i.dropped);
	labelled(f, name, "result", "suppressed", i.suppressed);
	single(f, "cenote_querylog_pending", "gauge", "Rows that wait for the disk.", i.pending);
	single(f, "cenote_querylog_writes_failed_total", "counter",
		"Times that rows could not be written.", i.failed_writes);
	single(f, "cenote_querylog_bytes", "gauge", "Size of the query log on disk.", i.log_bytes);
	single(f, "cenote_querylog_rows", "gauge", "Rows of the query log on disk.", i.log_rows);
	single(f, "cenote_history_bytes", "gauge", "Size of the history on disk.", h.bytes);
	single(f, "cenote_history_written_bytes_total", "counter",
		"Octets of the history's rows that were written.", h.written_total);
	single(f, "cenote_history_saves_failed_total", "counter",
		"Times that the history could not be written.", h.failed_saves);
}

void metrics_get(const struct edge_request *q, struct edge_response *r)
{
	char *text = NULL;
	size_t size = 0;
	struct stats_total t;
	struct server_info i;
	struct server *s = q->web->doors.server;
	FILE *f = open_memstream(&text, &size);
	if (!f) {
		response_problem(r, 500, "memory is short");
		return;
	}
	server_stats(s, &t);
	server_info(s, &i);
	head(f, "cenote_build_info", "gauge", "The version, as a label; always 1.");
	labelled(f, "cenote_build_info", "version", CENOTE_VERSION, 1);
	queries(f, &t);
	latency(f, &t);
	list_hits(f, s, &t);
	classifier(f, &t, &i);
	families(f, s, &t);
	events(f, &t);
	resolver(f, &i);
	policy(f, q->web->doors.feeds);
	evidence(f, q->web->doors.evidence);
	journal(f, q->web->doors.journal);
	edge(f, q->web);
	bool is_written = !ferror(f);
	if (fclose(f) || !is_written) {
		free(text);
		response_problem(r, 500, "memory is short");
		return;
	}
	*r = (struct edge_response){.status = 200,
		.type = "text/plain; version=0.0.4; charset=utf-8",
		.body = text,
		.len = size};
}
