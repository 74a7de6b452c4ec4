/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar as a list of feeds, with generators that are not there: when it is made, and what of it is taken in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/calendar_feed.h"
#include "feeds/format/publics.h"
#include "feeds/listdb/detail.h"
#include "feeds/listdb/listdb.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	char path[PATH_MAX], seeds[PATH_MAX];
	struct plan_calendar calendar;
	struct fetch_job job;
	struct plan plan;
	struct publics *publics;
	struct guard *guard;
	struct build *build;
	struct intake_report report;
	struct calendar_list_facts facts;
	struct listdb *db;
	struct err why;
};

static int fake_make(const struct calendar_list_wish *wish, FILE *to,
	struct calendar_list_tally *tally, struct err *why)
{
	if (*wish->seeds && access(wish->seeds, R_OK))
		return err_set(why, CEN_ENOTFOUND, "%s: is not there", "seeds");
	fprintf(to, "a%lld-name.example\tnecurs\n", (long long)wish->first_day);
	*tally = (struct calendar_list_tally){
		.names = 1, .families = 1, .popular = 7, .too_short = 9};
	return 0;
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	snprintf(t->path, sizeof t->path, "%s/list", t->folder.path);
	snprintf(t->seeds, sizeof t->seeds, "%s/seeds", t->folder.path);
	t->calendar = (struct plan_calendar){
		.wish = {.first_day = 20000, .last_day = 20004, .seeds = "", .popular = ""},
		.make = fake_make};
	t->job = (struct fetch_job){.to = t->path, .fd = -1};
	t->publics = publics_new(PUBLICS_FILE);
	t->guard = guard_new(&t->plan);
	assert_true(t->publics && t->guard);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	listdb_close(t->db);
	build_free(t->build);
	guard_free(t->guard);
	publics_free(t->publics);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static enum fetch_outcome make(struct test *t)
{
	t->job.outcome = FETCH_FAILED;
	t->job.why.text[0] = 0;
	calendar_feed_make(&t->job, &t->calendar);
	t->job.has_content = t->job.has_content || t->job.outcome == FETCH_NEW;
	return t->job.outcome;
}

static void it_is_made_when_something_is_new(void **state)
{
	struct test *t = *state;
	assert_int_equal(make(t), FETCH_NEW);
	assert_int_equal(make(t), FETCH_UNCHANGED);
	t->calendar.wish.first_day++; /* another day */
	assert_int_equal(make(t), FETCH_NEW);
	t->calendar.wish.seeds = t->seeds;
	folder_write(&t->folder, "seeds", "x", 1);
	assert_int_equal(make(t), FETCH_NEW);
	assert_int_equal(make(t), FETCH_UNCHANGED);
	folder_write(&t->folder, "seeds", "xy", 2);
	assert_int_equal(make(t), FETCH_NEW);
	t->calendar.wish.is_undated = true;
	assert_int_equal(make(t), FETCH_NEW);
	t->calendar.wish.last_day++; /* is of no interest then */
	assert_int_equal(make(t), FETCH_UNCHANGED);
}

static void a_failure_leaves_nothing(void **state)
{
	struct test *t = *state;
	t->calendar.wish.seeds = t->seeds;
	assert_int_equal(make(t), FETCH_FAILED);
	assert_string_equal(t->job.why.text, "seeds: is not there");
	assert_int_not_equal(access(t->path, F_OK), 0);
	assert_false(t->job.is_ours);
	t->calendar.make = NULL;
	assert_int_equal(make(t), FETCH_FAILED);
	assert_string_equal(t->job.why.text, "this program has no calendar");
}

static void take(struct test *t, const char *text)
{
	struct build_options options = {.folder = t->folder.path, .run_keys = 1000};
	struct build_head head = {.number = 1, .created_s = 1, .digest = 1};
	struct listdb_list about = {.name = "dga-calendar", .format = "calendar"};
	const struct intake_limits limits = {.max_bytes = 1 << 20};
	if (text)
		folder_write(&t->folder, "list", text, strlen(text));
	assert_int_equal(build_new(&options, &t->build, &t->why), 0);
	assert_int_equal(build_begin(t->build, &t->why), 0);
	if (calendar_feed_take(t->path, &limits, t->publics, t->guard, t->build, &t->report,
		    &t->facts, &t->why))
		fail_msg("%s", t->why.text);
	assert_int_equal(build_keep(t->build, &about, &t->why), 0);
	const char *path = folder_file(&t->folder, "1.mdb");
	assert_int_equal(build_write(t->build, path, &head, &t->why), 0);
	if (listdb_open(path, &t->db, &t->why))
		fail_msg("%s", t->why.text);
}

/* By the rule on exactly this name; NULL: there is none. */
static const char *family_of(struct test *t, const char *text)
{
	struct dname d;
	struct listdb_set set;
	assert_int_equal(dname_from_text(text, strlen(text), &d), 0);
	if (listdb_find(t->db, &d, &set))
		return NULL;
	const struct listdb_index *x = listdb_index(t->db);
	uint8_t offsets[DNAME_LABELS_MAX];
	uint64_t hash = x->seed;
	size_t n = 0;
	for (unsigned i = dname_offsets(&d, offsets); i--;)
		hash = hash_label(hash, d.bytes + offsets[i]);
	const struct listdb_rule *r = listdb_rules_of_name(x, hash, &n);
	assert_true(n >= 1);
	assert_int_equal(r->flags, LISTDB_RULE_SELF | LISTDB_RULE_BELOW);
	return detail_family(listdb_about(x, r), r->about_len);
}

static void what_is_made_is_taken_in(void **state)
{
	struct test *t = *state;
	assert_int_equal(make(t), FETCH_NEW);
	take(t, NULL);
	assert_string_equal(family_of(t, "a20000-name.example"), "necurs");
	assert_true(t->facts.is_known);
	assert_int_equal(t->facts.first_day, 20000);
	assert_int_equal(t->facts.last_day, 20004);
	assert_int_equal(t->facts.families, 1);
	assert_int_equal(t->facts.popular, 7);
	assert_int_equal(t->facts.too_short, 9);
	assert_int_equal(t->report.rules, 1);
	assert_string_equal(t->report.format->name, "calendar");
}

static void families_and_what_is_no_line(void **state)
{
	struct test *t = *state;
	char text[1024];
	/* A line longer than any family's name may be. */
	snprintf(text, sizeof text,
		"one.example\ttinba\ntwo.example\ttinba\nthree.example\tmurofet\none.example\t"
		"necurs\nno-family.example\nempty.example\t\nnot a name\ttinba\nco.uk\ttinba\n"
		"\ttinba\nlong.example\t%0100d\nbad.example\ta\001b\n\n# days x\n# days 1 2 "
		"families 3 popular 4 short 5\n",
		0);
	take(t, text);
	assert_string_equal(family_of(t, "one.example"), "tinba"); /* the first says it */
	assert_string_equal(family_of(t, "two.example"), "tinba");
	assert_string_equal(family_of(t, "three.example"), "murofet");
	assert_null(family_of(t, "no-family.example"));
	assert_null(family_of(t, "empty.example"));
	assert_null(family_of(t, "long.example"));
	assert_null(family_of(t, "bad.example"));
	assert_null(family_of(t, "co.uk"));
	assert_int_equal(t->report.rules, 4);
	assert_int_equal(t->report.skips[FORMAT_PUBLIC_SUFFIX], 1);
	assert_int_equal(t->facts.families, 3);
	assert_int_equal(listdb_list(t->db, 0)->rules, 3);
}

static void protected_names_are_left_out(void **state)
{
	struct test *t = *state;
	char *own = strdup("deep.below.mine.example");
	t->plan.protected = &own;
	t->plan.protected_count = 1;
	guard_free(t->guard);
	t->guard = guard_new(&t->plan);
	/* At, above and below; and what only looks alike. */
	take(t,
		"google.com\tx\nmine.example\tx\nbelow.mine.example\tx\n"
		"more.deep.below.mine.example\tx\nother.mine.example\tx\nnotgoogle.com\tx\n"
		"mail.google.com\tx\n");
	free(own);
	assert_int_equal(t->facts.protected, 5);
	assert_string_equal(family_of(t, "other.mine.example"), "x");
	assert_string_equal(family_of(t, "notgoogle.com"), "x");
	assert_null(family_of(t, "google.com"));
	assert_null(family_of(t, "mail.google.com"));
	assert_int_equal(listdb_name_count(t->db), 2);
}

static void its_words_are_checked(void **state)
{
	(void)state;
	static const uint8_t good[] = {DETAIL_FAMILY, 0, 2, 'a', 0},
			     open[] = {DETAIL_FAMILY, 0, 2, 'a', 'b'},
			     empty[] = {DETAIL_FAMILY, 0, 1, 0},
			     inner[] = {DETAIL_FAMILY, 0, 3, 'a', 0, 0};
	assert_true(detail_is_good(good, sizeof good));
	assert_string_equal(detail_family(good, sizeof good), "a");
	assert_false(detail_is_good(open, sizeof open));
	assert_false(detail_is_good(empty, sizeof empty));
	assert_false(detail_is_good(inner, sizeof inner));
	assert_null(detail_family(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_is_made_when_something_is_new, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failure_leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_made_is_taken_in, set_up, tear_down),
		cmocka_unit_test_setup_teardown(families_and_what_is_no_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(protected_names_are_left_out, set_up, tear_down),
		cmocka_unit_test(its_words_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
