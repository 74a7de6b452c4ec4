/* SPDX-License-Identifier: BSD-2-Clause
 * Rows and blocks of the query log: what is written is what is read, and nothing else is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/journal/querylog_block.h"
#include "tests/unit/querylog_rows.h"

static struct querylog_block block;
static uint8_t bytes[QUERYLOG_BLOCK_MAX];

static void expect_equal(const struct querylog_kept *a, const struct querylog_kept *b)
{
	assert_int_equal(a->at_ms, b->at_ms);
	assert_int_equal(a->client_kind, b->client_kind);
	if (a->client_kind == CLIENT_PSEUDONYM)
		assert_int_equal(a->pseudonym, b->pseudonym);
	else if (a->client_kind != CLIENT_WITHHELD)
		assert_true(addr_equal(&a->client, &b->client));
	assert_int_equal(a->took_us, b->took_us);
	assert_int_equal(a->dga_score, b->dga_score);
	assert_int_equal(a->qtype, b->qtype);
	assert_int_equal(a->rcode, b->rcode);
	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->reply, b->reply);
	assert_int_equal(a->dga_class, b->dga_class);
	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->is_secure, b->is_secure);
	assert_int_equal(a->is_monitored, b->is_monitored);
	assert_int_equal(a->is_allowed, b->is_allowed);
	assert_string_equal(a->list, b->list);
	assert_string_equal(a->family, b->family);
	assert_string_equal(a->group, b->group);
	assert_int_equal(!a->name, !b->name);
	if (a->name && b->name)
		assert_true(dname_equal(a->name, b->name));
}

/* Every field at its ends, and a clock that goes back. */
static size_t extremes(struct querylog_kept out[8])
{
	static struct dname long_name, root;
	char longest[300];
	for (unsigned i = 0; i < 8; i++)
		out[i] = rows_make(i);
	out[1].client_kind = CLIENT_V6;
	memset(out[1].client.bytes, 0xfe, 16);
	out[2].client_kind = CLIENT_PSEUDONYM;
	out[2].pseudonym = UINT32_MAX;
	out[3].client_kind = CLIENT_WITHHELD;
	out[3].name = NULL;
	out[4].at_ms = 0;
	out[4].took_us = UINT32_MAX;
	out[4].qtype = out[4].rcode = UINT16_MAX;
	out[4].outcome = out[4].reply = 255;
	out[4].dga_score = INT32_MIN;
	out[4].dga_class = 255;
	out[4].transport = TRANSPORT_TCP;
	out[5].dga_score = INT32_MAX;
	out[5].is_secure = out[5].is_monitored = out[5].is_allowed = true;
	out[5].list = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890";
	out[5].family = "necurs";
	out[6].family = "necurs";
	out[6].group = "";
	memset(longest, 'a', sizeof longest);
	longest[63] = longest[127] = longest[191] = '.';
	assert_int_equal(dname_from_text(longest, 253, &long_name), 0);
	assert_int_equal(long_name.len, DNAME_MAX);
	assert_int_equal(dname_from_text(".", 1, &root), 0);
	out[6].name = &long_name;
	out[7].name = &root;
	out[7].at_ms = UINT64_MAX;
	return 8;
}

static void test_rows_come_back(void **state)
{
	(void)state;
	struct querylog_kept rows[8], got;
	struct querylog_reader r;
	size_t n = extremes(rows);
	querylog_block_begin(&block, 1000);
	for (size_t i = 0; i < n; i++)
		assert_true(querylog_block_add(&block, &rows[i]));
	size_t len = querylog_block_write(&block, bytes);
	assert_true(querylog_codec_open(bytes, len, &r));
	assert_true(querylog_codec_is_whole(bytes, &r.head));
	assert_int_equal(r.head.rows, n);
	assert_int_equal(r.head.min_ms, 0);
	assert_true(r.head.max_ms == UINT64_MAX);
	struct querylog_mark marks[8];
	for (size_t i = 0; i < n; i++) {
		marks[i] = r.mark;
		assert_true(querylog_codec_next(&r, &got));
		assert_int_equal(got.id, 1000 + i);
		expect_equal(&got, &rows[i]);
	}
	assert_false(querylog_codec_next(&r, &got));
	assert_false(r.is_bad);
	/* And from any place, backwards. */
	for (size_t i = n; i--;) {
		r.mark = marks[i];
		assert_true(querylog_codec_next(&r, &got));
		assert_int_equal(got.id, 1000 + i);
		expect_equal(&got, &rows[i]);
	}
}

static void test_a_full_block_takes_no_more(void **state)
{
	(void)state;
	struct querylog_reader r;
	struct querylog_kept got;
	unsigned n = 0, many = 0;
	querylog_block_begin(&block, 1);
	for (struct querylog_kept row = rows_make(0); querylog_block_add(&block, &row); n++)
		row = rows_make(n + 1);
	assert_in_range(n, 1000, QUERYLOG_ROWS);
	assert_true(querylog_codec_open(bytes, querylog_block_write(&block, bytes), &r));
	while (querylog_codec_next(&r, &got))
		many++;
	assert_int_equal(many, n);
	/* Small ones, up to the number of rows. */
	querylog_block_begin(&block, 1);
	struct querylog_kept row = rows_make(1);
	row.name = NULL;
	row.client_kind = CLIENT_WITHHELD;
	for (n = 0; querylog_block_add(&block, &row); n++)
		;
	assert_int_equal(n, QUERYLOG_ROWS);
	/* Words, too, find an end. */
	char words[300][16];
	querylog_block_begin(&block, 1);
	for (n = 0; n < 300; n++) {
		snprintf(words[n], sizeof words[n], "list%u", n);
		row.list = words[n];
		if (!querylog_block_add(&block, &row))
			break;
	}
	assert_int_equal(n, QUERYLOG_WORDS - 1); /* one is the group */
}

/* A word is known by where it lies, until it is told that another may lie there. */
static void test_words_change_places(void **state)
{
	(void)state;
	char word[16] = "first";
	struct querylog_reader r;
	struct querylog_kept row = rows_make(1), got;
	row.list = word;
	querylog_block_begin(&block, 1);
	assert_true(querylog_block_add(&block, &row));
	querylog_block_forget(&block);
	strcpy(word, "second");
	assert_true(querylog_block_add(&block, &row));
	row.list = "first";
	assert_true(querylog_block_add(&block, &row));
	assert_true(querylog_codec_open(bytes, querylog_block_write(&block, bytes), &r));
	assert_int_equal(r.word_count, 4); /* the group, and none */
	static const char *const want[] = {"first", "second", "first"};
	for (size_t i = 0; i < 3; i++) {
		assert_true(querylog_codec_next(&r, &got));
		assert_string_equal(got.list, want[i]);
		assert_string_equal(got.group, "default");
	}
}

/* No changed octet goes unnoticed, and none makes it read outside. */
static void test_any_damage_is_seen(void **state)
{
	(void)state;
	struct querylog_kept rows[8], got;
	struct querylog_head h;
	size_t n = extremes(rows);
	querylog_block_begin(&block, 1000);
	for (size_t i = 0; i < n; i++)
		querylog_block_add(&block, &rows[i]);
	size_t len = querylog_block_write(&block, bytes);
	uint8_t *copy = malloc(len);
	assert_non_null(copy);
	for (size_t at = 0; at < len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct querylog_reader r;
			memcpy(copy, bytes, len);
			copy[at] ^= (uint8_t)(1 << bit);
			bool is_head = querylog_codec_head(copy, &h) && h.bytes <= len;
			assert_false(is_head && querylog_codec_is_whole(copy, &h));
			if (querylog_codec_open(copy, len, &r))
				while (querylog_codec_next(&r, &got))
					;
		}
	for (size_t cut = 0; cut < len; cut++) {
		struct querylog_reader r;
		assert_false(querylog_codec_open(bytes, cut, &r));
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_come_back),
		cmocka_unit_test(test_a_full_block_takes_no_more),
		cmocka_unit_test(test_words_change_places),
		cmocka_unit_test(test_any_damage_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
