/* SPDX-License-Identifier: BSD-2-Clause
 * What lies over a generation: kept, shared, and found by hash and by address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "feeds/listdb/overlay.h"
#include "resolver/base/hash.h"

enum { SEED = 77, NS_SEED = 99 };

static struct rule name_rule(enum rule_trigger trigger, const char *text, bool is_below)
{
	struct rule r = {.trigger = (uint8_t)trigger, .verb = RULE_NODATA};
	struct dname d;
	if (dname_from_text(text, strlen(text), &d))
		fail_msg("not a name: %s", text);
	r.len = (uint8_t)dname_key(&d, r.key);
	r.is_self = !is_below;
	r.is_below = is_below;
	return r;
}

static struct rule prefix_rule(enum rule_trigger trigger, const char *text)
{
	struct rule r = {.trigger = (uint8_t)trigger, .verb = RULE_NXDOMAIN};
	assert_int_equal(addr_prefix_from_text(text, &r.prefix), 0);
	return r;
}

static uint64_t hash_of(const char *text, uint64_t hash)
{
	struct rule r = name_rule(RULE_NAME, text, false);
	for (size_t at = 0; at < r.len; at += (size_t)r.key[at] + 1)
		hash = hash_label(hash, r.key + at);
	return hash;
}

static void add(struct overlay *o, unsigned zone, struct rule r, bool is_gone)
{
	assert_int_equal(overlay_add(o, zone, &r, is_gone), 0);
}

static void rules_are_copied(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	assert_int_equal(overlay_zone(o, "one"), 0);
	assert_int_equal(overlay_zone(o, "two"), 1);
	assert_int_equal(overlay_zone(o, "one"), 0);
	assert_int_equal(overlay_zone_count(o), 2);
	assert_string_equal(overlay_zone_name(o, 1), "two");
	uint8_t about[] = {1, 0, 2, 0, 1};
	struct rule r = name_rule(RULE_NAME, "a.example", false);
	r.about = about;
	r.about_len = sizeof about;
	add(o, 1, r, false);
	memset(about, 0, sizeof about);
	const struct overlay_rule *got = overlay_at(o, 0);
	assert_int_equal(overlay_count(o), 1);
	assert_int_equal(got->zone, 1);
	assert_int_equal(got->rule.about_len, 5);
	assert_int_equal(got->rule.about[0], 1);
	r = (struct rule){.trigger = RULE_PATTERN};
	assert_int_equal(overlay_add(o, 1, &r, false), -EINVAL);
	r.trigger = RULE_NAME;
	assert_int_equal(overlay_add(o, 2, &r, false), -EINVAL);
	overlay_release(o);
	overlay_release(NULL);
}

static void limits_are_kept(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	char text[80];
	for (int i = 0; i < OVERLAY_ZONES_MAX; i++) {
		snprintf(text, sizeof text, "zone%d", i);
		assert_int_equal(overlay_zone(o, text), i);
	}
	assert_int_equal(overlay_zone(o, "one more"), CEN_ELIMIT);
	assert_int_equal(overlay_zone(o, "zone3"), 3);
	struct rule r = name_rule(RULE_NAME, "a.example", false);
	for (int i = 0; i < OVERLAY_OWNERS_MAX; i++)
		assert_int_equal(overlay_add(o, 0, &r, true), 0);
	assert_int_equal(overlay_add(o, 0, &r, true), CEN_ELIMIT);
	overlay_release(o);
}

static void names_are_found(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	unsigned one = (unsigned)overlay_zone(o, "one"), two = (unsigned)overlay_zone(o, "two");
	add(o, two, name_rule(RULE_NAME, "a.example", false), false);
	add(o, one, name_rule(RULE_NAME, "a.example", true), false);
	add(o, one, name_rule(RULE_NAME, "a.example", false), true);
	add(o, one, name_rule(RULE_NS_NAME, "ns.example", false), false);
	char text[64];
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "x%d.example", i);
		add(o, one, name_rule(RULE_NAME, text, false), false);
	}
	struct overlay_index *x = overlay_index_new(o, SEED, NS_SEED);
	assert_non_null(x);
	size_t n;
	const struct overlay_hit *hits = overlay_index_name(x, hash_of("a.example", SEED), &n);
	assert_int_equal(n, 3);
	assert_ptr_equal(hits[0].rule, overlay_at(o, 1));
	assert_ptr_equal(hits[1].rule, overlay_at(o, 2));
	assert_ptr_equal(hits[2].rule, overlay_at(o, 0));
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "x%d.example", i);
		hits = overlay_index_name(x, hash_of(text, SEED), &n);
		assert_int_equal(n, 1);
		assert_ptr_equal(hits->rule, overlay_at(o, (size_t)i + 4));
	}
	assert_null(overlay_index_name(x, hash_of("ns.example", SEED), &n));
	assert_non_null(overlay_index_name(x, hash_of("ns.example", NS_SEED), &n));
	assert_null(overlay_index_name(x, hash_of("b.example", SEED), &n));
	assert_int_equal(n, 0);

	uint64_t hash = hash_of("a.example", SEED);
	assert_true(overlay_index_has_name(x, hash, one, true));
	assert_true(overlay_index_has_name(x, hash, one, false));
	assert_true(overlay_index_has_name(x, hash, two, false));
	assert_false(overlay_index_has_name(x, hash, two, true));
	assert_true(overlay_index_has_trigger(x, RULE_NS_NAME));
	assert_false(overlay_index_has_trigger(x, RULE_ANSWER));
	overlay_index_free(x);
	overlay_release(o);
}

static void addresses_are_found(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	unsigned zone = (unsigned)overlay_zone(o, "one");
	add(o, zone, prefix_rule(RULE_ANSWER, "10.0.0.0/8"), false);
	add(o, zone, prefix_rule(RULE_ANSWER, "10.1.0.0/16"), true);
	add(o, zone, prefix_rule(RULE_ANSWER, "10.0.0.0/8"), false);
	add(o, zone, prefix_rule(RULE_ANSWER, "::/0"), false);
	add(o, zone, prefix_rule(RULE_CLIENT, "10.1.2.3"), false);
	struct overlay_index *x = overlay_index_new(o, SEED, NS_SEED);
	const struct overlay_rule *out[8];
	struct addr a;
	assert_int_equal(addr_from_text("10.1.2.3", &a), 0);
	assert_int_equal(overlay_index_address(x, RULE_ANSWER, &a, out, 8), 4);
	assert_ptr_equal(out[0], overlay_at(o, 1));
	assert_ptr_equal(out[1], overlay_at(o, 0));
	assert_ptr_equal(out[2], overlay_at(o, 2));
	assert_ptr_equal(out[3], overlay_at(o, 3));
	assert_int_equal(overlay_index_address(x, RULE_ANSWER, &a, out, 2), 2);
	assert_int_equal(overlay_index_address(x, RULE_CLIENT, &a, out, 8), 1);
	assert_int_equal(overlay_index_address(x, RULE_NS_ADDRESS, &a, out, 8), 0);
	struct rule r = prefix_rule(RULE_ANSWER, "10.0.0.0/8");
	assert_true(overlay_index_has_prefix(x, RULE_ANSWER, &r.prefix, zone));
	assert_false(overlay_index_has_prefix(x, RULE_ANSWER, &r.prefix, zone + 1));
	r = prefix_rule(RULE_ANSWER, "10.0.0.0/9");
	assert_false(overlay_index_has_prefix(x, RULE_ANSWER, &r.prefix, zone));
	overlay_index_free(x);
	overlay_release(o);
}

static void an_empty_one_finds_nothing(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	struct overlay_index *x = overlay_index_new(o, SEED, NS_SEED);
	const struct overlay_rule *out[1];
	struct addr a = {{0}};
	size_t n = 1;
	assert_non_null(x);
	assert_null(overlay_index_name(x, 0, &n));
	assert_int_equal(n, 0);
	assert_null(overlay_index_name(x, UINT64_MAX, &n));
	assert_null(overlay_index_name(NULL, 1, &n));
	assert_int_equal(overlay_index_address(x, RULE_ANSWER, &a, out, 1), 0);
	assert_int_equal(overlay_index_address(NULL, RULE_ANSWER, &a, out, 1), 0);
	assert_false(overlay_index_has_trigger(NULL, RULE_NAME));
	overlay_index_free(x);
	overlay_release(o);
}

static void *share_and_release(void *arg)
{
	for (int i = 0; i < 1000; i++)
		overlay_release(overlay_share(arg));
	overlay_release(arg);
	return NULL;
}

static void many_threads_share_it(void **state)
{
	(void)state;
	struct overlay *o = overlay_new();
	pthread_t threads[4];
	overlay_zone(o, "one");
	add(o, 0, name_rule(RULE_NAME, "a.example", false), false);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, share_and_release, overlay_share(o)), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(overlay_count(o), 1);
	overlay_release(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_copied),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(addresses_are_found),
		cmocka_unit_test(an_empty_one_finds_nothing),
		cmocka_unit_test(many_threads_share_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
