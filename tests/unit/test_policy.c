/* SPDX-License-Identifier: BSD-2-Clause
 * Who wins: own allow > own deny > allow lists > deny lists, by self and below, at every depth, for every group; by hand and
 * against a model that looks at each rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "resolver/policy.h"
#include "tests/unit/fixture.h"
#include "tests/unit/view_harness.h"

static struct view_harness h;
static struct fixture f;

static int start(void **state)
{
	(void)state;
	view_harness_start(&h);
	fixture_init(&f);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	view_harness_finish(&h);
	return 0;
}

static struct policy_verdict judge(uint16_t group, const char *name)
{
	struct dname n = fixture_name(name);
	struct policy_question about = {.name = &n, .group = group, .type = TYPE_A};
	return policy_judge(h.view, NULL, &about);
}

/* The verdict as a word and the deciding list: "deny two", "allow own allow", "none"; with "?" and the list that only
 * watches. */
static const char *verdict(uint16_t group, const char *name)
{
	static char out[256];
	struct policy_verdict v = judge(group, name);
	const char *kinds[] = {
		[POLICY_NONE] = "none", [POLICY_ALLOW] = "allow ", [POLICY_DENY] = "deny "};
	assert_int_equal(v.kind == POLICY_NONE, v.list < 0);
	if (v.kind != POLICY_NONE || v.monitored >= 0)
		assert_true(v.is_held);
	snprintf(out, sizeof out, "%s%s%s%s", kinds[v.kind],
		v.list < 0 ? "" : h.view->lists[v.list].name, v.monitored < 0 ? "" : "?",
		v.monitored < 0 ? "" : h.view->lists[v.monitored].name);
	return out;
}

#define ABOUT(name, wanted) assert_string_equal(verdict(0, name), wanted)

/* --- one rule ---------------------------------------------------------------------------------- */

static void test_forms_of_a_rule(void **state)
{
	(void)state;
	view_harness_join(&h, "deny: [tree.example, =self.example, '*.below.example']\n", NULL, 0);
	ABOUT("tree.example", "deny own deny");
	ABOUT("www.tree.example", "deny own deny");
	ABOUT("a.b.c.d.e.f.tree.example", "deny own deny");
	ABOUT("nottree.example", "none");
	ABOUT("example", "none");
	ABOUT(".", "none");
	ABOUT("self.example", "deny own deny");
	ABOUT("www.self.example", "none");
	ABOUT("below.example", "none");
	ABOUT("www.below.example", "deny own deny");
	ABOUT("a.www.below.example", "deny own deny");
}

/* A rule at each depth of the deepest name there can be. */
static void test_every_depth(void **state)
{
	(void)state;
	char name[DNAME_TEXT_MAX];
	struct config_rule rule = {.is_below = true};
	for (unsigned labels = 2; labels <= DNAME_LABELS_MAX; labels += 5) {
		h.rules.count = 0;
		size_t n = 0;
		for (unsigned i = 0; i < labels; i++)
			n += (size_t)snprintf(name + n, sizeof name - n, "%s%c", i ? "." : "",
				'a' + (int)((DNAME_LABELS_MAX - labels + i) % 26));
		rule.name = fixture_name(name);
		char text[DNAME_TEXT_MAX + 2], line[DNAME_TEXT_MAX + 10];
		snprintf(line, sizeof line, "deny %s", config_rule_to_text(&rule, text));
		view_harness_set(&h, line);
		view_harness_join(&h, "", NULL, 0);
		for (unsigned of = 1; of <= DNAME_LABELS_MAX; of++) {
			n = 0;
			for (unsigned i = 0; i < of; i++)
				n += (size_t)snprintf(name + n, sizeof name - n, "%s%c",
					i ? "." : "",
					'a' + (int)((DNAME_LABELS_MAX - of + i) % 26));
			ABOUT(name, of > labels ? "deny own deny" : "none");
		}
	}
}

/* --- who wins ---------------------------------------------------------------------------------- */

#define LISTS \
	"lists:\n" \
	"  - {name: one, source: /x, kind: deny, category: botnet, action: nxdomain}\n" \
	"  - {name: two, source: /x, kind: deny, action: drop}\n" \
	"  - {name: good, source: /x, kind: allow}\n" \
	"  - {name: better, source: /x, kind: allow}\n" \
	"  - {name: watch, source: /x, kind: deny, mode: monitor}\n" \
	"  - {name: watch2, source: /x, kind: deny, mode: monitor}\n" \
	"  - {name: off, source: /x, kind: deny, mode: 'off'}\n" \
	"  - {name: calm, source: /x, kind: allow, mode: monitor}\n" \
	"groups:\n" \
	"  - {name: children, clients: [192.168.1.0/24], lists: [one, better]}\n" \
	"  - {name: free, clients: [192.168.2.0/24], lists: []}\n"

static const struct view_harness_list lists[] = {
	{"one",
		"a.example b.example =exact.example *.under.example c.example d.example "
		"calm.example"},
	{"two", "b.example two.example deep.two.example"},
	{"good", "c.example good.two.example"},
	{"better", "d.example"},
	{"watch", "watched.example b.example c.example"},
	{"watch2", "watched.example"},
	{"off", "off.example a.off.example"},
	{"gone", "gone.example"},
	{"calm", "calm.example"},
};
enum { LIST_COUNT = 9, CHILDREN = 1, FREE = 2 };

static void test_lists(void **state)
{
	(void)state;
	view_harness_join(&h, LISTS, lists, LIST_COUNT);
	ABOUT("a.example", "deny one");
	ABOUT("www.a.example", "deny one");
	ABOUT("b.example",
		"deny one?watch"); /* the first that holds it; what watches counts, too */
	ABOUT("exact.example", "deny one");
	ABOUT("www.exact.example", "none");
	ABOUT("under.example", "none");
	ABOUT("www.under.example", "deny one");
	ABOUT("www.two.example", "deny two");
	/* An allow list beats every deny list, wherever each holds it. */
	ABOUT("c.example", "allow good");
	ABOUT("good.two.example", "allow good");
	ABOUT("d.example", "allow better");
	ABOUT("watched.example", "none?watch");
	ABOUT("off.example", "none");
	ABOUT("gone.example", "none");
	/* An allow list that only watches lets nothing through. */
	ABOUT("calm.example", "deny one");
	ABOUT("clean.example", "none");
}

/* A deciding list behind the first 64 bits; and groups that take all lists. */
static void test_many_lists(void **state)
{
	(void)state;
	enum { MANY = CONFIG_LISTS_GIVEN_MAX };
	static struct view_harness_list many[MANY];
	static char names[MANY][16], rules[MANY][32], config[MANY * 64];
	size_t n = (size_t)snprintf(config, sizeof config,
		"groups: [{name: every, clients: [10.0.0.0/8], lists: all}]\nlists:\n");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "l%u", i);
		snprintf(rules[i], sizeof rules[i], "n%u.example all.example", i);
		many[i] = (struct view_harness_list){names[i], rules[i]};
		n += (size_t)snprintf(config + n, sizeof config - n,
			"  - {name: l%u, source: /x, kind: %s}\n", i, i % 100 ? "deny" : "allow");
	}
	view_harness_join(&h, config, many, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		char name[32], wanted[32];
		snprintf(name, sizeof name, "n%u.example", i);
		snprintf(wanted, sizeof wanted, "%s l%u", i % 100 ? "deny" : "allow", i);
		ABOUT(name, wanted);
		assert_string_equal(verdict(1, name), wanted);
	}
	ABOUT("all.example", "allow l0");
}

static void test_held_or_clean(void **state)
{
	(void)state;
	view_harness_join(&h, LISTS, lists, LIST_COUNT);
	/* Clean is only what no list holds, in any group: the cache's stamp is for all clients. */
	assert_true(judge(FREE, "a.example").is_held);
	assert_true(judge(FREE, "www.a.example").is_held);
	assert_true(judge(0, "off.example").is_held);
	assert_false(judge(0, "clean.example").is_held);
	assert_false(judge(0, "example").is_held);
	/* A name above its rules is none of theirs. */
	assert_false(judge(0, "under.example").is_held);
	assert_false(judge(0, "www.exact.example").is_held);
}

static void test_groups(void **state)
{
	(void)state;
	view_harness_join(&h, LISTS, lists, LIST_COUNT);
	assert_string_equal(verdict(CHILDREN, "a.example"), "deny one");
	assert_string_equal(verdict(CHILDREN, "two.example"), "none");
	assert_string_equal(verdict(CHILDREN, "c.example"), "deny one");
	assert_string_equal(verdict(CHILDREN, "d.example"), "allow better");
	assert_string_equal(verdict(CHILDREN, "watched.example"), "none");
	assert_string_equal(verdict(FREE, "a.example"), "none");
	assert_string_equal(verdict(FREE, "watched.example"), "none");
	/* A number of another view is read as the default group. */
	assert_string_equal(verdict(3, "two.example"), "deny two");
	assert_string_equal(verdict(UINT16_MAX, "two.example"), "deny two");
}

static void test_own_rules_win(void **state)
{
	(void)state;
	view_harness_join(&h,
		LISTS
		"allow: [ok.a.example, =b.example, both.example]\n"
		"deny: [c.example, =d.example, x.ok.a.example, '*.both.example', free.example]\n",
		lists, LIST_COUNT);
	ABOUT("a.example", "deny one");
	ABOUT("ok.a.example", "allow own allow");
	ABOUT("www.ok.a.example", "allow own allow");
	/* Own allow above own deny, though that is nearer to the name. */
	ABOUT("x.ok.a.example", "allow own allow");
	ABOUT("b.example", "allow own allow");
	ABOUT("www.b.example", "deny one?watch");
	/* Own deny above an allow list. */
	ABOUT("c.example", "deny own deny");
	ABOUT("d.example", "deny own deny");
	ABOUT("www.d.example", "allow better");
	ABOUT("www.both.example", "allow own allow");
	/* They are everyone's. */
	assert_string_equal(verdict(FREE, "free.example"), "deny own deny");
	assert_string_equal(verdict(FREE, "ok.a.example"), "allow own allow");
	assert_string_equal(verdict(FREE, "a.example"), "none");
}

static void test_run_time_rules(void **state)
{
	(void)state;
	view_harness_set(&h, "allow one.rule.example");
	view_harness_set(&h, "deny a.good.example");
	view_harness_join(
		&h, LISTS "deny: [one.rule.example]\nallow: [a.good.example]\n", lists, LIST_COUNT);
	ABOUT("www.one.rule.example", "allow own allow");
	ABOUT("www.a.good.example", "deny own deny");
}

/* --- the stage --------------------------------------------------------------------------------- */

static enum step ask(const char *name, uint16_t group)
{
	struct query *q = fixture_ask(&f, name, TYPE_A);
	q->group = group;
	f.worker.view = h.view;
	return policy(&f.worker, q);
}

static void test_stage(void **state)
{
	(void)state;
	struct view *v = view_harness_join(&h,
		LISTS "deny: [own.example]\nallow: [ok.a.example]\n"
		      "sinkhole: {action: nodata}\n",
		lists, LIST_COUNT);
	for (uint16_t bit = 0; bit < LISTDB_LISTS_MAX; bit++)
		v->lists[bit].counter = (uint16_t)(bit + 100);

	assert_int_equal(ask("clean.example", 0), STEP_NEXT);
	assert_int_equal(f.q.list, -1);
	assert_false(f.q.is_allowed);
	assert_int_equal(f.q.ede, EDE_NONE);

	assert_int_equal(ask("www.a.example", 0), STEP_REPLY);
	assert_int_equal(f.q.outcome, OUTCOME_BLOCKED);
	assert_int_equal(f.q.action, SINK_NXDOMAIN);
	assert_int_equal(f.q.list, LISTDB_FIRST_LIST);
	assert_int_equal(f.q.ede, EDE_BLOCKED);
	assert_string_equal(f.q.ede_text, "one (botnet)");

	assert_int_equal(ask("own.example", FREE), STEP_REPLY);
	assert_int_equal(f.q.action, SINK_NODATA);
	assert_int_equal(f.q.list, LISTDB_OWN_DENY);
	assert_int_equal(f.q.ede, EDE_FILTERED);
	assert_string_equal(f.q.ede_text, "own deny");

	assert_int_equal(ask("two.example", 0), STEP_DROP);
	assert_int_equal(f.q.outcome, OUTCOME_DROPPED_POLICY);
	assert_int_equal(f.q.list, LISTDB_FIRST_LIST + 1);

	assert_int_equal(ask("ok.a.example", 0), STEP_NEXT);
	assert_true(f.q.is_allowed);
	assert_int_equal(f.q.list, LISTDB_OWN_ALLOW);
	assert_int_equal(f.q.ede, EDE_NONE);

	/* What would have been blocked is counted and goes on. */
	assert_int_equal(ask("watched.example", 0), STEP_NEXT);
	assert_int_equal(f.q.list, -1);
	assert_false(f.q.is_allowed);
	assert_int_equal(ask("watched.example", FREE), STEP_NEXT);
	assert_int_equal(ask("b.example", 0), STEP_REPLY);
	for (unsigned i = 0; i < STATS_LISTS; i++)
		assert_int_equal(
			f.stats.list_monitored[i], i == 100 + LISTDB_FIRST_LIST + 4 ? 2 : 0);
}

/* What lists say of a paused client's question is counted, what allows it does so. */
static void test_stage_while_paused(void **state)
{
	(void)state;
	struct view *v = view_harness_join(&h, LISTS "deny: [own.example]\n", lists, LIST_COUNT);
	for (uint16_t bit = 0; bit < LISTDB_LISTS_MAX; bit++)
		v->lists[bit].counter = (uint16_t)(bit + 100);
	f.worker.view = v;
	const char *const names[] = {"www.a.example", "two.example", "own.example", "b.example"};
	const unsigned by[] = {
		LISTDB_FIRST_LIST, LISTDB_FIRST_LIST + 1, LISTDB_OWN_DENY, LISTDB_FIRST_LIST};
	for (unsigned i = 0; i < 4; i++) {
		struct query *q = fixture_ask(&f, names[i], TYPE_A);
		q->is_paused = true;
		uint64_t before = f.stats.list_monitored[100 + by[i]];
		assert_int_equal(policy(&f.worker, q), STEP_NEXT);
		assert_int_equal(q->list, -1);
		assert_false(q->is_allowed);
		assert_int_equal(q->ede, EDE_NONE);
		assert_int_equal(q->monitored, 100 + by[i]);
		assert_int_equal(f.stats.list_monitored[100 + by[i]], before + 1);
		/* Only `one` is of the category botnet. */
		assert_int_equal(q->is_spared_bot, by[i] == LISTDB_FIRST_LIST);
	}
	struct query *q = fixture_ask(&f, "c.example", TYPE_A);
	q->is_paused = true;
	assert_int_equal(policy(&f.worker, q), STEP_NEXT);
	assert_true(q->is_allowed);
	assert_int_equal(ask("www.a.example", 0), STEP_REPLY);
}

/* The view has changed while the query was parked: neither its right nor its list's number is the old one. */
static void test_again_after_a_park(void **state)
{
	(void)state;
	view_harness_join(&h, LISTS, lists, LIST_COUNT);
	assert_int_equal(ask("c.example", 0), STEP_NEXT);
	assert_true(f.q.is_allowed);
	int16_t before = f.q.list;
	policy_again(&f.worker, &f.q);
	assert_true(f.q.is_allowed);
	assert_int_equal(f.q.list, before);
	/* The same lists, numbered the other way round. */
	struct view_harness_list turned[LIST_COUNT];
	for (unsigned i = 0; i < LIST_COUNT; i++)
		turned[i] = lists[LIST_COUNT - 1 - i];
	f.worker.view = view_harness_join(&h, LISTS, turned, LIST_COUNT);
	policy_again(&f.worker, &f.q);
	assert_true(f.q.is_allowed);
	assert_int_not_equal(f.q.list, before);
	assert_string_equal(h.view->lists[f.q.list].name, "good");
	/* Nothing allows it any more. */
	f.worker.view = view_harness_join(&h, LISTS, lists, 2);
	policy_again(&f.worker, &f.q);
	assert_false(f.q.is_allowed);
	assert_int_equal(f.q.list, -1);
	/* One that was not allowed does not become so: it has been judged. */
	assert_int_equal(ask("clean.example", 0), STEP_NEXT);
	f.worker.view = view_harness_join(&h, LISTS "allow: [clean.example]\n", lists, 2);
	policy_again(&f.worker, &f.q);
	assert_false(f.q.is_allowed);
}

/* --- against a model --------------------------------------------------------------------------- */

enum { RANDOM_LISTS = 12, RANDOM_RULES = 10, OWN_RULES = 30, ROUNDS = 12 };

struct known_rule {
	struct config_rule rule;
	enum list_kind kind; /* own rules */
};

static struct known_rule of_list[RANDOM_LISTS][RANDOM_RULES], own[OWN_RULES];
static uint32_t random_state = 7;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* One of few names, so that rules meet; `x` on top, lest it be a public suffix. */
static void draw_name(char text[64], unsigned least)
{
	unsigned labels = least + draw(6 - least);
	char *to = text;
	for (; labels; labels--) {
		*to++ = (char)('a' + draw(3));
		*to++ = '.';
	}
	memcpy(to, "x.invalid", 10);
}

static struct config_rule draw_rule(char text[64])
{
	static const char *const forms[] = {"", "=", "*."};
	char name[64];
	draw_name(name, 2);
	snprintf(text, 64, "%s%.60s", forms[draw(3)], name);
	return view_harness_rule(text, strlen(text));
}

static bool speaks_of(const struct config_rule *r, const struct dname *n)
{
	if (!dname_is_at_or_below(n, &r->name))
		return false;
	return dname_equal(n, &r->name) ? r->is_self : r->is_below;
}

/* Own rules: on each name (and half of it, itself or below) the last word counts; then allow is above deny. */
static enum policy_kind own_word(const struct dname *n)
{
	bool is_allowed = false, is_denied = false;
	for (unsigned i = 0; i < OWN_RULES; i++) {
		bool is_last = speaks_of(&own[i].rule, n);
		for (unsigned k = i + 1; k < OWN_RULES && is_last; k++)
			is_last = !speaks_of(&own[k].rule, n) ||
				!dname_equal(&own[i].rule.name, &own[k].rule.name);
		is_allowed |= is_last && own[i].kind == LIST_ALLOW;
		is_denied |= is_last && own[i].kind == LIST_DENY;
	}
	return is_allowed ? POLICY_ALLOW : is_denied ? POLICY_DENY : POLICY_NONE;
}

/* List i: kinds and modes by its number; group 1 has the even ones. */
static bool is_allow_list(unsigned i)
{
	return i % 4 == 1;
}

static bool is_monitor_list(unsigned i)
{
	return i % 4 == 2;
}

static struct policy_verdict model(uint16_t group, const struct dname *n)
{
	struct policy_verdict v = {.kind = own_word(n), .list = -1, .monitored = -1};
	int16_t allow = -1, deny = -1, monitor = -1;
	v.is_held = v.kind != POLICY_NONE;
	for (unsigned i = RANDOM_LISTS; i--;)
		for (unsigned k = 0; k < RANDOM_RULES; k++) {
			if (!speaks_of(&of_list[i][k].rule, n))
				continue;
			v.is_held = true;
			if (group == 1 && i % 2)
				continue;
			int16_t bit = (int16_t)(LISTDB_FIRST_LIST + i);
			*(is_allow_list(i) ? &allow : is_monitor_list(i) ? &monitor : &deny) = bit;
		}
	if (v.kind == POLICY_ALLOW)
		v.list = LISTDB_OWN_ALLOW;
	else if (v.kind == POLICY_DENY)
		v.list = LISTDB_OWN_DENY;
	if (v.kind != POLICY_NONE)
		return v;
	v.list = allow >= 0 ? allow : deny;
	v.kind = allow >= 0 ? POLICY_ALLOW : deny >= 0 ? POLICY_DENY : POLICY_NONE;
	v.monitored = allow >= 0 ? -1 : monitor;
	return v;
}

static void make_random_view(void)
{
	static char texts[RANDOM_LISTS][RANDOM_RULES * 64], names[RANDOM_LISTS][16];
	static char config[16384];
	struct view_harness_list built[RANDOM_LISTS];
	char rule[64], line[80], of_group[256] = "";
	size_t n = (size_t)snprintf(config, sizeof config, "lists:\n");
	for (unsigned i = 0; i < RANDOM_LISTS; i++) {
		texts[i][0] = 0;
		for (unsigned k = 0; k < RANDOM_RULES; k++) {
			of_list[i][k].rule = draw_rule(rule);
			strcat(strcat(texts[i], k ? " " : ""), rule);
		}
		snprintf(names[i], sizeof names[i], "l%u", i);
		built[i] = (struct view_harness_list){names[i], texts[i]};
		if (i % 2 == 0)
			strcat(strcat(of_group, i ? ", " : ""), names[i]);
		n += (size_t)snprintf(config + n, sizeof config - n,
			"  - {name: l%u, source: /x, kind: %s, mode: %s}\n", i,
			is_allow_list(i) ? "allow" : "deny",
			is_monitor_list(i) ? "monitor" : "block");
	}
	snprintf(config + n, sizeof config - n,
		"groups: [{name: g, clients: [10.0.0.0/8], lists: [%s]}]\n", of_group);
	h.rules.count = 0;
	for (unsigned i = 0; i < OWN_RULES; i++) {
		/* Only a few, or nothing would be left for the lists. */
		own[i].rule = draw_rule(rule);
		own[i].kind = draw(2) ? LIST_ALLOW : LIST_DENY;
		if (own[i].rule.is_below)
			own[i].rule.is_below = own[i].rule.name.labels > 4;
		char text[DNAME_TEXT_MAX + 2];
		own[i].rule.is_self |= !own[i].rule.is_below;
		snprintf(line, sizeof line, "%s %.60s", config_kind_name(own[i].kind),
			config_rule_to_text(&own[i].rule, text));
		view_harness_set(&h, line);
	}
	view_harness_join(&h, config, built, RANDOM_LISTS);
}

static void test_against_the_model(void **state)
{
	(void)state;
	unsigned kinds[3] = {0}, monitored = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		make_random_view();
		for (unsigned i = 0; i < 1500; i++) {
			char text[64];
			draw_name(text, 0);
			struct dname n = fixture_name(text);
			uint16_t group = (uint16_t)draw(2);
			struct policy_question about = {.name = &n, .group = group, .type = TYPE_A};
			struct policy_verdict is = policy_judge(h.view, NULL, &about);
			struct policy_verdict wanted = model(group, &n);
			if (is.kind != wanted.kind || is.list != wanted.list ||
				is.monitored != wanted.monitored || is.is_held != wanted.is_held)
				fail_msg("%s in group %u: %d %d %d %d, not %d %d %d %d", text,
					group, is.kind, is.list, is.monitored, is.is_held,
					wanted.kind, wanted.list, wanted.monitored, wanted.is_held);
			kinds[is.kind]++;
			monitored += is.monitored >= 0;
		}
	}
	print_message("%u none, %u allow, %u deny, %u monitored\n", kinds[POLICY_NONE],
		kinds[POLICY_ALLOW], kinds[POLICY_DENY], monitored);
	assert_true(kinds[POLICY_NONE] > 100 && kinds[POLICY_ALLOW] > 100 &&
		kinds[POLICY_DENY] > 100 && monitored > 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
	const struct CMUnitTest tests[] = {
		TEST(test_forms_of_a_rule),
		TEST(test_every_depth),
		TEST(test_lists),
		TEST(test_many_lists),
		TEST(test_held_or_clean),
		TEST(test_groups),
		TEST(test_own_rules_win),
		TEST(test_run_time_rules),
		TEST(test_stage),
		TEST(test_stage_while_paused),
		TEST(test_again_after_a_park),
		TEST(test_against_the_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
