/* SPDX-License-Identifier: BSD-2-Clause
 * Configuration, generation and own rules joined: lists, groups, the table of overrides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/base/wire.h"
#include "tests/unit/view_harness.h"

static struct view_harness h;

static int start(void **state)
{
	(void)state;
	view_harness_start(&h);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	view_harness_finish(&h);
	return 0;
}

static uint64_t hash_of(const struct view *v, const char *text)
{
	struct dname n;
	uint8_t at[DNAME_LABELS_MAX];
	uint64_t hash = v->index.seed;
	assert_int_equal(dname_from_text(text, strlen(text), &n), 0);
	for (unsigned i = dname_offsets(&n, at); i--;)
		hash = hash_label(hash, n.bytes + at[i]);
	return hash;
}

/* The lists that hold exactly this name, as "self/below" in bits; "" when there are none. */
static const char *held(const struct view *v, const char *text)
{
	static char out[64];
	const struct listdb_set *s = view_find(v, hash_of(v, text));
	out[0] = 0;
	if (s)
		snprintf(out, sizeof out, "%llx/%llx", (unsigned long long)s->self.w[0],
			(unsigned long long)s->below.w[0]);
	return out;
}

/* --- own rules --------------------------------------------------------------------------------- */

static void test_without_anything(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(&h, "", NULL, 0);
	assert_int_equal(v->own.count + v->run_time.count, 0);
	assert_int_equal(v->group_count, 1);
	assert_string_equal(v->groups[0].name, "default");
	assert_string_equal(held(v, "a.example"), "");
	assert_null(v->denied_addresses);
	assert_true(v->lists[LISTDB_OWN_ALLOW].is_used && v->lists[LISTDB_OWN_DENY].is_used);
	assert_string_equal(v->lists[LISTDB_OWN_ALLOW].name, "own allow");
	assert_string_equal(v->lists[LISTDB_OWN_DENY].name, "own deny");
	assert_int_equal(v->lists[LISTDB_OWN_ALLOW].kind, LIST_ALLOW);
	assert_int_equal(v->lists[LISTDB_OWN_DENY].kind, LIST_DENY);
	assert_int_equal(v->lists[LISTDB_OWN_DENY].ede, EDE_FILTERED);
	for (unsigned bit = LISTDB_FIRST_LIST; bit < LISTDB_LISTS_MAX; bit++)
		assert_false(v->lists[bit].is_used);
	/* Two views have two seeds. */
	uint64_t seed = v->index.seed;
	v = view_harness_join(&h, "", NULL, 0);
	assert_true(v->index.seed != seed);
}

/* Bit 0 is own allow, bit 1 own deny. */
static void test_own_rules(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(&h,
		"allow: [a.example, =b.example, '*.c.example', both.example, =half.example]\n"
		"deny: [d.example, =e.example, '*.f.example', both.example, half.example]\n",
		NULL, 0);
	assert_int_equal(v->own.count, 8);
	assert_string_equal(held(v, "a.example"), "1/1");
	assert_string_equal(held(v, "b.example"), "1/0");
	assert_string_equal(held(v, "c.example"), "0/1");
	assert_string_equal(held(v, "d.example"), "2/2");
	assert_string_equal(held(v, "e.example"), "2/0");
	assert_string_equal(held(v, "f.example"), "0/2");
	/* On the very same name own allow is the stronger one; where it says nothing, deny stays. */
	assert_string_equal(held(v, "both.example"), "1/1");
	assert_string_equal(held(v, "half.example"), "1/2");
	assert_string_equal(held(v, "www.a.example"), "");
	assert_string_equal(held(v, "example"), "");
}

static void test_run_time_rules_are_the_last_word(void **state)
{
	(void)state;
	view_harness_set(&h, "deny a.example");
	view_harness_set(&h, "allow =d.example");
	view_harness_set(&h, "allow new.example");
	view_harness_set(&h, "deny =new.example");
	const struct view *v =
		view_harness_join(&h, "allow: [a.example]\ndeny: [d.example]\n", NULL, 0);
	assert_string_equal(held(v, "a.example"), "2/2");
	assert_string_equal(held(v, "d.example"), "1/2");
	assert_string_equal(held(v, "new.example"), "2/1");
	/* Taken back, the file's word stands again. */
	h.rules.count = 0;
	v = view_harness_join(&h, "allow: [a.example]\ndeny: [d.example]\n", NULL, 0);
	assert_string_equal(held(v, "a.example"), "1/1");
	assert_string_equal(held(v, "d.example"), "2/2");
	assert_string_equal(held(v, "new.example"), "");
}

/* So many that slots are shared: every one is found, nothing else is, and a search always ends. */
static void test_many_own_rules(void **state)
{
	(void)state;
	static const unsigned sizes[] = {1, 7, 8, 9, 1000, 5000, 16384};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		unsigned n = sizes[i], probes = 0;
		h.rules.count = 0;
		for (unsigned k = 0; k < n; k++) {
			char line[64];
			snprintf(line, sizeof line, "%s n%u.example", k % 3 ? "deny" : "allow", k);
			view_harness_set(&h, line);
		}
		const struct view *v = view_harness_join(&h, "", NULL, 0);
		assert_int_equal(v->run_time.count, n);
		assert_true(n * 2 <= v->run_time.mask + 1);
		for (unsigned k = 0; k < n; k++) {
			char name[32];
			snprintf(name, sizeof name, "n%u.example", k);
			assert_string_equal(held(v, name), k % 3 ? "2/2" : "1/1");
			uint64_t hash = hash_of(v, name);
			probes += v->run_time.slots[hash & v->run_time.mask].hash != hash;
			snprintf(name, sizeof name, "m%u.example", k);
			assert_string_equal(held(v, name), "");
		}
		if (n >= 1000)
			assert_true(probes > n / 50);
	}
}

/* Names whose hashes share their low bits stand one behind the other, over the table's end, too. */
static void test_probing_wraps(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 8; k++) {
		char line[64];
		snprintf(line, sizeof line, "deny n%u.example", k);
		view_harness_set(&h, line);
	}
	struct view *v = view_harness_join(&h, "", NULL, 0);
	uint32_t slots = v->run_time.mask + 1;
	assert_int_equal(slots, 16);
	memset(v->run_time.slots, 0, slots * sizeof *v->run_time.slots);
	for (unsigned k = 0; k < 8; k++) { /* all at home in slot 14 */
		struct view_override *o = &v->run_time.slots[(14 + k) % slots];
		o->hash = (uint64_t)(k + 1) << 32 | 14;
		o->set.self.w[0] = k;
	}
	for (unsigned k = 0; k < 8; k++) {
		const struct listdb_set *s = view_find(v, (uint64_t)(k + 1) << 32 | 14);
		assert_non_null(s);
		assert_int_equal(s->self.w[0], k);
	}
	assert_null(view_find(v, (uint64_t)9 << 32 | 14));
	assert_null(view_find(v, (uint64_t)1 << 32 | 5));
}

/* --- with a generation ------------------------------------------------------------------------- */

#define LISTS \
	"lists:\n" \
	"  - {name: one, source: /x, kind: deny, category: botnet, action: nxdomain}\n" \
	"  - {name: two, source: /x, kind: deny}\n" \
	"  - {name: good, source: /x, kind: allow}\n" \
	"  - {name: watch, source: /x, kind: deny, mode: monitor}\n" \
	"  - {name: off, source: /x, kind: deny, mode: 'off'}\n" \
	"  - {name: not-built-yet, source: /x, kind: deny}\n"

/* In another order than the file's, and with one that is not configured any more. */
static const struct view_harness_list built[] = {
	{"gone", "gone.example"},
	{"watch", "w.example"},
	{"two", "a.example b.example"},
	{"one", "a.example =c.example"},
	{"off", "o.example a.example"},
	{"good", "*.g.example"},
};
enum { BUILT = 6, GONE = LISTDB_FIRST_LIST, WATCH, TWO, ONE, OFF, GOOD };

static void test_lists(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(
		&h, LISTS "sinkhole: {action: address, addresses: [192.0.2.1]}\n", built, BUILT);
	const struct view_list *l = v->lists;
	assert_string_equal(l[ONE].name, "one");
	assert_string_equal(l[ONE].ede_text, "one (botnet)");
	assert_string_equal(l[ONE].category, "botnet");
	assert_int_equal(l[ONE].action, SINK_NXDOMAIN);
	assert_int_equal(l[ONE].ede, EDE_BLOCKED);
	assert_string_equal(l[TWO].ede_text, "two");
	assert_string_equal(l[TWO].category, "");
	assert_int_equal(l[TWO].action, SINK_ADDRESS); /* what sinkhole.action says */
	assert_int_equal(l[GOOD].kind, LIST_ALLOW);
	assert_int_equal(l[WATCH].mode, LIST_MODE_MONITOR);
	assert_true(l[ONE].is_used && l[TWO].is_used && l[GOOD].is_used && l[WATCH].is_used);
	assert_false(l[GONE].is_used || l[OFF].is_used || l[GOOD + 1].is_used);
	assert_string_equal(l[GONE].name, "gone");
	for (unsigned bit = 0; bit < LISTDB_LISTS_MAX; bit++)
		assert_int_not_equal(l[bit].is_used && l[bit].action == SINK_DEFAULT, 1);
}

static void test_longest_texts(void **state)
{
	(void)state;
	char name[64], category[64], text[512];
	memset(name, 'n', 63);
	memset(category, 'c', 63);
	name[63] = category[63] = 0;
	snprintf(text, sizeof text, "lists: [{name: %s, source: /x, kind: deny, category: %s}]\n",
		name, category);
	const struct view_harness_list lists[] = {{name, "a.example"}};
	const struct view *v = view_harness_join(&h, text, lists, 1);
	const char *ede = v->lists[LISTDB_FIRST_LIST].ede_text;
	assert_string_equal(v->lists[LISTDB_FIRST_LIST].name, name);
	assert_memory_equal(ede, name, 63);
	assert_string_equal(ede + 63, " (cccccccccccccccccccccccc)");
}

static void assert_mask(const struct listdb_bits *is, uint64_t wanted)
{
	assert_int_equal(is->w[0], wanted);
	assert_int_equal(is->w[1] | is->w[2] | is->w[3], 0);
}

#define BIT(n) ((uint64_t)1 << (n))

static void test_groups(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(&h,
		LISTS "groups:\n"
		      "  - {name: children, clients: [192.168.1.0/24, '2001:db8::/32'], lists: "
		      "[one, watch]}\n"
		      "  - {name: free, clients: [192.168.1.7, 192.168.2.0/24], lists: []}\n",
		built, BUILT);
	assert_int_equal(v->group_count, 3);
	assert_string_equal(v->groups[0].name, "default");
	assert_mask(&v->groups[0].allow, BIT(LISTDB_OWN_ALLOW) | BIT(GOOD));
	assert_mask(&v->groups[0].deny, BIT(LISTDB_OWN_DENY) | BIT(ONE) | BIT(TWO));
	assert_mask(&v->groups[0].monitor, BIT(WATCH));
	assert_mask(&v->groups[0].any, 3 | BIT(ONE) | BIT(TWO) | BIT(GOOD) | BIT(WATCH));
	assert_string_equal(v->groups[1].name, "children");
	assert_mask(&v->groups[1].allow, BIT(LISTDB_OWN_ALLOW));
	assert_mask(&v->groups[1].deny, BIT(LISTDB_OWN_DENY) | BIT(ONE));
	assert_mask(&v->groups[1].monitor, BIT(WATCH));
	/* Own rules are for everyone. */
	assert_string_equal(v->groups[2].name, "free");
	assert_mask(&v->groups[2].any, 3);
	static const struct {
		const char *client;
		uint32_t group;
	} clients[] = {{"192.168.1.6", 1}, {"192.168.1.7", 2}, {"192.168.2.255", 2},
		{"192.168.3.1", 0}, {"2001:db8:ffff::1", 1}, {"2001:db9::1", 0}, {"::1", 0}};
	for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
		struct addr a;
		assert_int_equal(addr_from_text(clients[i].client, &a), 0);
		assert_int_equal(addr_table_find(v->group_of_client, &a, 0), clients[i].group);
	}
}

static void test_default_group_may_be_named(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(&h,
		LISTS "groups:\n"
		      "  - {name: all, clients: [10.0.0.0/8], lists: [one, two]}\n"
		      "  - {name: default, clients: [10.0.0.5], lists: [good]}\n",
		built, BUILT);
	assert_int_equal(v->group_count, 2);
	assert_string_equal(v->groups[0].name, "default");
	assert_mask(&v->groups[0].any, 3 | BIT(GOOD));
	assert_string_equal(v->groups[1].name, "all");
	assert_mask(&v->groups[1].any, 3 | BIT(ONE) | BIT(TWO));
	/* A client that it names is an exception from the wider prefix of another. */
	struct addr a;
	assert_int_equal(addr_from_text("10.0.0.6", &a), 0);
	assert_int_equal(addr_table_find(v->group_of_client, &a, 7), 1);
	assert_int_equal(addr_from_text("10.0.0.5", &a), 0);
	assert_int_equal(addr_table_find(v->group_of_client, &a, 7), 0);
}

/* The overlay holds the whole set of its names: what lists say is not lost, nor changed for others. */
static void test_overrides_of_a_generation(void **state)
{
	(void)state;
	view_harness_set(&h, "deny =b.example");
	const struct view *v = view_harness_join(&h,
		LISTS "allow: [a.example]\ndeny: [c.example, =a.example, new.example]\n", built,
		BUILT);
	unsigned long long a = BIT(TWO) | BIT(ONE) | BIT(OFF), b = BIT(TWO), c = BIT(ONE);
	char wanted[64];
	snprintf(wanted, sizeof wanted, "%llx/%llx", a | 1, a | 1);
	assert_string_equal(held(v, "a.example"), wanted);
	snprintf(wanted, sizeof wanted, "%llx/%llx", b | 2, b);
	assert_string_equal(held(v, "b.example"), wanted);
	snprintf(wanted, sizeof wanted, "%llx/2", c | 2);
	assert_string_equal(held(v, "c.example"), wanted);
	assert_string_equal(held(v, "new.example"), "2/2");
	snprintf(wanted, sizeof wanted, "0/%llx", (unsigned long long)BIT(GOOD));
	assert_string_equal(held(v, "g.example"), wanted);
	assert_string_equal(held(v, "absent.example"), "");
}

/* The most lists there can be: the last bit is the last list's. */
static void test_all_bits(void **state)
{
	(void)state;
	enum { LISTS_MAX = LISTDB_LISTS_MAX - LISTDB_FIRST_LIST };
	static struct view_harness_list lists[LISTS_MAX];
	static char names[LISTS_MAX][16], text[LISTS_MAX * 64];
	size_t n = (size_t)snprintf(text, sizeof text, "lists:\n");
	for (unsigned i = 0; i < LISTS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "list%u", i);
		lists[i] = (struct view_harness_list){
			names[i], i + 1 == LISTS_MAX ? "z.example" : "a.example"};
		if (i < CONFIG_LISTS_GIVEN_MAX)
			n += (size_t)snprintf(text + n, sizeof text - n,
				"  - {name: list%u, source: /x, kind: deny}\n", i);
	}
	const struct view *v = view_harness_join(&h, text, lists, LISTS_MAX);
	assert_string_equal(v->lists[LISTDB_LISTS_MAX - 1].name, "list253");
	assert_false(v->lists[LISTDB_LISTS_MAX - 1].is_used);
	assert_true(listdb_bits_test(
		&v->groups[0].deny, LISTDB_FIRST_LIST + CONFIG_LISTS_GIVEN_MAX - 1));
	assert_false(listdb_bits_test(&v->groups[0].deny, LISTDB_LISTS_MAX - 1));
	const struct listdb_set *s = view_find(v, hash_of(v, "z.example"));
	assert_non_null(s);
	assert_true(s->self.w[3] == (uint64_t)1 << 63 && !s->self.w[0]);
}

/* --- the rest ---------------------------------------------------------------------------------- */

static void test_access_and_denied_addresses(void **state)
{
	(void)state;
	const struct view *v = view_harness_join(
		&h, "access: [10.0.0.0/8, '::1']\ndeny_addresses: [203.0.113.0/24]\n", NULL, 0);
	struct addr a;
	assert_int_equal(addr_from_text("10.255.0.1", &a), 0);
	assert_int_equal(addr_table_find(v->access, &a, 0), 1);
	assert_int_equal(addr_from_text("11.0.0.1", &a), 0);
	assert_int_equal(addr_table_find(v->access, &a, 0), 0);
	assert_non_null(v->denied_addresses);
	assert_int_equal(addr_from_text("203.0.113.9", &a), 0);
	assert_int_equal(addr_table_find(v->denied_addresses, &a, 0), 1);
}

/* Own rules change, the configuration does not: its local records go from view to view, and are freed once. */
static void test_local_records_are_handed_over(void **state)
{
	(void)state;
	struct view *next = NULL, *last = NULL;
	struct err why;
	struct view *v =
		view_harness_join(&h, "records: ['a.example. 300 IN A 192.0.2.1']\n", NULL, 0);
	assert_int_equal(view_new(2, &(struct view_parts){.config = h.config}, v, &next, &why), 0);
	assert_ptr_equal(next->local, v->local);
	view_hand_over(v, next);
	assert_null(v->local);
	assert_int_equal(
		view_new(3, &(struct view_parts){.config = h.config}, NULL, &last, &why), 0);
	assert_ptr_not_equal(last->local, next->local);
	view_hand_over(next, last);
	assert_non_null(next->local);
	view_free(next);
	view_free(last);
	view_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_without_anything),
		TEST(test_own_rules),
		TEST(test_run_time_rules_are_the_last_word),
		TEST(test_many_own_rules),
		TEST(test_probing_wraps),
		TEST(test_lists),
		TEST(test_longest_texts),
		TEST(test_groups),
		TEST(test_default_group_may_be_named),
		TEST(test_overrides_of_a_generation),
		TEST(test_all_bits),
		TEST(test_access_and_denied_addresses),
		TEST(test_local_records_are_handed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
