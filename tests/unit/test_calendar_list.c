/* SPDX-License-Identifier: BSD-2-Clause
 * The text of the calendar's list: each name once, and none that may be somebody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dga/calendar.h"
#include "resolver/botnets.h"
#include "resolver/calendar_list.h"
#include "tests/unit/folder.h"

enum { DAY = 20000 };

struct test {
	struct folder folder;
	char seeds[PATH_MAX], popular[PATH_MAX];
	struct calendar_list_wish wish;
	struct calendar_list_tally tally;
	char *text;
	size_t size;
	struct err why;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	snprintf(t->seeds, sizeof t->seeds, "%s/seeds", t->folder.path);
	snprintf(t->popular, sizeof t->popular, "%s/popular", t->folder.path);
	t->wish = (struct calendar_list_wish){
		.first_day = DAY, .last_day = DAY, .seeds = "", .popular = ""};
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	folder_remove(&t->folder);
	free(t->text);
	free(t);
	return 0;
}

static int make(struct test *t)
{
	free(t->text);
	t->text = NULL;
	FILE *to = open_memstream(&t->text, &t->size);
	assert_non_null(to);
	int rc = calendar_list_make(&t->wish, to, &t->tally, &t->why);
	assert_int_equal(fclose(to), 0);
	return rc;
}

static void must(struct test *t)
{
	if (make(t))
		fail_msg("%s", t->why.text);
}

static size_t lines(const struct test *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->size; i++)
		n += t->text[i] == '\n';
	return n;
}

static bool has(const struct test *t, const char *line)
{
	char wanted[300];
	snprintf(wanted, sizeof wanted, "\n%s\n", line);
	return strstr(t->text, wanted) || !strncmp(t->text, wanted + 1, strlen(wanted + 1));
}

/* A set whose first name is this one. */
static void use_seeds(struct test *t, const char *const *names, size_t n)
{
	FILE *out = fopen(t->seeds, "w");
	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "banjori\tv1\t{\"seed_domain\": \"%s\", \"count\": 1}\n", names[i]);
	assert_int_equal(fclose(out), 0);
	t->wish.seeds = t->seeds;
}

static void each_name_comes_once(void **state)
{
	struct test *t = *state;
	must(t);
	size_t one_day = lines(t);
	assert_int_equal(t->tally.names, one_day);
	assert_true(t->tally.families >= 5 && one_day > 1000);
	uint64_t first = t->tally.names;
	/* What no date changes is there once, however many days. */
	t->wish.last_day = DAY + 2;
	must(t);
	assert_int_equal(lines(t), t->tally.names);
	assert_true(t->tally.names > first && t->tally.names < 3 * first);
	t->wish.is_undated = true;
	must(t);
	assert_true(t->tally.names > 0 && t->tally.names < first);
	/* The same on any day. */
	char *before = strdup(t->text);
	t->wish.first_day = t->wish.last_day = DAY + 1000;
	must(t);
	assert_string_equal(t->text, before);
	free(before);
}

static void what_is_somebody_s_is_left_out(void **state)
{
	struct test *t = *state;
	static const char *const names[] = {
		"ourname.com", "wikipedia.org", "fiver.com", "ourname.com", "bignumber.org"};
	must(t);
	struct calendar_list_tally before = t->tally;
	use_seeds(t, names, 5);
	must(t);
	assert_true(has(t, "ourname.com\tbanjori"));
	assert_true(has(t, "bignumber.org\tbanjori"));
	assert_false(has(t, "wikipedia.org\tbanjori"));
	assert_false(has(t, "fiver.com\tbanjori"));
	assert_int_equal(t->tally.names, before.names + 2);
	assert_int_equal(t->tally.popular, before.popular + 1);
	assert_int_equal(t->tally.too_short, before.too_short + 1);
	/* The operator's own popular names. */
	folder_write(&t->folder, "popular", "1,bignumber.org\n", 16);
	t->wish.popular = t->popular;
	must(t);
	assert_false(has(t, "bignumber.org\tbanjori"));
	assert_true(has(t, "wikipedia.org\tbanjori"));
}

static void bad_files_are_said(void **state)
{
	struct test *t = *state;
	folder_write(&t->folder, "seeds", "x\n", 2);
	t->wish.seeds = t->seeds;
	assert_true(make(t) < 0);
	assert_non_null(strstr(t->why.text, "line 1"));
	t->wish.seeds = "";
	t->wish.popular = "/does/not/exist";
	assert_true(make(t) < 0);
	assert_non_null(strstr(t->why.text, "/does/not/exist"));
	t->wish.popular = "";
	t->wish.last_day = t->wish.first_day + CALENDAR_DAYS_MAX;
	assert_true(make(t) < 0);
	assert_true(t->why.text[0]);
}

static void a_full_disk_is_said(void **state)
{
	struct test *t = *state;
	FILE *to = fopen("/dev/full", "w");
	assert_non_null(to);
	assert_true(calendar_list_make(&t->wish, to, &t->tally, &t->why) < 0);
	assert_non_null(strstr(t->why.text, "No space left"));
	fclose(to);
}

static void every_family_has_a_counter(void **state)
{
	(void)state;
	struct botnets b;
	struct calendar_maker maker;
	size_t sets;
	botnets_fill(&b);
	assert_true(b.count >= 5 && b.count < BOTNETS_MAX - 1);
	for (size_t i = 0; calendar_generator(i, &maker, &sets); i++)
		assert_string_equal(
			botnets_name(&b, botnets_index(&b, maker.family)), maker.family);
	assert_int_equal(botnets_index(&b, "of tomorrow"), BOTNETS_MAX - 1);
	assert_int_equal(botnets_index(&b, NULL), BOTNETS_MAX - 1);
	assert_int_equal(botnets_index(NULL, "necurs"), BOTNETS_MAX - 1);
	assert_string_equal(botnets_name(&b, BOTNETS_MAX - 1), "other");
	assert_null(botnets_name(&b, b.count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_name_comes_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_somebody_s_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_files_are_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_is_said, set_up, tear_down),
		cmocka_unit_test(every_family_has_a_counter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
