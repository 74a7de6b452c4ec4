/* SPDX-License-Identifier: BSD-2-Clause
 * replay: what cenote would have done with recorded questions. Needs no daemon and no network.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "resolver/classifier.h"
#include "resolver/cli.h"
#include "resolver/evidence/evidence.h"
#include "resolver/evidence/report/report_json.h"
#include "resolver/evidence/report/report_text.h"
#include "resolver/replay/replay.h"
#include "resolver/rules.h"

/* All that a view is made of. */
struct stage {
	struct config *config;
	struct listdb *db; /* NULL: no generation was built yet */
	struct rules *rules;
	struct dga *dga;
	struct view *view;
	struct replay *replay;
	struct capture_counts counts;
	uint64_t took_us;
};

static void clear(struct stage *s)
{
	replay_free(s->replay);
	view_free(s->view);
	dga_close(s->dga);
	rules_free(s->rules);
	listdb_close(s->db);
	config_free(s->config);
}

/* 0 or a code with the sentence. */
static int set_up(struct stage *s, struct err *why)
{
	char problem[512];
	struct engine_options options;
	struct err none;
	/* Without a generation own rules, the classifier and the calendar still say something. */
	if (store_open_newest(s->config->state_directory, &s->db, &none))
		s->db = NULL;
	int code = rules_load(s->config->state_directory, &s->rules, why);
	if (code)
		return code;
	classifier_open_anyway(s->config, &s->dga, problem, sizeof problem);
	const struct view_parts parts = {
		.config = s->config, .db = s->db, .rules = s->rules, .dga = s->dga};
	code = view_new(1, &parts, NULL, &s->view, why);
	if (code)
		return code;
	evidence_engine_options(s->config, &options);
	return replay_new(s->view, &options, &s->replay, why);
}

static bool take(void *arg, const struct capture_message *m)
{
	const struct stage *s = arg;
	replay_message(s->replay, m);
	return true;
}

/* --- as JSON ------------------------------------------------------------------------------------- */

static json_t *time_of(uint64_t at_ms)
{
	char text[REPORT_TIME_TEXT];
	return at_ms ? json_string(report_text_time(at_ms, text)) : json_null();
}

static json_t *lists_of(const struct stage *s)
{
	const struct replay_result *t = replay_result(s->replay);
	json_t *o = json_object();
	for (unsigned i = 0; i < LISTDB_LISTS_MAX; i++)
		if (t->list_hits[i])
			json_object_set_new(o, s->view->lists[i].name,
				json_integer((json_int_t)t->list_hits[i]));
	return o;
}

static json_t *cases_of(const struct stage *s)
{
	const struct case_book *book = engine_book(replay_engine(s->replay));
	json_t *a = json_array();
	for (size_t i = 0; i < case_book_count(book); i++)
		json_array_append_new(a, report_case_json(case_book_at(book, i)));
	return a;
}

static json_t *candidates_of(const struct stage *s)
{
	const struct replay_name *names[REPLAY_TOP];
	size_t n = replay_candidates(s->replay, names, REPLAY_TOP);
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++) {
		char text[DNAME_TEXT_MAX];
		json_array_append_new(a,
			json_pack("{s:s, s:s, s:I, s:i, s:b}", "name",
				dname_to_text(names[i]->name.bytes, text), "by", names[i]->by,
				"questions", (json_int_t)names[i]->count, "clients",
				__builtin_popcountll(names[i]->clients), "is_popular",
				names[i]->is_popular));
	}
	return a;
}

static json_t *counts_of(const struct capture_counts *c)
{
	json_t *o =
		json_pack("{s:b, s:I}", "is_cut", c->is_cut, "first_bad", (json_int_t)c->first_bad);
#define X(symbol, words) json_object_set_new(o, #symbol, json_integer((json_int_t)c->symbol));
	CAPTURE_COUNTS(X)
#undef X
	return o;
}

static json_t *report_of(const struct stage *s)
{
	const struct replay_result *t = replay_result(s->replay);
	double seconds = (double)s->took_us / 1e6;
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:f, s:f, s:b}",
		"file", counts_of(&s->counts), "from", time_of(t->first_ms), "to",
		time_of(t->last_ms), "questions", (json_int_t)t->questions, "blocked",
		(json_int_t)t->blocked, "monitored", (json_int_t)t->monitored, "suspects",
		(json_int_t)t->suspects, "held_back", (json_int_t)t->held_back, "lists",
		lists_of(s), "cases", cases_of(s), "candidates", candidates_of(s), "seconds",
		seconds, "messages_per_second",
		seconds > 0 ? (double)s->counts.messages / seconds : 0.0, "has_lists",
		s->db != NULL);
}

/* --- for a person -------------------------------------------------------------------------------- */

static void print_file(const json_t *v)
{
	char from[64], to[64], number[CLI_NUMBER_MAX];
	const json_t *file = json_object_get(v, "file");
	printf("%-12s%s DNS messages of %" PRIu64 " records, %s to %s\n", "file",
		cli_grouped(cli_number(file, "messages"), number), cli_number(file, "records"),
		cli_text(v, "from", from, sizeof from), cli_text(v, "to", to, sizeof to));
	if (cli_is(file, "is_cut"))
		puts("            it ends within a record: what came before counts");
#define X(symbol, words) \
	if (cli_number(file, #symbol) && strcmp(#symbol, "records") != 0 && \
		strcmp(#symbol, "messages") != 0) \
		printf("            %" PRIu64 " " words "\n", cli_number(file, #symbol));
	CAPTURE_COUNTS(X)
#undef X
	if (cli_number(file, "first_bad"))
		printf("            the first damaged one is record %" PRIu64 "\n",
			cli_number(file, "first_bad"));
	printf("%-12s%.2f s, %.0f messages a second\n", "speed",
		json_number_value(json_object_get(v, "seconds")),
		json_number_value(json_object_get(v, "messages_per_second")));
	if (!cli_is(v, "has_lists"))
		puts("lists       no generation has been built for this configuration: only own "
		     "rules, classifier and calendar spoke");
}

static void print_cases(const json_t *v)
{
	const json_t *c;
	size_t i;
	char client[CLI_TEXT_MAX], opened[64];
	printf("%-12s%zu\n", "cases", json_array_size(json_object_get(v, "cases")));
	json_array_foreach(json_object_get(v, "cases"), i, c)
	{
		const char *family =
			json_string_value(json_array_get(json_object_get(c, "families"), 0));
		printf("  %-24s %-16s %5.1f %% sure, opened %s, %" PRIu64
		       " pieces of evidence, %" PRIu64 " names held back\n",
			cli_text(c, "client", client, sizeof client), family ? family : "-",
			100 * json_number_value(json_object_get(c, "confidence")),
			cli_text(c, "opened", opened, sizeof opened),
			cli_number(c, "evidence_count"), cli_number(c, "sinkholed_count"));
	}
}

static void print_candidates(const json_t *v)
{
	const json_t *c;
	size_t i;
	char name[CLI_TEXT_MAX], by[80];
	if (json_array_size(json_object_get(v, "candidates")))
		puts("blocked names that most clients asked for (`allow` what is a mistake)");
	json_array_foreach(json_object_get(v, "candidates"), i, c)
	{
		printf("  %-40s %-20s %" PRIu64 " questions, %" PRIu64 "%s clients%s\n",
			cli_text(c, "name", name, sizeof name), cli_text(c, "by", by, sizeof by),
			cli_number(c, "questions"), cli_number(c, "clients"),
			cli_number(c, "clients") > 40 ? " or more" : "",
			cli_is(c, "is_popular") ? ", POPULAR" : "");
	}
}

static int print_report(json_t *v)
{
	const char *name;
	json_t *hits;
	print_file(v);
	printf("%-12s%" PRIu64 "; blocked %" PRIu64 ", monitored %" PRIu64
	       ", look generated %" PRIu64 ", held back from infected %" PRIu64 "\n",
		"questions", cli_number(v, "questions"), cli_number(v, "blocked"),
		cli_number(v, "monitored"), cli_number(v, "suspects"), cli_number(v, "held_back"));
	json_object_foreach(json_object_get(v, "lists"), name, hits)
		printf("  %-24s %lld\n", name, (long long)json_integer_value(hits));
	print_cases(v);
	print_candidates(v);
	json_decref(v);
	return CLI_OK;
}

int cli_replay(const struct cli *c)
{
	struct stage s = {0};
	struct err why = {0};
	int status = cli_load(c, &s.config);
	if (status)
		return status;
	int code = set_up(&s, &why);
	uint64_t start_us = clock_us();
	if (!code)
		code = capture_each(c->args[0], take, &s, &s.counts, &why);
	s.took_us = clock_us() - start_us;
	if (code) {
		status = cli_fail(CLI_FAILED, "%s", why.text);
	} else {
		json_t *v = report_of(&s);
		status = !v	     ? cli_fail(CLI_FAILED, "memory is short")
			: c->is_json ? cli_print_json(v)
				     : print_report(v);
	}
	clear(&s);
	return status;
}
