/* SPDX-License-Identifier: BSD-2-Clause
 * Rules that a bit does not say all of: from the build to what the query path reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/listdb/build.h"
#include "feeds/listdb/detail.h"
#include "feeds/listdb/listdb.h"
#include "feeds/listdb/listdb_file.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	struct build *build;
	struct listdb *db;
	const struct listdb_index *x;
};

static void new_build(struct test *t, uint64_t memory_bytes)
{
	struct build_options options = {
		.folder = t->folder.path, .run_keys = 1000, .memory_bytes = memory_bytes};
	build_free(t->build);
	assert_int_equal(build_new(&options, &t->build, NULL), 0);
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	new_build(t, 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	listdb_close(t->db);
	build_free(t->build);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static struct dname name_of(const char *text)
{
	struct dname d;
	if (dname_from_text(text, strlen(text), &d))
		fail_msg("not a name: %s", text);
	return d;
}

static struct rule rule_of(enum rule_trigger trigger, const char *text, enum rule_verb verb)
{
	struct rule r = {.trigger = (uint8_t)trigger, .verb = (uint8_t)verb};
	if (trigger == RULE_NAME || trigger == RULE_NS_NAME) {
		r.is_self = strncmp(text, "*.", 2) != 0;
		r.is_below = !r.is_self;
		struct dname d = name_of(r.is_self ? text : text + 2);
		r.len = (uint8_t)dname_key(&d, r.key);
		r.labels = d.labels;
	} else if (trigger == RULE_PATTERN) {
		r.pattern = text;
		r.pattern_len = (uint16_t)strlen(text);
	} else {
		assert_int_equal(addr_prefix_from_text(text, &r.prefix), 0);
	}
	return r;
}

static void add_rule(struct test *t, const struct rule *r)
{
	struct err why = {""};
	if (build_add(t->build, r, &why))
		fail_msg("%s", why.text);
}

static void add(struct test *t, enum rule_trigger trigger, const char *text, enum rule_verb verb)
{
	struct rule r = rule_of(trigger, text, verb);
	add_rule(t, &r);
}

/* RULE_DATA with one address, under a condition when `type` is not 0. */
static void add_data(struct test *t, const char *text, uint8_t last, uint16_t type)
{
	struct rule r = rule_of(RULE_NAME, text, RULE_DATA);
	struct detail_writer w = {0};
	if (type)
		detail_put_u16(&w, DETAIL_TYPE, type);
	detail_put_record(&w, 1, 60, (const uint8_t[]){192, 0, 2, last}, 4);
	r.about = w.bytes;
	r.about_len = w.len;
	add_rule(t, &r);
}

static void begin(struct test *t)
{
	assert_int_equal(build_begin(t->build, NULL), 0);
}

static void keep(struct test *t, const char *name, const char *format)
{
	struct listdb_list about = {.lines = 1};
	struct err why = {""};
	snprintf(about.name, sizeof about.name, "%s", name);
	snprintf(about.format, sizeof about.format, "%s", format);
	if (build_keep(t->build, &about, &why))
		fail_msg("%s", why.text);
}

static void write_and_open(struct test *t)
{
	struct err why = {""};
	struct build_head head = {.number = 1};
	const char *path = folder_file(&t->folder, "g.mdb");
	unlink(path);
	listdb_close(t->db);
	t->db = NULL;
	if (build_write(t->build, path, &head, &why) || listdb_open(path, &t->db, &why))
		fail_msg("%s", why.text);
	t->x = listdb_index(t->db);
}

static uint64_t hash_from(uint64_t hash, const char *text)
{
	uint8_t at[DNAME_LABELS_MAX];
	struct dname d = name_of(text);
	for (unsigned n = dname_offsets(&d, at); n--;)
		hash = hash_label(hash, d.bytes + at[n]);
	return hash;
}

static const struct listdb_rule *rules_of(struct test *t, const char *text, size_t want)
{
	size_t count;
	const struct listdb_rule *r =
		listdb_rules_of_name(t->x, hash_from(t->x->seed, text), &count);
	if (count != want)
		fail_msg("%s: %zu rules, not %zu", text, count, want);
	return r;
}

static struct listdb_set set_of(struct test *t, const char *text)
{
	struct listdb_set by_tree = {0};
	struct dname d = name_of(text);
	uint32_t n = listdb_probe(t->x, hash_from(t->x->seed, text));
	assert_int_equal(listdb_find(t->db, &d, &by_tree), n ? 0 : CEN_ENOTFOUND);
	assert_memory_equal(&by_tree, &t->x->sets[n], sizeof by_tree);
	return by_tree;
}

static void every_trigger_is_found(void **state)
{
	struct test *t = *state;
	begin(t);
	add(t, RULE_NAME, "plain.example", RULE_MATCH);
	keep(t, "plain", "domains");
	begin(t);
	add(t, RULE_NAME, "a.example", RULE_MATCH);
	add(t, RULE_NAME, "a.example", RULE_NODATA);
	add(t, RULE_NAME, "*.b.example", RULE_PASSTHRU);
	add(t, RULE_NS_NAME, "ns.example", RULE_DROP);
	add(t, RULE_NS_NAME, "*.a.example", RULE_MATCH);
	add(t, RULE_ANSWER, "192.0.2.0/24", RULE_NXDOMAIN);
	add(t, RULE_CLIENT, "2001:db8::/32", RULE_TCP_ONLY);
	add(t, RULE_NS_ADDRESS, "198.51.100.7", RULE_REFUSED);
	add(t, RULE_PATTERN, "^ads?[0-9]+\\.", RULE_MATCH);
	keep(t, "zone", "rpz");
	write_and_open(t);

	const struct listdb_list *plain = listdb_list(t->db, 0), *zone = listdb_list(t->db, 1);
	assert_int_equal(plain->special_bit, 0);
	assert_int_not_equal(zone->special_bit, 0);
	assert_int_equal(zone->bit, LISTDB_FIRST_LIST + 1);
	assert_int_equal(plain->rules, 1);
	assert_int_equal(zone->rules, 8);
	assert_int_equal(zone->unique, 8);

	struct listdb_set s = set_of(t, "a.example");
	assert_true(listdb_bits_test(&s.self, zone->bit));
	assert_true(listdb_bits_test(&s.self, zone->special_bit));
	assert_false(listdb_bits_any(&s.below));
	s = set_of(t, "b.example");
	assert_false(listdb_bits_any(&s.self));
	assert_true(listdb_bits_test(&s.below, zone->special_bit));
	assert_false(listdb_bits_test(&s.below, zone->bit));
	s = set_of(t, "ns.example");
	assert_false(listdb_bits_any(&s.self));

	const struct listdb_rule *r = rules_of(t, "a.example", 1);
	assert_int_equal(r->verb, RULE_NODATA);
	assert_int_equal(r->flags, LISTDB_RULE_SELF);
	assert_int_equal(r->bit, zone->special_bit);
	r = rules_of(t, "b.example", 1);
	assert_int_equal(r->flags, LISTDB_RULE_BELOW);
	rules_of(t, "plain.example", 0);
	rules_of(t, "ns.example", 0);

	size_t n;
	r = listdb_rules_of_name(t->x, hash_from(listdb_ns_seed(t->x), "ns.example"), &n);
	assert_int_equal(n, 1);
	assert_int_equal(r->verb, RULE_DROP);
	struct dname ns = name_of("ns.example");
	assert_int_equal(r->text_len, ns.len);
	assert_memory_equal(listdb_rule_text(t->x, r), ns.bytes, ns.len);
	listdb_rules_of_name(t->x, hash_from(listdb_ns_seed(t->x), "a.example"), &n);
	assert_int_equal(n, 1);

	for (unsigned i = 0; i < RULE_TRIGGERS; i++)
		assert_true(listdb_has_trigger(t->x, (enum rule_trigger)i));
	listdb_rules(t->x, &n);
	assert_int_equal(n, 8);

	const struct listdb_rule *out[4];
	struct addr a;
	assert_int_equal(addr_from_text("192.0.2.9", &a), 0);
	assert_int_equal(listdb_rules_of_address(t->x, RULE_ANSWER, &a, out, 4), 1);
	assert_int_equal(out[0]->verb, RULE_NXDOMAIN);
	assert_int_equal(listdb_rules_of_address(t->x, RULE_CLIENT, &a, out, 4), 0);
	struct listdb_scratch *scratch = listdb_scratch_new();
	struct dname d = name_of("AD12.net");
	assert_int_equal(listdb_rules_of_pattern(t->x, scratch, &d, out, 4), 1);
	assert_int_equal(out[0]->trigger, RULE_PATTERN);
	d = name_of("add.net");
	assert_int_equal(listdb_rules_of_pattern(t->x, scratch, &d, out, 4), 0);
	listdb_scratch_free(scratch);
}

static void without_special_rules_there_are_none(void **state)
{
	struct test *t = *state;
	size_t n = 1;
	begin(t);
	add(t, RULE_NAME, "a.example", RULE_MATCH);
	keep(t, "zone", "rpz");
	write_and_open(t);
	/* A zone has its bit for what an overlay brings. */
	assert_int_not_equal(listdb_list(t->db, 0)->special_bit, 0);
	assert_null(t->x->special);
	assert_false(listdb_has_trigger(t->x, RULE_NAME));
	assert_null(listdb_rules(t->x, &n));
	assert_int_equal(n, 0);
	rules_of(t, "a.example", 0);
	const struct listdb_rule *out[4];
	struct addr a = {{0}};
	assert_int_equal(listdb_rules_of_address(t->x, RULE_ANSWER, &a, out, 4), 0);
	struct dname d = name_of("a.example");
	assert_int_equal(listdb_rules_of_pattern(t->x, NULL, &d, out, 4), 0);
}

static size_t records_of(struct test *t, const struct listdb_rule *r, size_t *conditions)
{
	struct detail_cursor c = detail_start(listdb_about(t->x, r), r->about_len);
	struct detail_item item;
	size_t records = 0;
	*conditions = 0;
	while (detail_next(&c, &item))
		*(item.kind == DETAIL_RECORD ? &records : conditions) += 1;
	return records;
}

static void records_of_a_name_are_joined(void **state)
{
	struct test *t = *state;
	size_t conditions;
	begin(t);
	add_data(t, "a.example", 1, 0);
	add_data(t, "a.example", 2, 0);
	add_data(t, "a.example", 2, 0); /* twice */
	add_data(t, "*.a.example", 3, 0); /* another level */
	add_data(t, "b.example", 1, 1); /* the same conditions */
	add_data(t, "b.example", 2, 1);
	add_data(t, "b.example", 3, 28);
	keep(t, "one", "unbound");
	begin(t);
	add_data(t, "a.example", 9, 0); /* another list */
	keep(t, "two", "unbound");
	write_and_open(t);
	const struct listdb_rule *r = rules_of(t, "a.example", 3);
	assert_int_equal(r[0].flags, LISTDB_RULE_SELF);
	assert_int_equal(records_of(t, &r[0], &conditions), 2);
	assert_int_equal(r[1].flags, LISTDB_RULE_BELOW);
	assert_int_equal(records_of(t, &r[1], &conditions), 1);
	assert_int_equal(r[2].bit, listdb_list(t->db, 1)->special_bit);
	assert_int_equal(records_of(t, &r[2], &conditions), 1);
	r = rules_of(t, "b.example", 2);
	assert_int_equal(records_of(t, &r[0], &conditions), 2);
	assert_int_equal(conditions, 1);
	assert_int_equal(records_of(t, &r[1], &conditions), 1);
	assert_int_equal(listdb_list(t->db, 0)->rules, 2);
	assert_int_equal(listdb_list(t->db, 0)->unique, 1);
	assert_int_equal(listdb_list(t->db, 1)->rules, 1);
	assert_int_equal(listdb_list(t->db, 1)->unique, 0);
}

static void remove_rule(struct test *t, struct rule r)
{
	r.is_removal = true;
	add_rule(t, &r);
}

static void removals_take_out_equal_rules(void **state)
{
	struct test *t = *state;
	struct rule important = rule_of(RULE_NAME, "both.example", RULE_MATCH);
	important.is_important = true;
	begin(t);
	remove_rule(t, rule_of(RULE_NAME, "before.example", RULE_MATCH));
	add(t, RULE_NAME, "before.example", RULE_MATCH);
	add(t, RULE_NAME, "*.before.example", RULE_MATCH);
	add(t, RULE_NAME, "after.example", RULE_MATCH);
	remove_rule(t, rule_of(RULE_NAME, "after.example", RULE_MATCH));
	add(t, RULE_NAME, "both.example", RULE_MATCH);
	add_rule(t, &important);
	remove_rule(t, important);
	add(t, RULE_NAME, "except.example", RULE_EXCEPT);
	remove_rule(t, rule_of(RULE_NAME, "except.example", RULE_EXCEPT));
	add(t, RULE_PATTERN, "tracker", RULE_MATCH);
	add(t, RULE_PATTERN, "telemetry", RULE_MATCH);
	remove_rule(t, rule_of(RULE_PATTERN, "tracker", RULE_MATCH));
	remove_rule(t, rule_of(RULE_NAME, "never.example", RULE_MATCH));
	keep(t, "one", "adblock");
	begin(t);
	add(t, RULE_NAME, "after.example", RULE_MATCH);
	keep(t, "two", "adblock");
	write_and_open(t);
	const struct listdb_list *one = listdb_list(t->db, 0), *two = listdb_list(t->db, 1);
	struct listdb_set s = set_of(t, "before.example");
	assert_false(listdb_bits_any(&s.self));
	assert_true(listdb_bits_test(&s.below, one->bit));
	s = set_of(t, "after.example");
	assert_false(listdb_bits_test(&s.self, one->bit));
	assert_true(listdb_bits_test(&s.self, two->bit));
	s = set_of(t, "both.example");
	assert_true(listdb_bits_test(&s.self, one->bit));
	assert_false(listdb_bits_test(&s.self, one->special_bit));
	s = set_of(t, "except.example");
	assert_false(listdb_bits_any(&s.self));
	set_of(t, "never.example");
	assert_int_equal(listdb_name_count(t->db), 3);
	assert_int_equal(one->rules, 3);
	assert_int_equal(one->unique, 3);
	assert_int_equal(two->rules, 1);
	assert_int_equal(two->unique, 1);
	size_t n;
	listdb_rules(t->x, &n);
	assert_int_equal(n, 1);
}

static void a_list_that_is_not_kept_leaves_nothing(void **state)
{
	struct test *t = *state;
	size_t n;
	begin(t);
	add_data(t, "a.example", 1, 0);
	add(t, RULE_PATTERN, "tracker", RULE_MATCH);
	begin(t);
	add_data(t, "b.example", 2, 0);
	keep(t, "two", "unbound");
	begin(t);
	add_data(t, "c.example", 3, 0);
	write_and_open(t);
	listdb_rules(t->x, &n);
	assert_int_equal(n, 1);
	set_of(t, "a.example");
	rules_of(t, "a.example", 0);
	rules_of(t, "c.example", 0);
	const struct listdb_rule *r = rules_of(t, "b.example", 1);
	assert_int_equal(listdb_about(t->x, r)[r->about_len - 1], 2);
}

static void bits_run_out_for_one_list_only(void **state)
{
	struct test *t = *state;
	struct listdb_list about = {.format = "rpz"};
	struct err why;
	/* 126 with two bits, and two bits are left. */
	for (unsigned i = 0; i < 126; i++) {
		char name[32];
		snprintf(name, sizeof name, "list%u", i);
		begin(t);
		add(t, RULE_NAME, "a.example", RULE_NODATA);
		keep(t, name, "rpz");
	}
	begin(t);
	add(t, RULE_NAME, "a.example", RULE_MATCH);
	keep(t, "plain", "domains");
	begin(t);
	add(t, RULE_NAME, "b.example", RULE_NODATA);
	assert_int_equal(build_keep(t->build, &about, &why), CEN_ELIMIT);
	assert_non_null(strstr(why.text, "254"));
	begin(t);
	add(t, RULE_NAME, "a.example", RULE_MATCH);
	keep(t, "plain too", "domains");
	begin(t);
	assert_int_equal(build_keep(t->build, &about, &why), CEN_ELIMIT);
	write_and_open(t);
	struct listdb_set s = set_of(t, "a.example");
	for (unsigned bit = LISTDB_FIRST_LIST; bit < LISTDB_LISTS_MAX; bit++)
		assert_int_equal(listdb_bits_test(&s.self, bit), bit < 130 ? bit >= 128 : 1);
	rules_of(t, "a.example", 126);
	set_of(t, "b.example");
}

static void memory_is_limited(void **state)
{
	struct test *t = *state;
	struct err why = {""};
	struct rule r = rule_of(RULE_NAME, "a.example", RULE_NODATA);
	int rc = 0;
	new_build(t, 1 << 20);
	begin(t);
	for (unsigned i = 0; !rc && i < 100000; i++) {
		r.prefix.addr.bytes[3] = (uint8_t)i;
		rc = build_add(t->build, &r, &why);
	}
	assert_int_equal(rc, CEN_ELIMIT);
	assert_non_null(strstr(why.text, "feeds.builder_memory"));
	/* The next list has all of it again. */
	begin(t);
	add(t, RULE_NAME, "b.example", RULE_NODATA);
	keep(t, "b", "domains");
	write_and_open(t);
	rules_of(t, "b.example", 1);
}

/* --- addresses, held against a slow way --- */

enum { PREFIXES = 3000 };

static uint32_t next_number(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct addr random_address(uint32_t *seed, bool is_v4)
{
	struct addr a = {{[10] = 0xff, [11] = 0xff}};
	if (!is_v4)
		memset(a.bytes, 0, sizeof a.bytes);
	/* Few values, so that prefixes hold one another. */
	for (int i = is_v4 ? 12 : 0; i < 16; i++)
		a.bytes[i] = (uint8_t)(next_number(seed) % 3 * 0x55);
	return a;
}

static void addresses_are_found_by_all_their_prefixes(void **state)
{
	struct test *t = *state;
	static struct addr_prefix prefixes[PREFIXES];
	const struct listdb_rule *found[PREFIXES];
	uint32_t seed = 7;
	begin(t);
	for (unsigned i = 0; i < PREFIXES; i++) {
		struct rule r = {.trigger = RULE_ANSWER, .verb = RULE_MATCH};
		bool is_v4 = i % 3;
		struct addr a = random_address(&seed, is_v4);
		uint8_t bits =
			(uint8_t)(is_v4 ? 96 + next_number(&seed) % 33 : next_number(&seed) % 129);
		for (unsigned b = bits; b < 128; b++)
			a.bytes[b / 8] &= (uint8_t) ~(0x80 >> b % 8);
		r.prefix = prefixes[i] = (struct addr_prefix){a, bits};
		add_rule(t, &r);
	}
	keep(t, "addresses", "ip");
	write_and_open(t);
	size_t hits = 0;
	for (unsigned i = 0; i < 4000; i++) {
		struct addr a = random_address(&seed, i % 2);
		size_t want = 0,
		       n = listdb_rules_of_address(t->x, RULE_ANSWER, &a, found, PREFIXES);
		bool is_there[129] = {false};
		for (unsigned k = 0; k < PREFIXES; k++) {
			bool is_new = addr_prefix_contains(&prefixes[k], &a) &&
				!is_there[prefixes[k].bits];
			is_there[prefixes[k].bits] |= is_new;
			want += is_new;
		}
		assert_int_equal(n, want);
		for (size_t k = 0; k < n; k++) {
			assert_true(addr_prefix_contains(&found[k]->prefix, &a));
			assert_true(!k || found[k]->prefix.bits < found[k - 1]->prefix.bits);
		}
		assert_int_equal(listdb_rules_of_address(t->x, RULE_ANSWER, &a, found, 1), n != 0);
		hits += n;
	}
	assert_true(hits > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_trigger_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_special_rules_there_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(records_of_a_name_are_joined, set_up, tear_down),
		cmocka_unit_test_setup_teardown(removals_take_out_equal_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_list_that_is_not_kept_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bits_run_out_for_one_list_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(memory_is_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			addresses_are_found_by_all_their_prefixes, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
