/* SPDX-License-Identifier: BSD-2-Clause
 * Policy zones in a view: which zone and which owner decides, what an overlay changes, and what both bits of a list share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "feeds/listdb/detail.h"
#include "resolver/base/clock.h"
#include "resolver/policy.h"
#include "tests/unit/fixture.h"
#include "tests/unit/view_harness.h"

static struct view_harness h;
static struct policy_work work;

static int start(void **state)
{
	(void)state;
	memset(&work, 0, sizeof work);
	assert_int_equal(policy_work_init(&work), 0);
	view_harness_start(&h);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	overlay_release(h.overlay);
	view_harness_finish(&h);
	policy_work_clear(&work);
	return 0;
}

/* --- rules: "name" is the owner alone, "*.name" what is below it --- */

static struct rule rule_of(const char *owner, enum rule_verb verb)
{
	bool is_below = owner[0] == '*';
	struct dname n = fixture_name(owner + (is_below ? 2 : 0));
	struct rule r = {.trigger = RULE_NAME,
		.verb = (uint8_t)verb,
		.is_self = !is_below,
		.is_below = is_below,
		.labels = n.labels};
	r.len = (uint8_t)dname_key(&n, r.key);
	return r;
}

static struct rule prefix_rule(enum rule_trigger trigger, const char *prefix, enum rule_verb verb)
{
	struct rule r = {.trigger = (uint8_t)trigger, .verb = (uint8_t)verb};
	assert_int_equal(addr_prefix_from_text(prefix, &r.prefix), 0);
	return r;
}

static void add(struct build *b, struct rule r)
{
	struct err why = {""};
	if (build_add(b, &r, &why))
		fail_msg("%s", why.text);
}

static void add_first(struct build *b)
{
	add(b, rule_of("pass.example", RULE_PASSTHRU));
	add(b, rule_of("*.wild.example", RULE_MATCH));
	add(b, rule_of("hides.wild.example", RULE_PASSTHRU));
	add(b, prefix_rule(RULE_CLIENT, "192.0.2.0/24", RULE_NODATA));
	add(b, prefix_rule(RULE_CLIENT, "192.0.2.7/32", RULE_PASSTHRU));
}

static void add_second(struct build *b)
{
	add(b, rule_of("pass.example", RULE_MATCH));
	add(b, rule_of("drop.example", RULE_DROP));
	add(b, rule_of("x.hides.wild.example", RULE_NXDOMAIN));
	add(b, prefix_rule(RULE_ANSWER, "203.0.113.0/24", RULE_DROP));
	add(b, prefix_rule(RULE_ANSWER, "203.0.113.9/32", RULE_PASSTHRU));
}

static const struct view_harness_more zones[] = {
	{"first", "rpz", add_first}, {"second", "rpz", add_second}, {NULL, NULL, NULL}};
static const struct view_harness_list lists[] = {{"first", "=plain.example"},
	{"second", "=plain.example =other.example"}, {"ordinary", "ordinary.example pass.example"}};

#define CONFIG(first, second) \
	"lists:\n" \
	"  - {name: first, source: /x, format: rpz" first "}\n" \
	"  - {name: second, source: /x, format: rpz" second "}\n" \
	"  - {name: ordinary, source: /x}\n"

static void join(const char *config)
{
	h.more = zones;
	view_harness_join(&h, config, lists, 3);
}

static const char *words(const struct policy_verdict *v)
{
	static char out[160];
	static const char *const kinds[] = {"none", "allow ", "deny "};
	snprintf(out, sizeof out, "%s%s%s%s%s%s", kinds[v->kind],
		v->list < 0 ? "" : h.view->lists[v->list].name, v->kind == POLICY_DENY ? " " : "",
		v->kind == POLICY_DENY ? config_action_name(v->action) : "",
		v->monitored < 0 ? "" : "?",
		v->monitored < 0 ? "" : h.view->lists[v->monitored].name);
	return out;
}

static const char *judged(const char *name, const char *client)
{
	struct addr a = {{0}};
	struct dname n = fixture_name(name);
	struct policy_question about = {
		.name = &n, .client = client ? &a : NULL, .type = TYPE_A, .is_first = true};
	if (client)
		assert_int_equal(addr_from_text(client, &a), 0);
	struct policy_verdict v = policy_judge(h.view, &work, &about);
	return words(&v);
}

#define ABOUT(name, wanted) assert_string_equal(judged(name, NULL), wanted)

/* --- zones ------------------------------------------------------------------------------------- */

static void test_the_first_zone_decides(void **state)
{
	(void)state;
	join(CONFIG("", ""));
	ABOUT("plain.example", "deny first nxdomain");
	ABOUT("other.example", "deny second nxdomain");
	ABOUT("pass.example", "allow first");
	ABOUT("drop.example", "deny second drop");
	ABOUT("www.drop.example", "none");
	ABOUT("ordinary.example", "deny ordinary null");
	ABOUT("clean.example", "none");
	/* Other groups of rules act by themselves. */
	assert_string_equal(judged("clean.example", "192.0.2.1"), "deny first nodata");
	assert_string_equal(judged("drop.example", "192.0.2.7"), "allow first");
	assert_string_equal(judged("drop.example", "198.51.100.1"), "deny second drop");
}

static void test_the_nearest_owner_decides(void **state)
{
	(void)state;
	join(CONFIG("", ""));
	ABOUT("wild.example", "none");
	ABOUT("www.wild.example", "deny first nxdomain");
	ABOUT("a.b.wild.example", "deny first nxdomain");
	ABOUT("hides.wild.example", "allow first");
	/* An owner that exists hides the wildcard above it, in its own zone. */
	ABOUT("y.hides.wild.example", "none");
	ABOUT("x.hides.wild.example", "deny second nxdomain");
}

static void test_overrides_and_modes(void **state)
{
	(void)state;
	join(CONFIG(", action: nodata", ", action: tcp-only"));
	ABOUT("plain.example", "deny first nodata");
	ABOUT("pass.example", "allow first");
	ABOUT("drop.example", "deny second tcp-only");
	join(CONFIG(", action: passthru", ""));
	ABOUT("plain.example", "allow first");
	/* A zone that only logs: the next one is asked. */
	join(CONFIG(", mode: monitor", ""));
	ABOUT("plain.example", "deny second nxdomain?first");
	ABOUT("www.wild.example", "none?first");
	join(CONFIG(", mode: 'off'", ", mode: 'off'"));
	ABOUT("plain.example", "none");
	ABOUT("pass.example", "deny ordinary null");
	/* Allowed by an own rule, all is. */
	join("allow: [drop.example]\ndeny: [=pass.example]\n" CONFIG("", ""));
	ABOUT("drop.example", "allow own allow");
	ABOUT("pass.example", "deny own deny null");
}

static const char *judged_answer(const char *name, const char *address)
{
	struct dname n = fixture_name(name);
	struct addr a;
	struct policy_question about = {.name = &n, .type = TYPE_A};
	assert_int_equal(addr_from_text(address, &a), 0);
	policy_gather(h.view, &work, &about);
	policy_gather_answer(h.view, &work, &a);
	struct policy_verdict v = policy_decide(h.view, &work);
	return words(&v);
}

static void test_addresses(void **state)
{
	(void)state;
	join(CONFIG("", ""));
	assert_string_equal(judged_answer("clean.example", "203.0.113.1"), "deny second drop");
	assert_string_equal(judged_answer("clean.example", "203.0.113.9"), "allow second");
	assert_string_equal(judged_answer("clean.example", "203.0.114.9"), "none");
	/* Zone before trigger, trigger before length. */
	assert_string_equal(judged_answer("plain.example", "203.0.113.9"), "deny first nxdomain");
	assert_string_equal(judged_answer("other.example", "203.0.113.9"), "deny second nxdomain");
	/* That the first zone has none to wait for, and the second has: groups know. */
	assert_int_equal(h.view->groups[0].late_order, 1);
	assert_int_equal(h.view->groups[0].server_order, UINT16_MAX);
}

/* --- one list, two bits ------------------------------------------------------------------------ */

/* An unblocked name is allowed before every zone, and whatever is said of its address or of the client. */
static void test_unblocked(void **state)
{
	(void)state;
	view_harness_respite(&h, "unblock 1 2 client 192.0.2.1 plain.example", 100);
	view_harness_respite(&h, "unblock 1 2 all =clean.example", UINT64_MAX);
	clock_freeze(50, 1700000000);
	join(CONFIG("", ""));
	ABOUT("plain.example", "deny first nxdomain");
	assert_string_equal(judged("plain.example", "192.0.2.1"), "allow own allow");
	assert_string_equal(judged("a.plain.example", "192.0.2.1"), "allow own allow");
	assert_string_equal(judged("drop.example", "198.51.100.1"), "deny second drop");
	assert_string_equal(judged("clean.example", "192.0.2.9"), "allow own allow");
	assert_string_equal(judged_answer("clean.example", "203.0.113.1"), "allow own allow");
	clock_thaw();
}

static void test_both_bits_are_one_list(void **state)
{
	(void)state;
	join(CONFIG(", category: botnet", ""));
	unsigned bits = 0;
	for (unsigned bit = 0; bit < LISTDB_LISTS_MAX; bit++) {
		const struct view_list *l = &h.view->lists[bit];
		if (strcmp(l->name, "first") != 0)
			continue;
		bits++;
		assert_true(l->is_rpz && l->is_used && l->order == 0);
		assert_int_equal(l->action, SINK_NXDOMAIN);
		assert_string_equal(l->category, "botnet");
		assert_string_equal(h.view->lists[l->bit].name, "first");
		assert_true(listdb_bits_test(&h.view->groups[0].deny, bit));
		assert_true(listdb_bits_test(&h.view->slow, bit));
	}
	assert_int_equal(bits, 2);
	unsigned plain = 0;
	for (unsigned bit = 0; bit < LISTDB_LISTS_MAX; bit++)
		plain += !strcmp(h.view->lists[bit].name, "ordinary");
	assert_int_equal(plain, 1);
}

/* --- the overlay ------------------------------------------------------------------------------- */

static void change(unsigned zone, struct rule r, bool is_gone)
{
	assert_int_equal(overlay_add(h.overlay, zone, &r, is_gone), 0);
}

static void test_overlay(void **state)
{
	(void)state;
	h.overlay = overlay_new();
	assert_non_null(h.overlay);
	unsigned first = (unsigned)overlay_zone(h.overlay, "first");
	unsigned unknown = (unsigned)overlay_zone(h.overlay, "unknown");
	change(first, rule_of("plain.example", RULE_MATCH), true);
	change(first, rule_of("pass.example", RULE_NODATA), false);
	change(first, rule_of("new.example", RULE_DROP), false);
	change(first, rule_of("*.new.example", RULE_TCP_ONLY), false);
	change(first, rule_of("hides.wild.example", RULE_MATCH), true);
	change(first, prefix_rule(RULE_CLIENT, "192.0.2.0/24", RULE_MATCH), true);
	change(first, prefix_rule(RULE_CLIENT, "192.0.2.7/32", RULE_DROP), false);
	change(first, prefix_rule(RULE_ANSWER, "198.51.100.0/24", RULE_NODATA), false);
	change(unknown, rule_of("clean.example", RULE_DROP), false);
	join("deny: [=ruled.example]\n" CONFIG("", ""));
	/* Gone from the first zone: the second has its word. */
	ABOUT("plain.example", "deny second nxdomain");
	ABOUT("pass.example", "deny first nodata");
	ABOUT("new.example", "deny first drop");
	ABOUT("www.new.example", "deny first tcp-only");
	ABOUT("y.hides.wild.example", "deny first nxdomain");
	ABOUT("www.wild.example", "deny first nxdomain");
	ABOUT("ruled.example", "deny own deny null");
	ABOUT("clean.example", "none");
	assert_string_equal(judged("clean.example", "192.0.2.1"), "none");
	assert_string_equal(judged("clean.example", "192.0.2.7"), "deny first drop");
	assert_string_equal(judged_answer("clean.example", "198.51.100.1"), "deny first nodata");
	assert_int_equal(h.view->groups[0].late_order, 0);
}

/* A publication of a large overlay is a matter of milliseconds; here it only has to be right. */
static void test_large_overlay(void **state)
{
	(void)state;
	enum { OWNERS = 10000 };
	h.overlay = overlay_new();
	unsigned zone = (unsigned)overlay_zone(h.overlay, "second");
	for (unsigned i = 0; i < OWNERS; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.changed.example", i);
		change(zone, rule_of(name, i % 2 ? RULE_NODATA : RULE_MATCH), false);
	}
	join(CONFIG("", ""));
	struct view_parts parts = {
		.config = h.config, .db = h.db, .rules = &h.rules, .overlay = h.overlay};
	struct view *next = NULL;
	struct err why;
	uint64_t began_us = clock_us();
	assert_int_equal(view_new(99, &parts, h.view, &next, &why), 0);
	print_message("joined in %u us\n", (unsigned)(clock_us() - began_us));
	view_hand_over(next, h.view);
	view_free(next);
	ABOUT("n0.changed.example", "deny second nxdomain");
	ABOUT("n9999.changed.example", "deny second nodata");
	ABOUT("n10000.changed.example", "none");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, finish)

/* --- the calendar ------------------------------------------------------------------------------ */

static void add_family(struct build *b, const char *name, const char *family)
{
	static struct detail_writer about;
	struct rule r = rule_of(name, RULE_MATCH);
	about.len = 0;
	detail_put(&about, DETAIL_FAMILY, family, strlen(family) + 1);
	r.is_below = true;
	r.about = about.bytes;
	r.about_len = about.len;
	add(b, r);
}

static void add_calendar(struct build *b)
{
	add_family(b, "bot.example", "necurs");
	add_family(b, "both.example", "tinba");
	add_family(b, "both.example", "necurs");
	add_family(b, "ordinary.example", "murofet");
	add_family(b, "pass.example", "pushdo");
}

/* The words of the verdict, and the family behind a colon. */
static const char *named(const char *name)
{
	static char out[200];
	struct dname n = fixture_name(name);
	struct policy_question about = {.name = &n, .type = TYPE_A, .is_first = true};
	struct policy_verdict v = policy_judge(h.view, &work, &about);
	snprintf(out, sizeof out, "%s%s%s", words(&v), v.family ? ": " : "",
		v.family ? v.family : "");
	return out;
}

#define NAMED(name, wanted) assert_string_equal(named(name), wanted)

static void test_the_family_is_named(void **state)
{
	(void)state;
	static const struct view_harness_more more[] = {{"first", "rpz", add_first},
		{"second", "rpz", add_second}, {"dga-calendar", "calendar", add_calendar},
		{NULL, NULL, NULL}};
	static const struct view_harness_list all[] = {{"first", "=plain.example"},
		{"second", "=plain.example =other.example"},
		{"ordinary", "ordinary.example pass.example"}, {"dga-calendar", ""}};
	h.more = more;
	view_harness_join(&h, CONFIG("", "") "allow: [mine.bot.example]\n", all, 4);
	NAMED("bot.example", "deny dga-calendar null: necurs");
	NAMED("a.b.bot.example", "deny dga-calendar null: necurs");
	NAMED("notbot.example", "none");
	NAMED("mine.bot.example", "allow own allow");
	/* Of two that make the name the first; of two lists the one given in the configuration. */
	NAMED("both.example", "deny dga-calendar null: tinba");
	NAMED("www.ordinary.example", "deny ordinary null: murofet");
	NAMED("pass.example", "allow first: pushdo");
	NAMED("plain.example", "deny first nxdomain");
	/* It may only look on. */
	view_harness_join(&h,
		CONFIG("", "") "dga: {calendar: {mode: monitor}}\n"
			       "groups: [{name: g, clients: [10.0.0.0/8], lists: [ordinary]}]\n",
		all, 4);
	NAMED("bot.example", "none?dga-calendar: necurs");
	/* Switched off since the generation was built. */
	view_harness_join(&h, CONFIG("", "") "dga: {calendar: {mode: \"off\"}}\n", all, 4);
	NAMED("bot.example", "none");
	/* A group may name it, or do without. */
	view_harness_join(
		&h, CONFIG("", "") "groups: [{name: default, lists: [ordinary]}]\n", all, 4);
	NAMED("bot.example", "none");
	view_harness_join(
		&h, CONFIG("", "") "groups: [{name: default, lists: [dga-calendar]}]\n", all, 4);
	NAMED("bot.example", "deny dga-calendar null: necurs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_zone_decides),
		TEST(test_the_nearest_owner_decides),
		TEST(test_overrides_and_modes),
		TEST(test_addresses),
		TEST(test_unblocked),
		TEST(test_both_bits_are_one_list),
		TEST(test_overlay),
		TEST(test_large_overlay),
		TEST(test_the_family_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
