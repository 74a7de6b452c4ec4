/* SPDX-License-Identifier: BSD-2-Clause
 * The built-in model's verdicts on names made up here, and what every model keeps to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dga/dga_model.h"
#include "dga/features.h"

static struct dga *model;

static int open_model(void **state)
{
	(void)state;
	return dga_open(
		&(const struct dga_options){.model = NULL, .threshold = 1e-4}, &model, NULL);
}

static int close_model(void **state)
{
	(void)state;
	dga_close(model);
	return 0;
}

static struct dga_verdict judge(const char *text)
{
	struct dname name;
	struct dga_verdict v = {.score = 12345};
	if (dname_from_text(text, strlen(text), &name))
		fail_msg("not a name: %s", text);
	dga_score(model, &name, &v);
	return v;
}

static void real_names_are_no_suspects(void **state)
{
	(void)state;
	static const char *const names[] = {"wikipedia.org", "www.debian.org", "netflix.com",
		"stackoverflow.com", "bundestag.de", "openstreetmap.org", "www.nytimes.com",
		"isc.sans.edu", "rijksoverheid.nl", "kubernetes.io",
		"d111111abcdef8.cloudfront.net", "r3---sn-4g5e6nsz.googlevideo.com",
		"0.0.0.0.example.org"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct dga_verdict v = judge(names[i]);
		if (v.class != DGA_NONE || v.score > dga_threshold(model) / 2)
			fail_msg("%s: %d", names[i], (int)v.score);
	}
}

static void random_letters_are_suspects(void **state)
{
	(void)state;
	static const char *const names[] = {"xjqwzvkhtrpbdmfl.com", "qvbzxtkwpjmrhd.ru",
		"wdkqjvhzxrtbpnmg.biz", "kqxhzvwjtbprdmfgcnl.info", "hzqkvxwjbtrpmd.ddns.net"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct dga_verdict v = judge(names[i]);
		if (v.class != DGA_RANDOM || v.score <= dga_threshold(model))
			fail_msg("%s: %d", names[i], (int)v.score);
	}
	assert_string_equal(dga_class_name(DGA_RANDOM), "random");
	assert_string_equal(dga_class_name(DGA_NONE), "none");
}

static void what_cannot_be_judged_scores_nothing(void **state)
{
	(void)state;
	static const char *const names[] = {".", "com", "xkqzv.com", "xjqwzvkhtrpbdmfl",
		"xn--xkqzvwjtbpr.com", "4.3.2.1.in-addr.arpa"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct dga_verdict v = judge(names[i]);
		if (v.class != DGA_NONE || v.score)
			fail_msg("%s: %d", names[i], (int)v.score);
	}
}

static void names_below_change_nothing(void **state)
{
	(void)state;
	int32_t score = judge("xjqwzvkhtrpbdmfl.com").score;
	assert_int_not_equal(score, 0);
	assert_int_equal(judge("www.xjqwzvkhtrpbdmfl.com").score, score);
	assert_int_equal(judge("a.b.c.d.XJQWZVKHTRPBDMFL.com").score, score);
	assert_int_not_equal(judge("xjqwzvkhtrpbdmfl.ru").score, score);
}

/* Two labels that differ anywhere have different features, and no label has more than the array holds. */
static void features_fit_and_differ(void **state)
{
	(void)state;
	static uint32_t at[FEATURES_MAX], other[FEATURES_MAX];
	uint8_t bytes[DNAME_LABEL_MAX];
	static const uint8_t top[] = "\3com";
	for (unsigned len = 1; len <= DNAME_LABEL_MAX; len++) {
		memset(bytes, 'a', sizeof bytes);
		struct label l = {.bytes = bytes, .len = (uint8_t)len, .top = top};
		unsigned n = features_of(&l, DGA_MODEL_BITS_MAX, at);
		assert_in_range(n, 1, FEATURES_MAX);
		for (unsigned i = 0; i < n; i++)
			assert_in_range(at[i], 0, (1 << DGA_MODEL_BITS_MAX) - 1);
		for (unsigned i = 0; i < len; i++) {
			bytes[i] = 'b';
			unsigned m = features_of(&l, DGA_MODEL_BITS_MAX, other);
			assert_int_equal(m, n);
			assert_memory_not_equal(at, other, n * sizeof *at);
			bytes[i] = 'a';
		}
	}
	struct label l = {.bytes = bytes, .len = DNAME_LABEL_MAX, .top = top};
	assert_int_equal(features_of(&l, DGA_MODEL_BITS_MAX, at), 551);
}

static void any_octets_have_a_score(void **state)
{
	(void)state;
	struct dname name;
	struct dga_verdict v;
	uint8_t wire[DNAME_MAX] = {63};
	for (unsigned c = 0; c < 256; c++) {
		memset(wire + 1, (int)c, 63);
		memcpy(wire + 64, "\3com", 5);
		assert_int_equal(dname_from_wire(wire, sizeof wire, &name), 69);
		dga_score(model, &name, &v);
		assert_in_range(v.score + 1000000, 0, 2000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_names_are_no_suspects),
		cmocka_unit_test(random_letters_are_suspects),
		cmocka_unit_test(what_cannot_be_judged_scores_nothing),
		cmocka_unit_test(names_below_change_nothing),
		cmocka_unit_test(features_fit_and_differ),
		cmocka_unit_test(any_octets_have_a_score),
	};
	return cmocka_run_group_tests(tests, open_model, close_model);
}
