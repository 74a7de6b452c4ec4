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
#include "dga/dga_shape.h"
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

/* Every place is within its table, whatever the label. */
static void places_are_within_their_tables(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		struct features_walk w = FEATURES_WALK;
		for (unsigned i = 0; i < DNAME_LABEL_MAX; i++) {
			unsigned symbol = features_symbol((uint8_t)(first + i * 7));
			assert_in_range(symbol, 1, FEATURES_OTHER);
			features_next(&w, symbol);
			features_next_class(&w, symbol);
			assert_in_range(w.pair, 0, FEATURES_PAIRS - 1);
			assert_in_range(w.triple, 0, FEATURES_TRIPLES - 1);
			assert_in_range(w.classes, 1, FEATURES_CLASSES - 1);
			assert_in_range(features_quad(&w, 8), 0, 255);
			assert_in_range(features_quint(&w, 8), 0, 255);
		}
		features_next(&w, FEATURES_EDGE);
		assert_in_range(w.triple, 0, FEATURES_TRIPLES - 1);
	}
	for (uint32_t hash = 0; hash < 100; hash++) {
		assert_in_range(features_top(UINT32_MAX - hash), 0, FEATURES_TOPS - 1);
		assert_in_range(features_top_length(hash * 0x9e3779b1u, 63 - hash % 60), 0,
			FEATURES_TOP_LENGTHS - 1);
	}
}

static void every_octet_has_a_symbol_and_its_class(void **state)
{
	(void)state;
	static const char text[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	unsigned others = 0;
	for (unsigned c = 0; c < 256; c++) {
		unsigned symbol = features_symbol((uint8_t)c);
		const char *at = c ? strchr(text, (int)c) : NULL;
		assert_int_equal(symbol, at ? at - text + 1 : FEATURES_OTHER);
		assert_int_equal(features_kind((uint8_t)c) >> 6, features_class(symbol));
		others += symbol == FEATURES_OTHER;
	}
	assert_int_equal(others, 256 - 37);
}

static void windows_tell_their_length(void **state)
{
	(void)state;
	struct features_walk w = FEATURES_WALK;
	static const uint32_t wanted[] = {4, 17, 70, 283};
	static const char text[] = "ba1-";
	for (unsigned i = 0; i < 4; i++) {
		features_next_class(&w, features_symbol((uint8_t)text[i]));
		assert_int_equal(w.classes, wanted[i]);
	}
}

static void shapes_have_classes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum dga_class class;
	} labels[] = {{"0a1b2c3d4e5f", DGA_HASH}, {"xk3q9zt7w1m8p4vh", DGA_HASH},
		{"xjqwzvkhtrpbdmfl", DGA_RANDOM}, {"onlinebookstore", DGA_WORDS},
		{"rutovikeda", DGA_WORDS}};
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		struct label l = {.bytes = (const uint8_t *)labels[i].text,
			.len = (uint8_t)strlen(labels[i].text),
			.top = (const uint8_t *)"\3com"};
		struct dga_judgement j;
		dga_judge(model, &l, &j);
		enum dga_class class = dga_shape(model, &l, &j);
		if (class != labels[i].class)
			fail_msg("%s: %s", labels[i].text, dga_class_name(class));
		/* The same where trees were not asked, and so words not looked for. */
		j = (struct dga_judgement){.curve = DGA_CURVE_LINEAR};
		assert_int_equal(dga_shape(model, &l, &j), class);
	}
}

static void a_score_is_explained(void **state)
{
	(void)state;
	struct dname name;
	struct dga_explanation e;
	bool has_length = false, has_top = false, has_shape = false;
	assert_int_equal(dname_from_text("www.xjqwzvkhtrpbdmfl.com", 24, &name), 0);
	dga_explain(model, &name, &e);
	assert_string_equal(e.label, "xjqwzvkhtrpbdmfl");
	assert_null(e.why_not);
	assert_int_equal(e.verdict.score, judge("xjqwzvkhtrpbdmfl.com").score);
	assert_int_equal(e.verdict.class, DGA_RANDOM);
	assert_in_range(e.part_count, 5, DGA_PARTS_MAX);
	for (size_t i = 0; i < e.part_count; i++) {
		if (i)
			assert_true(abs(e.parts[i - 1].milli) >= abs(e.parts[i].milli));
		has_length |= !strcmp(e.parts[i].text, "length 16");
		has_top |= !strcmp(e.parts[i].text, "top-level domain com");
		has_shape |= !strcmp(e.parts[i].text, "shape");
		if (!e.parts[i].is_fact && e.parts[i].text[0] != '^')
			assert_non_null(strstr("^xjqwzvkhtrpbdmfl$", e.parts[i].text));
	}
	assert_true(has_shape && (has_length || has_top));
	assert_int_equal(dname_from_text("abc.com", 7, &name), 0);
	dga_explain(model, &name, &e);
	assert_non_null(e.why_not);
	assert_int_equal(e.part_count, 0);
	assert_string_equal(e.label, "");
	assert_int_equal(e.verdict.class, DGA_NONE);
}

/* The rarer a benign name may be over it, the higher the threshold; the score does not change. */
static void the_threshold_is_looked_up(void **state)
{
	(void)state;
	int32_t last = INT32_MIN;
	struct dname name;
	assert_int_equal(dname_from_text("xjqwzvkhtrpbdmfl.com", 20, &name), 0);
	static const double rates[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		struct dga *d;
		struct dga_verdict v;
		const struct dga_options as = {.popular = "", .threshold = rates[i]};
		assert_int_equal(dga_open(&as, &d, NULL), 0);
		assert_true(dga_threshold(d) > last);
		last = dga_threshold(d);
		dga_score(d, &name, &v);
		assert_int_equal(v.score, judge("xjqwzvkhtrpbdmfl.com").score);
		assert_int_equal(v.class != DGA_NONE, v.score > last);
		dga_close(d);
	}
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
		assert_in_range(v.score + DGA_SCORE_MAX, 0, 2 * DGA_SCORE_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_names_are_no_suspects),
		cmocka_unit_test(random_letters_are_suspects),
		cmocka_unit_test(what_cannot_be_judged_scores_nothing),
		cmocka_unit_test(names_below_change_nothing),
		cmocka_unit_test(places_are_within_their_tables),
		cmocka_unit_test(every_octet_has_a_symbol_and_its_class),
		cmocka_unit_test(windows_tell_their_length),
		cmocka_unit_test(shapes_have_classes),
		cmocka_unit_test(a_score_is_explained),
		cmocka_unit_test(the_threshold_is_looked_up),
		cmocka_unit_test(any_octets_have_a_score),
	};
	return cmocka_run_group_tests(tests, open_model, close_model);
}
