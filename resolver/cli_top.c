/* SPDX-License-Identifier: BSD-2-Clause
 * top: the numbers of the running daemon, as they change.
 */
#include <curses.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/cli.h"
#include "resolver/cli_top_view.h"

enum {
	REFRESH_MS = 2000,
	TOPS_EVERY = 5, /* refreshes between two looks at the top lists and cases */
	KEY_MS = 100, /* how soon a key or a signal acts */
	PAUSE_S = 300,
	FILE_ROWS = 1000, /* what does not go to a terminal need not fit one */
	FILE_COLUMNS = 100,
	TOP_LIMIT = 50,
};

static const struct {
	const char *words;
	uint64_t seconds;
} ranges[] = {
	{"last hour", 3600}, {"24 hours", 86400}, {"7 days", 7 * 86400}, {"30 days", 30 * 86400}};

enum { RANGES = sizeof ranges / sizeof *ranges };

struct top {
	const struct cli *cli;
	json_t *before, *now, *cases, *pauses, *domains, *blocked, *clients;
	uint64_t before_ms, now_ms;
	unsigned range;
	struct err problem; /* of the last look */
};

static int renew(struct top *t, json_t **part, const char *target)
{
	json_t *v;
	int status = cli_try(t->cli, "GET", target, NULL, &v, &t->problem);
	if (status)
		return status;
	json_decref(*part);
	*part = v;
	return CLI_OK;
}

static int renew_top(struct top *t, json_t **part, const char *kind)
{
	char target[160];
	snprintf(target, sizeof target, "/api/v1/top?kind=%s&limit=%d&from=%" PRIu64, kind,
		TOP_LIMIT, clock_wall_s() - ranges[t->range].seconds);
	return renew(t, part, target);
}

/* Counters, and now and then the rest. The first failure ends it, and what was there before stays. */
static int look(struct top *t, bool is_all)
{
	json_t *fresh = NULL;
	t->problem.text[0] = 0;
	int status = renew(t, &fresh, "/api/v1/stats");
	if (status)
		return status;
	json_decref(t->before);
	t->before = t->now;
	t->before_ms = t->now_ms;
	t->now = fresh;
	t->now_ms = clock_ms();
	status = renew(t, &t->pauses, "/api/v1/pause");
	if (!status && is_all)
		status = renew(t, &t->cases, "/api/v1/cases?limit=20&state=open");
	if (!status && is_all)
		status = renew_top(t, &t->domains, "domains");
	if (!status && is_all)
		status = renew_top(t, &t->blocked, "blocked_domains");
	if (!status && is_all)
		status = renew_top(t, &t->clients, "clients");
	return status;
}

static struct cli_top_data data_of(const struct top *t)
{
	return (struct cli_top_data){.before = t->before,
		.now = t->now,
		.seconds = (double)(t->now_ms - t->before_ms) / 1000,
		.cases = t->cases,
		.pauses = t->pauses,
		.domains = t->domains,
		.blocked = t->blocked,
		.clients = t->clients,
		.range = ranges[t->range].words,
		.problem = t->problem.text};
}

static void forget(struct top *t)
{
	json_t *parts[] = {
		t->before, t->now, t->cases, t->pauses, t->domains, t->blocked, t->clients};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		json_decref(parts[i]);
}

/* --- once, for a file or a pipe --- */

static void print_line(void *arg, enum cli_top_style style, const char *text)
{
	(void)arg;
	(void)style;
	size_t len = strlen(text);
	while (len && text[len - 1] == ' ')
		len--;
	printf("%.*s\n", (int)len, text);
}

static int print_once(struct top *t)
{
	int status = look(t, true);
	if (status)
		return cli_fail(status, "%s", t->problem.text);
	if (t->cli->is_json)
		return cli_print_json(json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}", "stats", t->now,
			"pauses", t->pauses, "cases", t->cases, "domains", t->domains,
			"blocked_domains", t->blocked, "clients", t->clients));
	struct cli_top_data d = data_of(t);
	cli_top_view(&d, FILE_ROWS, FILE_COLUMNS, print_line, NULL);
	return CLI_OK;
}

/* --- on a terminal --- */

static void draw_line(void *arg, enum cli_top_style style, const char *text)
{
	int *row = arg;
	attr_t look = style == CLI_TOP_HEAD ? A_BOLD
		: style == CLI_TOP_ALERT    ? A_REVERSE
					    : A_NORMAL;
	attrset((int)look);
	mvaddnstr((*row)++, 0, text, COLS);
	attrset((int)A_NORMAL);
}

static void draw(const struct top *t)
{
	struct cli_top_data d = data_of(t);
	int row = 0;
	erase();
	cli_top_view(&d, LINES > 1 ? (unsigned)LINES - 1 : 0, (unsigned)COLS, draw_line, &row);
	attrset((int)A_DIM);
	mvaddnstr(LINES - 1, 0,
		"q quit   t other times   p pause filtering for 5 minutes   r resume", COLS);
	attrset((int)A_NORMAL);
	refresh();
}

static void pause_filter(struct top *t)
{
	json_t *v = NULL;
	char body[64];
	snprintf(body, sizeof body, "{\"scope\": \"all\", \"seconds\": %d}", PAUSE_S);
	(void)cli_try(t->cli, "POST", "/api/v1/pause", body, &v, &t->problem);
	json_decref(v);
}

static void resume_filter(struct top *t)
{
	json_t *v = NULL;
	(void)cli_try(t->cli, "DELETE", "/api/v1/pause?scope=all", NULL, &v, &t->problem);
	json_decref(v);
}

/* Does what a key asks for; false when it asks to end. `*is_due`: all is to be looked at again. */
static bool obey(struct top *t, int key, bool *is_due)
{
	if (key == 'q' || key == 'Q' || key == 3)
		return false;
	if (key == 't') {
		t->range = (t->range + 1) % RANGES;
		*is_due = true;
	} else if (key == 'p') {
		pause_filter(t);
		*is_due = true;
	} else if (key == 'r') {
		resume_filter(t);
		*is_due = true;
	} else if (key == KEY_RESIZE) {
		draw(t);
	}
	return true;
}

/* Until a key asks to end it. A daemon that is away comes back, or not: the page says so and goes on. */
static void watch(struct top *t)
{
	bool is_due = false;
	for (unsigned round = 1;; round++) {
		draw(t);
		for (int waited = 0; waited < REFRESH_MS && !is_due; waited += KEY_MS) {
			int key = getch();
			if (key != ERR && !obey(t, key, &is_due))
				return;
		}
		(void)look(t, is_due || round % TOPS_EVERY == 0);
		is_due = false;
	}
}

static int show(struct top *t)
{
	int status = look(t, true);
	if (status)
		return cli_fail(status, "%s", t->problem.text);
	/* curses ends the process when it cannot have the terminal: ask before. */
	SCREEN *screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return cli_fail(CLI_FAILED,
			"the terminal is of a kind that is not known (TERM); --once needs none");
	raw(); /* Ctrl-C is a key: the terminal is left as it was */
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	timeout(KEY_MS);
	watch(t);
	endwin();
	delscreen(screen);
	return CLI_OK;
}

int cli_top(const struct cli *c)
{
	struct top t = {.cli = c, .range = 1};
	bool is_once = c->is_once || c->is_json || !isatty(STDOUT_FILENO);
	int status = is_once ? print_once(&t) : show(&t);
	forget(&t);
	return status;
}
