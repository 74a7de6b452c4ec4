/* SPDX-License-Identifier: BSD-2-Clause
 * From the workers' events to rows: each is written, waits, was dropped or is not wanted, and no row says more than it may.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "resolver/base/wire.h"
#include "resolver/journal/history.h"
#include "resolver/journal/journal.h"
#include "resolver/journal/querylog.h"
#include "tests/unit/folder.h"

enum { WORKERS = 2, MANY = 30000 };

static struct folder folder;
static struct journal *journal;
static struct stats_total total;
static const struct querylog_filter all = {.outcome = -1, .qtype = -1};

/* A configuration with these keys of `querylog:`. */
static struct config *configure(const char *keys)
{
	char text[1024];
	struct config *c = NULL;
	struct err why = {0};
	int n = snprintf(text, sizeof text,
		"directory: %s\nquerylog: {%s}\ngroups:\n"
		"  - {name: children, clients: [192.0.2.7/32], lists: all}\n"
		"  - {name: default, lists: all}\n"
		"  - {name: guests, clients: [192.0.2.8/32], lists: all}\n",
		folder.path, keys);
	if (config_parse("test.yaml", text, (size_t)n, &c, &why))
		fail_msg("%s", why.text);
	return c;
}

static void give_stats(void *arg, struct stats_total *out)
{
	*out = *(struct stats_total *)arg;
}

static void start_with(const char *keys)
{
	struct err why = {0};
	struct config *c = configure(keys);
	const struct journal_hooks hooks = {.stats = give_stats, .arg = &total};
	assert_int_equal(journal_open(c, WORKERS, &journal, &why), 0);
	assert_int_equal(journal_start(journal, &hooks, &why), 0);
	config_free(c);
}

static void reconfigure(const char *keys)
{
	struct config *c = configure(keys);
	journal_reconfigure(journal, c);
	config_free(c);
}

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	journal_stop(journal);
	journal_free(journal);
	folder_remove(&folder);
	return 0;
}

static struct journal_event event(const char *name, uint8_t last)
{
	struct journal_event e = {.at_ms = clock_wall_ms(),
		.qtype = TYPE_A,
		.outcome = OUTCOME_BLOCKED,
		.reply = JOURNAL_REPLY_IP,
		.group = 2,
		.list = "evil",
		.family = "necurs"};
	addr_from_v4((uint8_t[]){192, 0, 2, last}, &e.client);
	assert_int_equal(dname_from_text(name, strlen(name), &e.name), 0);
	return e;
}

static void put(unsigned worker, const struct journal_event *e)
{
	struct journal_event *room = journal_begin(journal, worker);
	if (!room)
		return;
	*room = *e;
	journal_commit(journal, worker, room);
}

static struct journal_info wait_for(uint64_t events)
{
	struct journal_info i;
	do
		journal_info(journal, &i);
	while (i.events < events);
	return i;
}

static void test_a_row_for_an_event(void **state)
{
	(void)state;
	struct querylog_row row;
	uint64_t next;
	start_with("");
	struct journal_event e = event("www.example", 7);
	put(1, &e);
	journal_miss(journal, 0);
	struct journal_info i = wait_for(2);
	assert_int_equal(i.pending + i.written, 1);
	assert_int_equal(i.dropped, 1);
	assert_int_equal(querylog_read(journal_querylog(journal), &all, &row, 1, &next), 1);
	assert_string_equal(row.client, "192.0.2.7");
	assert_string_equal(row.list, "evil");
	assert_string_equal(row.family, "necurs");
	assert_string_equal(
		row.group, "guests"); /* the default group is number 0, wherever it stands */
	assert_true(dname_equal(&row.name, &e.name));
	assert_int_equal(row.at_ms, e.at_ms);
	journal_stop(journal);
	journal_info(journal, &i);
	assert_int_equal(i.written, 1);
	assert_int_equal(i.pending, 0);
}

/* What is withheld is not in the row; what was before stays as it was. */
static void test_privacy(void **state)
{
	(void)state;
	static const char *const levels[] = {"privacy: no_client", "privacy: no_name",
		"privacy: none", "pseudonyms: true", "enabled: false", ""};
	struct querylog_row rows[8];
	uint64_t next;
	start_with("");
	for (unsigned i = 0; i < 6; i++) {
		struct journal_event e = event("www.example", 7);
		reconfigure(levels[i]);
		put(0, &e);
		wait_for(i + 1);
	}
	struct journal_info i = wait_for(6);
	assert_int_equal(i.suppressed, 2);
	assert_int_equal(i.events, i.suppressed + i.pending + i.written);
	assert_int_equal(querylog_read(journal_querylog(journal), &all, rows, 8, &next), 4);
	assert_string_equal(rows[3].client, "");
	assert_int_equal(rows[3].name.len, 13);
	assert_string_equal(rows[2].client, "192.0.2.7");
	assert_int_equal(rows[2].name.len, 0);
	assert_int_equal(strncmp(rows[1].client, "client-", 7), 0);
	assert_int_equal(strlen(rows[1].client), 15);
	assert_string_equal(rows[0].client, "192.0.2.7");
}

/* Also many clients, more than are remembered, and names of any length. */
static void test_each_row_is_its_own(void **state)
{
	(void)state;
	enum { CLIENTS = 3000 };
	static struct querylog_row rows[CLIENTS];
	static struct journal_event events[CLIENTS];
	struct history_point sum;
	start_with("");
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[250];
		/* Labels of at most 40: their length octets are no digits. */
		int n = snprintf(name, sizeof name, "%0*u.%0*u.%0*u.%0*u", 1 + i % 40, i,
			1 + i / 2 % 40, i, 1 + i / 4 % 40, i, 1 + i / 8 % 40, i);
		assert_true(n > 0);
		events[i] = event(name, (uint8_t)i);
		events[i].client.bytes[14] = (uint8_t)(i >> 8);
		put(i % WORKERS, &events[i]);
	}
	wait_for(CLIENTS);
	struct querylog_filter f = all;
	size_t got = 0;
	do
		got += querylog_read(
			journal_querylog(journal), &f, rows + got, CLIENTS - got, &f.before);
	while (f.before && got < CLIENTS);
	assert_int_equal(got, CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		char client[ADDR_TEXT_MAX];
		unsigned number;
		assert_int_equal(sscanf((const char *)rows[i].name.bytes + 1, "%u", &number), 1);
		assert_true(dname_equal(&rows[i].name, &events[number].name));
		assert_string_equal(rows[i].client, addr_to_text(&events[number].client, client));
	}
	journal_stop(journal);
	uint64_t now_s = clock_wall_s();
	history_total(journal_history(journal), now_s - 3600, now_s + 60, &sum);
	assert_in_range(sum.clients, CLIENTS * 9 / 10, CLIENTS * 11 / 10);
	assert_in_range(sum.domains, CLIENTS * 9 / 10, CLIENTS * 11 / 10);
}

static void *put_many(void *arg)
{
	unsigned worker = *(unsigned *)arg;
	struct journal_event e = event("www.example", (uint8_t)worker);
	for (unsigned i = 0; i < MANY; i++) {
		e.took_us = i;
		put(worker, &e);
	}
	return NULL;
}

/* Workers faster than the thread: what finds no room is counted, and the others come in order. */
static void test_nothing_is_lost_uncounted(void **state)
{
	(void)state;
	static struct querylog_row rows[500];
	pthread_t threads[WORKERS];
	unsigned numbers[WORKERS] = {0, 1};
	uint32_t last[WORKERS] = {UINT32_MAX, UINT32_MAX};
	size_t n = 0;
	start_with("");
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, &numbers[i]), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	wait_for(WORKERS * MANY);
	journal_stop(journal);
	struct journal_info i = wait_for(WORKERS * MANY);
	assert_int_equal(i.events, WORKERS * MANY);
	assert_int_equal(i.written + i.dropped, WORKERS * MANY);
	assert_true(i.written > 0);
	struct querylog_filter f = all;
	do {
		size_t got = querylog_read(journal_querylog(journal), &f, rows, 500, &f.before);
		for (size_t k = 0; k < got; k++) {
			unsigned worker = (unsigned)(rows[k].client[8] - '0');
			assert_in_range(worker, 0, WORKERS - 1);
			assert_true(rows[k].took_us < last[worker]);
			last[worker] = rows[k].took_us;
		}
		n += got;
	} while (f.before);
	assert_int_equal(n, i.written);
}

/* The history is given the exact counters, and what the level lets it know. */
static void test_history_is_fed(void **state)
{
	(void)state;
	struct history_entry top[4];
	total.queries = total.outcomes[OUTCOME_BLOCKED] = total.types[0] = 3;
	start_with("privacy: no_client");
	for (unsigned i = 0; i < 3; i++) {
		struct journal_event e = event("www.example", 7);
		put(0, &e);
	}
	wait_for(3);
	journal_stop(journal);
	struct history *h = journal_history(journal);
	uint64_t now_s = clock_wall_s();
	assert_int_equal(history_top(h, HISTORY_DOMAINS, now_s - 3600, now_s + 60, top, 4), 1);
	assert_int_equal(top[0].count, 3);
	assert_int_equal(history_top(h, HISTORY_CLIENTS, now_s - 3600, now_s + 60, top, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_row_for_an_event, start, stop),
		cmocka_unit_test_setup_teardown(test_privacy, start, stop),
		cmocka_unit_test_setup_teardown(test_each_row_is_its_own, start, stop),
		cmocka_unit_test_setup_teardown(test_nothing_is_lost_uncounted, start, stop),
		cmocka_unit_test_setup_teardown(test_history_is_fed, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
