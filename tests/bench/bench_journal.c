/* SPDX-License-Identifier: BSD-2-Clause
 * What a query costs on its way into the query log and the history: `bench_journal FOLDER [QUERIES]` (1,000,000), with the state in a new folder.
 *
 * Counts queries by `record` without and with a journal, a batch of 32 at a time as they come from a socket, of 1,000 names and 250 clients; the thread
 * takes them up meanwhile, its time is told apart. Then a name is searched that no row has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "resolver/base/config.h"
#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "resolver/record.h"
#include "tests/unit/fixture.h"

enum { NAMES = 1000, CLIENTS = 250, BATCH = 32, TURN = 4096, ROUNDS = 5 };

static struct dname names[NAMES];

static double cpu_ns(clockid_t of)
{
	struct timespec t;
	clock_gettime(of, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void give_stats(void *arg, struct stats_total *out)
{
	memset(out, 0, sizeof *out);
	stats_sum(out, arg);
}

static void count_one(struct fixture *f, uint32_t number)
{
	struct query *q = &f->q;
	dname_copy(&q->qname, &names[number * 7919 % NAMES]);
	q->client.bytes[15] = (uint8_t)(number % CLIENTS);
	q->qtype = number % 3 ? TYPE_A : TYPE_AAAA;
	q->outcome = number % 5 ? OUTCOME_CACHED : OUTCOME_BLOCKED;
	q->list = number % 5 ? -1 : 5;
	q->arrived_us = f->worker.now_us;
	record(&f->worker, q);
}

/* Nanoseconds of this thread for each query. */
static double run(struct fixture *f, struct journal *j, uint32_t count)
{
	double spent = 0;
	struct journal_info i = {0};
	f->worker.journal = j;
	if (j)
		journal_info(j, &i);
	uint64_t before = i.events;
	for (uint32_t done = 0; done < count; done += TURN) {
		double from = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
		for (uint32_t n = 0; n < TURN; n++) {
			if (n % BATCH == 0)
				f->worker.now_us = clock_us();
			count_one(f, done + n);
		}
		spent += cpu_ns(CLOCK_THREAD_CPUTIME_ID) - from;
		do { /* a pause for both, after which caches are cold */
			usleep(200);
			if (j)
				journal_info(j, &i);
		} while (j && i.events - before < done + TURN);
	}
	return spent / (double)((count + TURN - 1) / TURN * TURN);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void search(struct querylog *q)
{
	struct querylog_row row;
	struct querylog_filter f = {.outcome = -1, .qtype = -1, .name = "not there"};
	uint64_t from = clock_us(), worst = 0;
	unsigned calls = 0;
	do {
		uint64_t began = clock_us();
		querylog_read(q, &f, &row, 1, &f.before);
		worst = clock_us() - began > worst ? clock_us() - began : worst;
		calls++;
	} while (f.before);
	printf("a name that is not there: %.0f ms in %u calls, the longest %.0f ms\n",
		(double)(clock_us() - from) / 1000, calls, (double)worst / 1000);
}

static struct journal *open_journal(const char *folder, struct fixture *f)
{
	char text[512];
	struct config *c;
	struct journal *j;
	struct err why;
	int n = snprintf(text, sizeof text, "directory: %s\n", folder);
	if (config_parse("bench", text, (size_t)n, &c, &why) || journal_open(c, 1, &j, &why) ||
		journal_start(
			j, &(struct journal_hooks){.stats = give_stats, .arg = &f->stats}, &why)) {
		fprintf(stderr, "%s\n", why.text);
		exit(1);
	}
	config_free(c);
	return j;
}

int main(int argc, char **argv)
{
	static struct fixture f;
	static char lists[STATS_LISTS][64];
	double without[ROUNDS], with[ROUNDS];
	uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
	if (argc < 2 || !count) {
		fprintf(stderr, "usage: bench_journal FOLDER [QUERIES]\n");
		return 2;
	}
	fixture_init(&f);
	clock_thaw();
	snprintf(lists[0], sizeof lists[0], "botnets");
	f.worker.list_names = (const char(*)[64])lists;
	for (uint32_t i = 0; i < NAMES; i++) {
		char text[64];
		int n = snprintf(text, sizeof text, "w%u.shop%u.example.com", i, i % 97);
		dname_from_text(text, (size_t)n, &names[i]);
	}
	f.q.client.bytes[10] = f.q.client.bytes[11] = 0xff;
	f.q.transport = TRANSPORT_UDP;
	struct journal *j = open_journal(argv[1], &f);
	double thread = 0;
	for (int i = 0; i < ROUNDS; i++) {
		without[i] = run(&f, NULL, count / ROUNDS);
		double all = cpu_ns(CLOCK_PROCESS_CPUTIME_ID),
		       own = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
		with[i] = run(&f, j, count / ROUNDS);
		thread += cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - all -
			(cpu_ns(CLOCK_THREAD_CPUTIME_ID) - own);
	}
	journal_stop(j);
	struct journal_info i;
	journal_info(j, &i);
	qsort(without, ROUNDS, sizeof *without, by_value);
	qsort(with, ROUNDS, sizeof *with, by_value);
	printf("record: %.0f ns without a journal, %.0f ns with; the journal's thread: %.0f ns a "
	       "query\n",
		without[ROUNDS / 2], with[ROUNDS / 2], thread / (double)i.events);
	printf("%llu rows of %.1f octets on disk, %llu dropped\n", (unsigned long long)i.log_rows,
		(double)i.log_bytes / (double)i.log_rows, (unsigned long long)i.dropped);
	search(journal_querylog(j));
	journal_free(j);
	return 0;
}
