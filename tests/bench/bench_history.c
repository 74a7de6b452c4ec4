/* SPDX-License-Identifier: BSD-2-Clause
 * Ten years of history: octets on disk, time to draw them, cost of a query, accuracy, octets written a day.
 *
 * bench_history home|provider [FOLDER [DAYS]]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/journal/event.h"
#include "resolver/journal/history.h"

enum { START_S = 1799971200, DAY_S = 86400, YEARS_DAYS = 3653, SHOWN = 50 };

/* Who asks for how much. */
struct size {
	const char *name;
	unsigned clients, domains, an_hour;
};

static const struct size sizes[] = {{"home", 25, 20000, 800}, {"provider", 50000, 2000000, 4000}};

struct world {
	struct size size;
	struct history *history;
	struct stats_total total;
	uint64_t state, now_s;
	uint32_t *domains, *clients; /* how often, today */
};

/* The frozen clock is the history's. */
static double real_us(void)
{
	struct timespec t;
	timespec_get(&t, TIME_UTC);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static uint32_t draw(struct world *w, uint32_t below)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (uint32_t)((w->state >> 32) * below >> 32);
}

/* Zipf with exponent 1, by the inverse of its (continuous) sum. */
static uint32_t zipf(struct world *w, uint32_t n)
{
	double u = (double)draw(w, UINT32_MAX) / UINT32_MAX;
	uint32_t i = (uint32_t)(exp(u * log((double)n + 1)) - 1);
	return i < n ? i : n - 1;
}

/* A question is made beforehand, so that its making is not measured. */
struct question {
	struct journal_event event;
	struct history_client client;
	uint32_t domain, client_number;
};

static void make_question(struct world *w, struct question *q)
{
	char text[64];
	static const char *const tlds[] = {"com", "net", "example", "co.uk", "de"};
	q->domain = zipf(w, w->size.domains);
	q->client_number = zipf(w, w->size.clients);
	bool is_blocked = q->domain % 7 == 3;
	q->event = (struct journal_event){.qtype = q->domain % 3 ? 1 : 28,
		.outcome = (uint8_t)(is_blocked ? OUTCOME_BLOCKED : OUTCOME_CACHED),
		.list = is_blocked ? "a-list-of-ads" : ""};
	int n = snprintf(text, sizeof text, "h%u.cdn%u.%s", q->domain, q->domain * 7919 % 10007,
		tlds[q->domain % 5]);
	(void)dname_from_text(text, (size_t)n, &q->event.name);
	snprintf(q->client.text, sizeof q->client.text, "10.%u.%u.%u", q->client_number >> 16,
		q->client_number >> 8 & 255, q->client_number & 255);
	history_name_client(w->history, &q->client);
}

static void ask(struct world *w, const struct question *q)
{
	const struct history_fact f = {.event = &q->event,
		.client = &q->client,
		.name_hash = history_expect(w->history, &q->event),
		.has_name = true};
	history_feed(w->history, &f);
}

static void count(struct world *w, const struct question *q)
{
	w->total.queries++;
	w->total.outcomes[q->event.outcome]++;
	w->total.types[q->event.qtype == 1 ? 0 : 1]++;
	w->total.replies[JOURNAL_REPLY_IP]++;
	w->total.latency[draw(w, 16)]++;
	w->total.latency_sum_us += 1000;
	w->domains[q->domain]++;
	w->clients[q->client_number]++;
}

/* Asks for some time, and lets it pass. */
static void live(struct world *w, uint64_t seconds)
{
	static struct question q;
	uint64_t n = w->size.an_hour * seconds / 3600;
	for (uint64_t i = 0; i < n + !n; i++) {
		make_question(w, &q);
		history_enter(w->history);
		ask(w, &q);
		history_leave(w->history);
		count(w, &q);
	}
	w->now_s += seconds;
	history_tick(w->history, w->now_s * 1000, &w->total);
}

static void forget_today(struct world *w)
{
	memset(w->domains, 0, w->size.domains * sizeof *w->domains);
	memset(w->clients, 0, w->size.clients * sizeof *w->clients);
}

static void fill(struct world *w, unsigned days)
{
	double start_us = real_us();
	for (unsigned day = 0; day < days; day++) {
		unsigned left = days - day;
		uint64_t step_s = left > 92 ? 3600 : left > 3 ? 600 : 60;
		forget_today(w);
		for (uint64_t s = 0; s < DAY_S; s += step_s)
			live(w, step_s);
		history_save(w->history);
	}
	struct history_info info;
	history_info(w->history, &info);
	printf("filled in %.0f s: %llu minutes, %llu hours, %llu days; %.1f MiB on disk%s%s\n",
		(real_us() - start_us) / 1e6, (unsigned long long)info.rows[HISTORY_MINUTES],
		(unsigned long long)info.rows[HISTORY_HOURS],
		(unsigned long long)info.rows[HISTORY_DAYS], (double)info.bytes / (1 << 20),
		info.problem[0] ? "; " : "", info.problem);
}

/* --- figures ------------------------------------------------------------------------------------ */

static void draw_a_year(struct world *w)
{
	static struct history_point points[4000];
	static struct history_entry entries[100];
	static struct history_client_point client[400];
	uint32_t step_s;
	static const struct {
		const char *name;
		uint32_t days;
	} spans[] = {
		{"a day", 1}, {"a week", 7}, {"90 days", 90}, {"a year", 365}, {"ten years", 3650}};
	printf("%-10s %8s %10s %10s %10s %10s\n", "ms", "points", "series", "total", "top",
		"client");
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		uint64_t to_s = w->now_s, from_s = to_s - (uint64_t)spans[i].days * DAY_S + 17;
		double t0 = real_us();
		size_t n = history_series(
			w->history, from_s, to_s, HISTORY_AUTO, &step_s, points, 4000);
		double t1 = real_us();
		history_total(w->history, from_s, to_s, points);
		double t2 = real_us();
		(void)history_top(w->history, HISTORY_DOMAINS, from_s, to_s, entries, 100);
		double t3 = real_us();
		(void)history_client(w->history, "10.0.0.0", from_s, to_s, client, 400);
		double t4 = real_us();
		printf("%-10s %8zu %10.1f %10.1f %10.1f %10.1f\n", spans[i].name, n,
			(t1 - t0) / 1e3, (t2 - t1) / 1e3, (t3 - t2) / 1e3, (t4 - t3) / 1e3);
	}
}

static double cpu_us(void)
{
	return (double)clock() * (1e6 / CLOCKS_PER_SEC);
}

static void cost_of_a_query(struct world *w)
{
	enum { QUESTIONS = 1 << 14, ROUNDS = 60 };
	struct question *q = malloc(QUESTIONS * sizeof *q);
	double sum_us = 0;
	if (!q)
		exit(1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < QUESTIONS; i++)
			make_question(w, &q[i]);
		double start_us = cpu_us();
		history_enter(w->history);
		for (unsigned i = 0; i < QUESTIONS; i++)
			ask(w, &q[i]);
		history_leave(w->history);
		sum_us += cpu_us() - start_us;
		for (unsigned i = 0; i < QUESTIONS; i++)
			count(w, &q[i]);
	}
	printf("history_feed: %.0f ns of CPU\n", sum_us * 1e3 / QUESTIONS / ROUNDS);
	double start_us = real_us();
	w->now_s += 60;
	history_tick(w->history, w->now_s * 1000, &w->total);
	printf("a tick at the end of that minute: %.2f ms\n", (real_us() - start_us) / 1e3);
	free(q);
}

static uint32_t number_of(const uint32_t *counts, size_t n)
{
	uint32_t different = 0;
	for (size_t i = 0; i < n; i++)
		different += counts[i] != 0;
	return different;
}

static int falling(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x < y) - (x > y);
}

static void top_accuracy(
	const struct world *w, const uint32_t *sorted, const struct history_entry *e, size_t n)
{
	double sum = 0, worst = 0;
	unsigned outside = 0, right = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t truth = w->domains[strtoul(e[i].text + 1, NULL, 10)];
		double error = fabs((double)e[i].count / truth - 1);
		uint64_t off = e[i].count > truth ? e[i].count - truth : truth - e[i].count;
		sum += error;
		worst = error > worst ? error : worst;
		outside += off > e[i].error;
		right += truth >= sorted[n - 1];
	}
	printf("top %zu of a day: %u belong there; off by %.2f %% in the mean, %.2f %% at worst; "
	       "outside of "
	       "the stated error: %u\n",
		n, right, 100 * sum / (double)n, 100 * worst, outside);
}

/* One day, by the minute: what the top list says against the truth. */
static void accuracy(struct world *w)
{
	static struct history_entry e[SHOWN];
	static const size_t shown[] = {10, SHOWN};
	struct history_point p;
	uint64_t from_s = w->now_s;
	forget_today(w);
	for (unsigned i = 0; i < DAY_S / 60; i++)
		live(w, 60);
	history_total(w->history, from_s, w->now_s, &p);
	uint32_t domains = number_of(w->domains, w->size.domains),
		 clients = number_of(w->clients, w->size.clients);
	printf("distinct in a day: domains %u for %u (%+.1f %%), clients %u for %u (%+.1f %%)\n",
		p.domains, domains, 100.0 * p.domains / domains - 100, p.clients, clients,
		100.0 * p.clients / clients - 100);
	uint32_t *sorted = malloc(w->size.domains * sizeof *sorted);
	if (!sorted)
		exit(1);
	memcpy(sorted, w->domains, w->size.domains * sizeof *sorted);
	qsort(sorted, w->size.domains, sizeof *sorted, falling);
	for (size_t k = 0; k < sizeof shown / sizeof shown[0]; k++)
		top_accuracy(w, sorted, e,
			history_top(w->history, HISTORY_DOMAINS, from_s, w->now_s, e, shown[k]));
	free(sorted);
}

static uint64_t written(void)
{
	char line[128];
	uint64_t n = 0;
	FILE *f = fopen("/proc/self/io", "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "wchar: ", 7))
			n = strtoull(line + 7, NULL, 10);
	if (f)
		(void)fclose(f);
	return n;
}

/* A day with the saves of ten minutes, as the daemon lives it. */
static void write_a_day(struct world *w)
{
	struct history_info before, after;
	history_info(w->history, &before);
	uint64_t start = written();
	for (unsigned i = 0; i < DAY_S / 60; i++) {
		clock_advance(60000000);
		live(w, 60);
	}
	history_info(w->history, &after);
	printf("a day: %llu saves, rows of %.2f MB, %.2f MB to the disk; ",
		(unsigned long long)(after.saves - before.saves),
		(double)(after.written_total - before.written_total) / 1e6,
		(double)(written() - start) / 1e6);
	start = written();
	for (unsigned i = 0; i < DAY_S / 60; i++) {
		clock_advance(60000000);
		w->now_s += 60;
		history_tick(w->history, w->now_s * 1000, &w->total);
	}
	printf("a day at rest: %.2f MB\n", (double)(written() - start) / 1e6);
}

int main(int argc, char **argv)
{
	struct world w = {.state = 88172645463325252u, .now_s = START_S};
	char folder[256], path[300];
	struct err why = {""};
	for (size_t i = 0; argc > 1 && i < sizeof sizes / sizeof sizes[0]; i++)
		if (!strcmp(sizes[i].name, argv[1]))
			w.size = sizes[i];
	if (!w.size.name) {
		fprintf(stderr, "usage: bench_history home|provider [FOLDER [DAYS]]\n");
		return 2;
	}
	snprintf(folder, sizeof folder, "%s/bench-history-XXXXXX", argc > 2 ? argv[2] : "/var/tmp");
	w.domains = calloc(w.size.domains, sizeof *w.domains);
	w.clients = calloc(w.size.clients, sizeof *w.clients);
	clock_freeze(1000000, START_S);
	if (!w.domains || !w.clients || !mkdtemp(folder) ||
		history_open(folder, &w.history, &why)) {
		fprintf(stderr, "bench_history: %s\n", why.text);
		return 1;
	}
	fill(&w, argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : YEARS_DAYS);
	draw_a_year(&w);
	cost_of_a_query(&w);
	accuracy(&w);
	write_a_day(&w);
	struct rusage usage;
	(void)getrusage(RUSAGE_SELF, &usage);
	struct history_info info;
	history_info(w.history, &info);
	printf("at the end: %.1f MiB on disk, %ld failed saves, process %.1f MiB\n",
		(double)info.bytes / (1 << 20), (long)info.failed_saves,
		(double)usage.ru_maxrss / 1024);
	history_free(w.history);
	snprintf(path, sizeof path, "%s/history.mdb", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	free(w.domains);
	free(w.clients);
	return 0;
}
