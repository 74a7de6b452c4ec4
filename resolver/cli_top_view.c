/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cli_top_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "resolver/cli.h"

enum {
	COLUMNS_MIN = 40,
	COLUMNS_MAX = 200,
	CASES_SHOWN = 5,
	OUTCOMES_SHOWN = 8,
	WORD_MAX = 32,
	BLOCK_ROWS_MIN = 4, /* a heading and three entries: less is not worth showing */
};

struct page {
	void (*line)(void *arg, enum cli_top_style style, const char *text);
	void *arg;
	unsigned rows_left, columns;
};

static void put(struct page *p, enum cli_top_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void put(struct page *p, enum cli_top_style style, const char *format, ...)
{
	char text[COLUMNS_MAX + 1];
	va_list ap;
	if (!p->rows_left)
		return;
	va_start(ap, format);
	vsnprintf(text, p->columns + 1, format, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	p->rows_left--;
	p->line(p->arg, style, text);
}

static double real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static double share(double part, double all)
{
	return all > 0 ? 100 * part / all : 0;
}

/* How much a counter has risen a second; 0 without a sample before, or when the daemon has begun anew. */
static double rate(const struct cli_top_data *d, const char *key)
{
	double rise = real(d->now, key) - real(d->before, key);
	return d->before && d->seconds > 0 && rise > 0 ? rise / d->seconds : 0;
}

static void duration(uint64_t s, char out[static WORD_MAX])
{
	unsigned long long days = s / 86400;
	unsigned hours = (unsigned)(s / 3600 % 24), minutes = (unsigned)(s / 60 % 60);
	if (days)
		snprintf(out, WORD_MAX, "%llu d %u h", days, hours);
	else
		snprintf(out, WORD_MAX, "%02u:%02u:%02u", hours, minutes, (unsigned)(s % 60));
}

static void latency(double us, char out[static WORD_MAX])
{
	if (us >= 1000)
		snprintf(out, WORD_MAX, "%.1f ms", us / 1000);
	else
		snprintf(out, WORD_MAX, "%.0f us", us);
}

static void put_head(struct page *p, const struct cli_top_data *d)
{
	char up[WORD_MAX], names[CLI_NUMBER_MAX];
	const json_t *policy = json_object_get(d->now, "policy");
	duration(cli_number(d->now, "uptime_s"), up);
	put(p, CLI_TOP_HEAD, "cenote   up %s   %s names on %llu list%s", up,
		cli_grouped(cli_number(policy, "names"), names),
		(unsigned long long)cli_number(policy, "lists"),
		cli_number(policy, "lists") == 1 ? "" : "s");
	if (d->problem[0])
		put(p, CLI_TOP_ALERT, "these numbers are old: %s", d->problem);
}

static void put_pauses(struct page *p, const json_t *pauses)
{
	const json_t *one;
	size_t i;
	json_array_foreach(json_object_get(pauses, "pauses"), i, one)
	{
		char scope[WORD_MAX], group[80], client[80], until[64];
		cli_text(one, "scope", scope, sizeof scope);
		cli_text(one, "until", until, sizeof until);
		put(p, CLI_TOP_ALERT, "NOT FILTERED: %s%s%s%s%s%s",
			strcmp(scope, "all") ? scope : "everybody", strcmp(scope, "all") ? " " : "",
			cli_text(one, "group", group, sizeof group),
			cli_text(one, "client", client, sizeof client),
			until[0] ? ", until " : ", until it is resumed", until);
	}
}

static void put_counters(struct page *p, const struct cli_top_data *d)
{
	char queries[CLI_NUMBER_MAX], blocked[CLI_NUMBER_MAX], p50[WORD_MAX], p95[WORD_MAX];
	const json_t *outcomes = json_object_get(d->now, "outcomes");
	const json_t *took = json_object_get(d->now, "latency");
	double cached = real(outcomes, "cached") + real(outcomes, "stale");
	latency(real(took, "p50_us"), p50);
	latency(real(took, "p95_us"), p95);
	put(p, CLI_TOP_PLAIN, "queries  %s  %.1f/s    blocked  %s (%.1f %%)  %.1f/s",
		cli_grouped(cli_number(d->now, "queries"), queries), rate(d, "queries"),
		cli_grouped(cli_number(d->now, "blocked"), blocked),
		real(d->now, "blocked_percent"), rate(d, "blocked"));
	put(p, CLI_TOP_PLAIN,
		"cache    %.1f %%           latency  median %s, 95 %% %s    waiting  %llu",
		share(cached, real(d->now, "queries")), p50, p95,
		(unsigned long long)cli_number(d->now, "in_flight"));
}

static void put_cases(struct page *p, const json_t *cases)
{
	const json_t *list = json_object_get(cases, "cases"), *one;
	size_t i;
	put(p, CLI_TOP_PLAIN, "%s", "");
	if (!json_array_size(list)) {
		put(p, CLI_TOP_HEAD, "%s",
			cases ? "infected devices: none" : "infected devices: not known");
		return;
	}
	put(p, CLI_TOP_HEAD, "infected devices: `cenote cases show ID` tells what was seen");
	json_array_foreach(list, i, one)
	{
		char client[80], last[64];
		const char *family =
			json_string_value(json_array_get(json_object_get(one, "families"), 0));
		if (i == CASES_SHOWN)
			break;
		put(p, CLI_TOP_ALERT, "  %-5llu %-30s %-18s %5.1f %%  %s",
			(unsigned long long)cli_number(one, "id"),
			cli_text(one, "client", client, sizeof client), family ? family : "-",
			100 * real(one, "confidence"),
			cli_text(one, "last_seen", last, sizeof last));
	}
}

/* The biggest outcomes, in a line each. */
static void put_outcomes(struct page *p, const struct cli_top_data *d)
{
	const json_t *outcomes = json_object_get(d->now, "outcomes");
	double all = real(d->now, "queries"), below = -1;
	put(p, CLI_TOP_PLAIN, "%s", "");
	put(p, CLI_TOP_HEAD, "what became of queries");
	for (unsigned shown = 0; shown < OUTCOMES_SHOWN && p->rows_left; shown++) {
		const char *key, *best = NULL;
		json_t *value;
		double most = 0;
		json_object_foreach((json_t *)(uintptr_t)outcomes, key, value)
		{
			double n = json_number_value(value);
			if (n > most && (below < 0 || n < below)) {
				most = n;
				best = key;
			}
		}
		if (!best)
			return;
		char number[CLI_NUMBER_MAX];
		below = most;
		put(p, CLI_TOP_PLAIN, "  %-20s %14s  %5.1f %%", best,
			cli_grouped((uint64_t)most, number), share(most, all));
	}
}

/* An entry of a top list in `width` characters: the count stands right, a long name is cut on its left, where it says least. */
static void entry(const json_t *top, size_t i, unsigned width, char *out, size_t size)
{
	char name[CLI_TEXT_MAX], number[CLI_NUMBER_MAX];
	const json_t *e = json_array_get(json_object_get(top, "entries"), i);
	if (!e) {
		snprintf(out, size, "%*s", (int)width, "");
		return;
	}
	cli_grouped(cli_number(e, "count"), number);
	size_t room = width - 2 - strlen(number), len;
	cli_text(e, "name", name, sizeof name);
	len = strlen(name);
	bool is_cut = len > room;
	snprintf(out, size, "%s%-*s %s ", is_cut ? "~" : "", (int)(room - is_cut),
		is_cut ? name + (len - room + 1) : name, number);
}

static void put_tops(struct page *p, const struct cli_top_data *d)
{
	const json_t *tops[] = {d->domains, d->blocked, d->clients};
	static const char *const heads[] = {"most asked for", "most blocked", "busiest clients"};
	unsigned n = p->columns >= 100 ? 3 : p->columns >= 66 ? 2 : 1, width = p->columns / n;
	char text[COLUMNS_MAX + 1];
	size_t at = 0, most = 0;
	if (p->rows_left <= BLOCK_ROWS_MIN)
		return;
	put(p, CLI_TOP_PLAIN, "%s", "");
	for (unsigned i = 0; i < n; i++) {
		size_t count = json_array_size(json_object_get(tops[i], "entries"));
		char head[WORD_MAX * 2];
		most = count > most ? count : most;
		snprintf(head, sizeof head, "%s, %s", heads[i], d->range);
		at += (size_t)snprintf(
			text + at, sizeof text - at, "%-*.*s", (int)width, (int)width - 1, head);
	}
	put(p, CLI_TOP_HEAD, "%s", text);
	for (size_t row = 0; row < most && p->rows_left; row++) {
		at = 0;
		for (unsigned i = 0; i < n; i++) {
			entry(tops[i], row, width, text + at, sizeof text - at);
			at += strlen(text + at);
		}
		put(p, CLI_TOP_PLAIN, "%s", text);
	}
}

void cli_top_view(const struct cli_top_data *d, unsigned rows, unsigned columns,
	void (*line)(void *arg, enum cli_top_style style, const char *text), void *arg)
{
	struct page p = {.line = line, .arg = arg, .rows_left = rows, .columns = columns};
	if (p.columns < COLUMNS_MIN)
		p.columns = COLUMNS_MIN;
	if (p.columns > COLUMNS_MAX)
		p.columns = COLUMNS_MAX;
	put_head(&p, d);
	put_pauses(&p, d->pauses);
	put_counters(&p, d);
	put_cases(&p, d->cases);
	put_outcomes(&p, d);
	put_tops(&p, d);
}
