/* SPDX-License-Identifier: BSD-2-Clause
 * Cases and clients come back from their octets as they were; other octets are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/evidence_codec.h"
#include "resolver/evidence/sprt.h"

static uint8_t room[CODEC_CASE_MAX];

static struct case_line line_of(unsigned i)
{
	struct case_line l = {.at_ms = 1700000000000 + i,
		.kind = EVIDENCE_NXDOMAIN,
		.class = DGA_HASH,
		.qtype = 28,
		.score = -1,
		.llr = -683};
	char text[64];
	int n = snprintf(text, sizeof text, "name%u\\000.example", i);
	assert_int_equal(dname_from_text(text, (size_t)n, &l.name), 0);
	return l;
}

/* With every field at its limit. */
static void fill(struct evidence_case *c)
{
	memset(c, 0, sizeof *c);
	c->id = UINT64_MAX;
	memset(c->client.bytes, 0xfe, sizeof c->client.bytes);
	c->client_bits = 128;
	c->state = CASE_FALSE_POSITIVE;
	c->first_ms = c->last_ms = c->opened_ms = c->changed_ms = UINT64_MAX;
	c->sum = -SPRT_SUM_MAX;
	c->evidence_count = c->sinkholed_count = c->knock_total = c->unsealed_count = UINT32_MAX;
	c->unsealed_ms = UINT64_MAX;
	c->family_count = CASE_FAMILIES_MAX;
	c->line_count = CASE_LINES_MAX;
	c->knock_count = CASE_KNOCKS_MAX;
	memset(c->note, 'n', sizeof c->note - 1);
	for (unsigned i = 0; i < CASE_FAMILIES_MAX; i++)
		memset(c->families[i], 'a' + (int)i, CASE_FAMILY_TEXT - 1);
	for (unsigned i = 0; i < CASE_LINES_MAX; i++)
		c->lines[i] = line_of(i);
	for (unsigned i = 0; i < CASE_KNOCKS_MAX; i++) {
		struct knock *k = &c->knocks[i];
		k->at_ms = i;
		k->from.port = 65535;
		k->is_udp = i & 1;
		k->kind = KNOCK_OTHER;
		memset(k->request_line, 'r', sizeof k->request_line - 1);
		memset(k->host, 'h', sizeof k->host - 1);
		memset(k->user_agent, 'u', sizeof k->user_agent - 1);
		memset(k->sni, 's', sizeof k->sni - 1);
		memset(k->ja3, '3', sizeof k->ja3 - 1);
		memset(k->ja4, '4', sizeof k->ja4 - 1);
		k->head_len = KNOCK_HEAD_MAX;
		memset(k->head, 0xff, sizeof k->head);
	}
}

static void test_cases_come_back(void **state)
{
	(void)state;
	static struct evidence_case full, empty, back;
	fill(&full);
	size_t n = evidence_codec_case(&full, room);
	assert_in_range(n, 10000, CODEC_CASE_MAX);
	assert_true(evidence_codec_read_case(room, n, &back));
	assert_memory_equal(
		&back.lines[7].name.bytes, &full.lines[7].name.bytes, full.lines[7].name.len);
	assert_string_equal(back.note, full.note);
	assert_string_equal(back.knocks[7].ja4, full.knocks[7].ja4);
	assert_int_equal(back.sum, -SPRT_SUM_MAX);
	assert_int_equal(back.unsealed_count, UINT32_MAX);
	assert_int_equal(back.unsealed_ms, UINT64_MAX);
	assert_int_equal(back.lines[3].llr, -683);
	assert_int_equal(back.lines[3].score, -1);
	assert_int_equal(back.knocks[0].from.port, 65535);
	static uint8_t again[CODEC_CASE_MAX];
	assert_int_equal(evidence_codec_case(&back, again), n);
	assert_memory_equal(room, again, n);
	empty.id = 1;
	n = evidence_codec_case(&empty, room);
	assert_true(evidence_codec_read_case(room, n, &back));
	assert_int_equal(back.id, 1);
}

static void test_a_cut_case_is_none(void **state)
{
	(void)state;
	static struct evidence_case full, back;
	fill(&full);
	size_t n = evidence_codec_case(&full, room);
	/* What comes last is only where a case was unsealed: a case from before ends there. */
	size_t plain = n - sizeof full.unsealed_count - sizeof full.unsealed_ms;
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(evidence_codec_read_case(room, cut, &back), cut == plain);
	assert_int_equal(back.unsealed_count, 0);
	back.id = 0;
	for (size_t cut = 0; cut < plain; cut++)
		assert_false(evidence_codec_read_case(room, cut, &back));
	assert_false(evidence_codec_read_case(room, n + 1, &back));
	assert_int_equal(back.id, 0);
}

static void test_clients_come_back(void **state)
{
	(void)state;
	struct codec_client c = {.last_s = UINT32_MAX,
				    .seen_since_s = 1,
				    .sum = -4605,
				    .counted = 100,
				    .line_count = CODEC_LINES_MAX},
			    back;
	for (unsigned i = 0; i < CLIENTS_SEEN_WORDS; i++)
		c.seen[i] = UINT64_MAX - i;
	for (unsigned i = 0; i < CODEC_LINES_MAX; i++)
		c.lines[i] = line_of(i);
	size_t n = evidence_codec_client(&c, room);
	assert_true(n > 0);
	assert_true(evidence_codec_read_client(room, n, &back));
	assert_int_equal(back.sum, -4605);
	assert_int_equal(back.counted, 100);
	assert_int_equal(back.seen[3], UINT64_MAX - 3);
	assert_true(dname_equal(&back.lines[5].name, &c.lines[5].name));
	for (size_t cut = 0; cut < n; cut++)
		assert_false(evidence_codec_read_client(room, cut, &back));
	/* A count beyond what there is room for. */
	room[4 + 4 + 4 + 1 + 64] = CODEC_LINES_MAX + 1;
	assert_false(evidence_codec_read_client(room, n, &back));
}

/* What the test adds to a sum must not leave an int32_t, whatever a damaged file says. */
static void test_a_sum_out_of_range_is_none(void **state)
{
	(void)state;
	static struct evidence_case c, back;
	static struct codec_client client, client_back;
	enum { CASE_SUM_AT = 8 + 16 + 1 + 1 + 4 * 8, CLIENT_SUM_AT = 4 + 4 };
	c.id = 1;
	size_t n = evidence_codec_case(&c, room);
	assert_true(evidence_codec_read_case(room, n, &back));
	room[CASE_SUM_AT] = 0x7f;
	assert_false(evidence_codec_read_case(room, n, &back));
	n = evidence_codec_client(&client, room);
	assert_true(evidence_codec_read_client(room, n, &client_back));
	room[CLIENT_SUM_AT] = 0x80;
	assert_false(evidence_codec_read_client(room, n, &client_back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases_come_back),
		cmocka_unit_test(test_a_cut_case_is_none), cmocka_unit_test(test_clients_come_back),
		cmocka_unit_test(test_a_sum_out_of_range_is_none)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
