/* SPDX-License-Identifier: BSD-2-Clause
 * Rows come back from their octets as they were, or with less in their top lists; other octets are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/base/hash.h"
#include "resolver/base/wire.h"
#include "resolver/journal/history_codec.h"
#include "tests/unit/folder.h"

enum { ROOM = 512 * 1024 };

static uint8_t room[ROOM], room2[ROOM];

struct rows {
	struct history_row row, back;
};

static int make(void **state)
{
	struct rows *x = test_calloc(1, sizeof *x);
	assert_true(history_row_init(&x->row, HISTORY_ROW_ALL, 5));
	assert_true(history_row_init(&x->back, HISTORY_ROW_ALL, 5));
	*state = x;
	return 0;
}

static int unmake(void **state)
{
	struct rows *x = *state;
	history_row_free(&x->row);
	history_row_free(&x->back);
	test_free(x);
	return 0;
}

/* `names` names of `octets` octets, the n-th of them n times, every third one blocked. */
static void fill(struct history_row *r, unsigned names, size_t octets)
{
	uint8_t key[TOP_KEY_MAX];
	for (unsigned i = 1; i <= names; i++) {
		memset(key, 'k', sizeof key);
		wire_put_u32(key, i);
		top_add(r->tops[HISTORY_DOMAINS], key, octets, i);
		if (i % 3 == 0)
			top_add(r->tops[HISTORY_BLOCKED_DOMAINS], key, octets, i);
		top_add(r->tops[HISTORY_CLIENTS], key, 4, 1);
		top_add(r->tops[HISTORY_LISTS], key, 4, i / 2 + 1);
		distinct_add(&r->domains, hash_bytes(key, octets, 5));
		distinct_add(&r->clients, hash_bytes(key, 4, 5));
	}
	for (int i = 0; i < OUTCOME_COUNT; i++)
		r->sum.queries += r->sum.outcomes[i] = 1000000007U * (uint64_t)(i + 1);
	for (unsigned i = 0; i < STATS_TYPES; i++)
		r->sum.types[i] = i * 17;
	for (unsigned i = 0; i < JOURNAL_REPLY_COUNT; i++)
		r->sum.replies[i] = i * i;
	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		r->sum.latency[i] = i % 5;
	r->sum.latency_sum_us = (uint64_t)1 << 55;
}

/* The same list, in order, with the same numbers. */
static void same_list(const struct top *a, const struct top *b)
{
	static uint32_t x[2 * HISTORY_ROW_TOP_MAX], y[2 * HISTORY_ROW_TOP_MAX];
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->floor, b->floor);
	top_order(a, x);
	top_order(b, y);
	for (uint32_t i = 0; i < a->count; i++) {
		const struct top_entry *e = &a->entries[x[i]], *f = &b->entries[y[i]];
		assert_int_equal(e->len, f->len);
		assert_memory_equal(top_key(a, e), top_key(b, f), e->len);
		assert_int_equal(e->count, f->count);
		assert_int_equal(e->over, f->over);
		assert_int_equal(e->under, f->under);
	}
}

static void test_rows_come_back(void **state)
{
	struct rows *x = *state;
	static const unsigned names[] = {0, 1, 200, 3000};
	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		history_row_clear(&x->row);
		fill(&x->row, names[k], 30);
		size_t len = history_codec_write(&x->row, room, ROOM);
		assert_true(history_codec_read(room, len, &x->back));
		assert_memory_equal(&x->back.sum, &x->row.sum, sizeof x->row.sum);
		assert_int_equal(
			distinct_estimate(&x->back.domains), distinct_estimate(&x->row.domains));
		for (int i = 0; i < HISTORY_TOP_KINDS; i++)
			same_list(x->row.tops[i], x->back.tops[i]);
	}
}

static void test_a_row_fits_its_room(void **state)
{
	struct rows *x = *state;
	uint32_t order[2 * HISTORY_ROW_TOP_MAX];
	fill(&x->row, 1000, 255);
	for (size_t max = HISTORY_CODEC_HEAD_MAX; max < 20000; max += 333) {
		size_t len = history_codec_write(&x->row, room, max);
		assert_in_range(len, max - 600, max);
		assert_true(history_codec_read(room, len, &x->back));
		const struct top *t = x->back.tops[HISTORY_DOMAINS];
		assert_true(t->count < 200);
		if (!t->count)
			continue;
		/* The most frequent ones are there, and the floor is the bound of those that are not. */
		top_order(t, order);
		assert_int_equal(t->entries[order[0]].count, 1000);
		assert_true(t->floor >= t->entries[order[t->count - 1]].count - 1);
	}
	/* With much room, blocked names cost next to nothing: they stand in the list of all. */
	history_row_clear(&x->row);
	fill(&x->row, 900, 255);
	size_t with = history_codec_write(&x->row, room, ROOM);
	top_clear(x->row.tops[HISTORY_BLOCKED_DOMAINS]);
	size_t without = history_codec_write(&x->row, room, ROOM);
	assert_in_range(with - without, 300, 300 * 6);
}

static void test_what_is_cut_is_none(void **state)
{
	struct rows *x = *state;
	fill(&x->row, 40, 20);
	size_t len = history_codec_write(&x->row, room, ROOM);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(history_codec_read(room, cut, &x->back));
	assert_false(history_codec_read(room, len + 1, &x->back));
	assert_int_equal(x->back.sum.queries, 0);
	room[0]++; /* another format */
	assert_false(history_codec_read(room, len, &x->back));
}

static void test_counters_alone(void **state)
{
	struct rows *x = *state;
	struct history_row head;
	assert_true(history_row_init(&head, 0, 5));
	fill(&x->row, 3000, 100);
	size_t len = history_codec_write(&x->row, room, ROOM);
	assert_true(len > HISTORY_CODEC_HEAD_MAX);
	assert_true(history_codec_read(room, HISTORY_CODEC_HEAD_MAX, &head));
	assert_memory_equal(&head.sum, &x->row.sum, sizeof head.sum);
	assert_int_equal(distinct_estimate(&head.clients), distinct_estimate(&x->row.clients));
}

/* Any octet may be any other one: it is refused, or what is read is sound. */
static void test_damaged_octets(void **state)
{
	struct rows *x = *state;
	fill(&x->row, 30, 12);
	size_t len = history_codec_write(&x->row, room, ROOM);
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			room[i] ^= (uint8_t)(1U << bit);
			if (history_codec_read(room, len, &x->back)) {
				size_t again = history_codec_write(&x->back, room2, ROOM);
				assert_true(history_codec_read(room2, again, &x->back));
			}
			room[i] ^= (uint8_t)(1U << bit);
		}
}

static void test_outcomes_of_another_version(void **state)
{
	struct rows *x = *state;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		assert_int_not_equal(history_codec_word((enum query_outcome)i), 0);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(history_codec_word((enum query_outcome)i),
				history_codec_word((enum query_outcome)k));
	}
	x->row.sum.queries = 12;
	x->row.sum.outcomes[OUTCOME_CACHED] = 5;
	x->row.sum.outcomes[OUTCOME_STALE] = 7;
	size_t len = history_codec_write(&x->row, room, ROOM);
	/* format, queries, how many outcomes, word, 5, word, 7: the second one gets a name that nobody knows */
	assert_int_equal(room[2], 2);
	assert_int_equal(room[8], 7);
	wire_put_u16(room + 6, 0);
	assert_true(history_codec_read(room, len, &x->back));
	assert_int_equal(x->back.sum.queries, 12);
	assert_int_equal(x->back.sum.outcomes[OUTCOME_CACHED], 5);
	assert_int_equal(x->back.sum.outcomes[OUTCOME_STALE], 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, make, unmake)
	const struct CMUnitTest tests[] = {T(test_rows_come_back), T(test_a_row_fits_its_room),
		T(test_what_is_cut_is_none), T(test_counters_alone), T(test_damaged_octets),
		T(test_outcomes_of_another_version)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
