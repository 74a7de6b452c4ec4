/* SPDX-License-Identifier: BSD-2-Clause
 * `cenote dga calendar`: the names that known botnets will ask for.
 */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calendar.h"
#include "resolver/base/clock.h"
#include "resolver/cli.h"
#include "resolver/cli_dga.h"

enum {
	OPTION_DATE = 256,
	OPTION_DAYS,
	OPTION_FAMILY,
	OPTION_SEEDS,
	OPTION_JSON,
	OPTION_LIST,
	OPTION_CHECK
};

static const struct option options[] = {
	{"date", required_argument, NULL, OPTION_DATE},
	{"days", required_argument, NULL, OPTION_DAYS},
	{"family", required_argument, NULL, OPTION_FAMILY},
	{"seeds", required_argument, NULL, OPTION_SEEDS},
	{"json", no_argument, NULL, OPTION_JSON},
	{"list", no_argument, NULL, OPTION_LIST},
	{"check", required_argument, NULL, OPTION_CHECK},
	{0},
};

struct wishes {
	struct calendar_request request;
	const char *date, *check; /* NULL: not given */
	uint64_t days;
	bool is_json, is_list;
};

/* The names of one day, so that none is printed twice. */
struct printing {
	void *names; /* of tsearch */
	int64_t day;
	bool is_json, has_no_memory;
};

static bool read_option(int option, struct wishes *w)
{
	switch (option) {
	case OPTION_DATE:
		w->date = optarg;
		return true;
	case OPTION_DAYS:
		return cli_dga_number(optarg, &w->days) && w->days >= 1 &&
			w->days <= CALENDAR_DAYS_MAX;
	case OPTION_FAMILY:
		w->request.family = optarg;
		return true;
	case OPTION_SEEDS:
		w->request.seeds = optarg;
		return true;
	case OPTION_JSON:
		w->is_json = true;
		return true;
	case OPTION_LIST:
		w->is_list = true;
		return true;
	default:
		w->check = optarg;
		return true;
	}
}

/* --- names --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* True the first time. */
static bool is_new(struct printing *p, const char *name)
{
	char *own = strdup(name);
	char **found = own ? tsearch(own, &p->names, by_text) : NULL;
	p->has_no_memory |= !found;
	bool is_first = found && *found == own;
	if (!is_first)
		free(own);
	return is_first;
}

static bool print_name(void *arg, int64_t day, const struct calendar_maker *maker, const char *name)
{
	struct printing *p = arg;
	char date[11];
	if (day != p->day)
		tdestroy(p->names, free);
	if (day != p->day)
		p->names = NULL;
	p->day = day;
	if (!is_new(p, name))
		return !p->has_no_memory;
	calendar_day_to_text(day, date);
	if (!p->is_json)
		printf("%s\t%s\t%s\n", name, maker->family, maker->variant);
	else if (maker->is_dated)
		printf("{\"name\": \"%s\", \"family\": \"%s\", \"variant\": \"%s\", \"date\": "
		       "\"%s\"}\n",
			name, maker->family, maker->variant, date);
	else
		printf("{\"name\": \"%s\", \"family\": \"%s\", \"variant\": \"%s\", \"date\": "
		       "null}\n",
			name, maker->family, maker->variant);
	return !ferror(stdout);
}

static int print_names(const struct wishes *w)
{
	struct err why;
	struct calendar_request r = w->request;
	r.first_day = (int64_t)(clock_wall_s() / 86400);
	if (w->date && !calendar_day_from_text(w->date, &r.first_day))
		return cli_fail(CLI_USAGE,
			"--date %s: a date is such as 2026-11-23, of the years 1970 to 2199",
			w->date);
	r.last_day = r.first_day + (int64_t)w->days - 1;
	struct printing p = {.day = r.first_day, .is_json = w->is_json};
	int e = calendar_each(&r, print_name, &p, &why);
	tdestroy(p.names, free);
	if (!e && p.has_no_memory)
		return cli_fail(CLI_FAILED, "no memory for the names of a day");
	return e ? cli_fail(CLI_FAILED, "%s", why.text) : CLI_OK;
}

/* --- what there is --- */

static void print_list(const struct wishes *w)
{
	struct calendar_maker maker;
	size_t sets;
	for (size_t i = 0; calendar_generator(i, &maker, &sets); i++) {
		if (w->request.family && strcmp(w->request.family, maker.family) != 0)
			continue;
		if (w->is_json)
			printf("{\"family\": \"%s\", \"variant\": \"%s\", \"sets\": %zu, "
			       "\"is_dated\": %s}\n",
				maker.family, maker.variant, sets,
				maker.is_dated ? "true" : "false");
		else
			printf("%s\t%s\t%zu\t%s\n", maker.family, maker.variant, sets,
				maker.is_dated ? "dated" : "same every day");
	}
}

static int check(const struct wishes *w)
{
	struct err why;
	int e = calendar_check(w->check, stdout, &why);
	return e ? cli_fail(CLI_FAILED, "%s", why.text) : CLI_OK;
}

int cli_dga_calendar(int argc, char **argv)
{
	struct wishes w = {.days = 1};
	optind = 0;
	for (int option; (option = cli_dga_option(argc, argv, options)) != -1;) {
		if (option == '?')
			return CLI_USAGE;
		if (!read_option(option, &w))
			return cli_fail(
				CLI_USAGE, "--days: 1 to %d are allowed", (int)CALENDAR_DAYS_MAX);
	}
	bool has_names = w.date || w.request.seeds || w.days != 1;
	if (optind < argc || (w.check && (w.is_list || w.is_json || w.request.family)) ||
		(has_names && (w.check || w.is_list)))
		return cli_dga_usage(argv);
	if (w.check)
		return check(&w);
	if (!w.is_list)
		return print_names(&w);
	print_list(&w);
	return CLI_OK;
}
