/* SPDX-License-Identifier: BSD-2-Clause
 * When lists are due, and what is remembered of them: under a clock that stands still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feeds/ledger.h"
#include "resolver/base/clock.h"
#include "tests/unit/folder.h"

enum { WALL_S = 1700000000, REFRESH_S = 1000 };

static const uint64_t S = 1000; /* in milliseconds */

struct test {
	struct config config;
	struct config_list lists[2];
	struct ledger ledger;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	clock_freeze(3600 * UINT64_C(1000000), WALL_S);
	static const char *const names[] = {"a", "b"};
	for (int i = 0; i < 2; i++)
		t->lists[i] = (struct config_list){.name = (char *)(uintptr_t)names[i],
			.source = (char *)(uintptr_t) "http://x.example/l",
			.refresh_s = REFRESH_S};
	t->config.lists = t->lists;
	t->config.list_count = 1;
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	ledger_clear(&t->ledger);
	clock_thaw();
	free(t);
	return 0;
}

/* What the next plan asks of list `i`. */
static bool is_due(struct test *t, size_t i)
{
	struct plan plan = {0};
	assert_int_equal(ledger_plan(&t->ledger, &plan), 0);
	bool is_it = plan.lists[i].is_due;
	plan_free(&plan);
	return is_it;
}

static void apply(struct test *t, enum feeds_state state, bool is_fetched, const char *reason)
{
	struct plan_result r = {
		.name = "a", .state = state, .is_asked = true, .is_fetched = is_fetched};
	struct plan_report report = {.results = &r, .result_count = 1};
	snprintf(r.reason, sizeof r.reason, "%s", reason);
	ledger_apply(&t->ledger, &report);
}

static uint64_t wait_ms(const struct test *t)
{
	return ledger_next_ms(&t->ledger) - clock_ms();
}

static void assert_between(uint64_t v, uint64_t low, uint64_t high)
{
	if (v < low || v > high)
		fail_msg("%llu is not from %llu to %llu", (unsigned long long)v,
			(unsigned long long)low, (unsigned long long)high);
}

static void a_new_list_is_due(void **state)
{
	struct test *t = *state;
	assert_int_equal(ledger_next_ms(&t->ledger), 0);
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	assert_false(is_due(t, 0));
	assert_between(wait_ms(t), REFRESH_S * S, REFRESH_S * S * 11 / 10);
	clock_advance(REFRESH_S * UINT64_C(1100000));
	assert_true(is_due(t, 0));
}

static void what_is_due_soon_is_taken_along(void **state)
{
	struct test *t = *state;
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	uint64_t left_ms = wait_ms(t);
	clock_advance((left_ms - 60 * S - 1) * 1000);
	assert_false(is_due(t, 0));
	clock_advance(2000);
	assert_true(is_due(t, 0));
	assert_true(wait_ms(t) > 50 * S); /* but no round begins for it */
}

static void failures_wait_longer_and_longer(void **state)
{
	struct test *t = *state;
	assert_true(is_due(t, 0));
	static const uint64_t waits[] = {60, 120, 240, 480, 960, REFRESH_S, REFRESH_S};
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		apply(t, FEEDS_NEVER, false, "no route");
		assert_between(wait_ms(t), waits[i] * S, waits[i] * S * 3 / 2);
	}
	struct feeds_list_status s;
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.checked_s, WALL_S);
	assert_string_equal(s.reason, "no route");
	assert_between(s.next_s, WALL_S + REFRESH_S, WALL_S + REFRESH_S * 3 / 2 + 1);
	/* Refused content is tried again like a failure; a good one ends it. */
	apply(t, FEEDS_REFUSED, true, "HTML");
	assert_between(wait_ms(t), REFRESH_S * S, REFRESH_S * S * 3 / 2);
	apply(t, FEEDS_OK, true, "");
	apply(t, FEEDS_REFUSED, true, "HTML");
	assert_between(wait_ms(t), 60 * S, 90 * S);
}

static void results_that_were_not_asked_for_change_little(void **state)
{
	struct test *t = *state;
	assert_true(is_due(t, 0));
	apply(t, FEEDS_STALE, false, "no route");
	uint64_t due_ms = ledger_next_ms(&t->ledger);
	struct plan_result r = {.name = "a", .state = FEEDS_OK};
	struct plan_result foreign = {.name = "zzz", .state = FEEDS_OK, .is_asked = true};
	struct plan_result both[] = {r, foreign};
	struct plan_report report = {.results = both, .result_count = 2};
	clock_advance(1000000);
	ledger_apply(&t->ledger, &report);
	struct feeds_list_status s;
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.state, FEEDS_STALE);
	assert_string_equal(s.reason, "no route");
	assert_int_equal(ledger_next_ms(&t->ledger), due_ms);
}

static void a_list_asked_for_by_hand_is_not_lost(void **state)
{
	struct test *t = *state;
	assert_int_equal(ledger_set_due(&t->ledger, "nope"), CEN_ENOTFOUND);
	assert_true(is_due(t, 0));
	/* While that round runs. */
	assert_int_equal(ledger_set_due(&t->ledger, "a"), 0);
	apply(t, FEEDS_OK, true, "");
	assert_int_equal(ledger_next_ms(&t->ledger), 0);
	assert_true(is_due(t, 0));
	assert_false(is_due(t, 0));
}

static void a_round_that_failed_early_is_not_repeated_at_once(void **state)
{
	struct test *t = *state;
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	clock_advance(2 * REFRESH_S * UINT64_C(1000000));
	assert_true(is_due(t, 0));
	ledger_postpone(&t->ledger);
	assert_between(wait_ms(t), 60 * S, 90 * S);
}

static void no_report_fails_what_was_due(void **state)
{
	struct test *t = *state;
	struct plan plan = {0};
	assert_int_equal(ledger_plan(&t->ledger, &plan), 0);
	ledger_apply_failure(&t->ledger, &plan, "killed");
	plan_free(&plan);
	struct feeds_list_status s;
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.state, FEEDS_NEVER);
	assert_string_equal(s.reason, "killed");
	assert_between(wait_ms(t), 60 * S, 90 * S);
}

static void configuration_changes(void **state)
{
	struct test *t = *state;
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	/* A second list; the first keeps what is known. */
	t->config.list_count = 2;
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	struct plan plan = {0};
	assert_int_equal(ledger_plan(&t->ledger, &plan), 0);
	assert_int_equal(plan.list_count, 2);
	assert_false(plan.lists[0].is_due);
	assert_true(plan.lists[1].is_due);
	plan_free(&plan);
	struct feeds_list_status s;
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.state, FEEDS_OK);
	/* A shorter refresh acts at once, another source starts anew. */
	t->lists[0].refresh_s = 100;
	t->config.list_count = 1;
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	assert_between(wait_ms(t), 0, 110 * S);
	t->lists[0].source = (char *)(uintptr_t) "/other";
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	assert_true(is_due(t, 0));
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.state, FEEDS_NEVER);
	t->config.list_count = 0;
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	assert_true(ledger_next_ms(&t->ledger) == UINT64_MAX);
}

/* Writes the ledger, and loads it into one that is fresh. */
static void restart(struct test *t, const char *path)
{
	char *text = ledger_to_text(&t->ledger);
	assert_non_null(text);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
	free(text);
	ledger_clear(&t->ledger);
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	ledger_load(&t->ledger, path);
}

static void it_is_kept_over_restarts(void **state)
{
	struct test *t = *state;
	struct folder folder;
	struct feeds_list_status s;
	folder_make(&folder);
	const char *path = folder_file(&folder, "feeds.json");
	assert_true(is_due(t, 0));
	snprintf(t->ledger.entries[0].tags.etag, PLAN_TAG_MAX, "\"v1\"");
	struct plan_result r = {.name = "a",
		.state = FEEDS_STALE,
		.is_asked = true,
		.tags = {"\"v2\"", "Mon"},
		.reason = "no route"};
	struct plan_report report = {.results = &r, .result_count = 1};
	ledger_apply(&t->ledger, &report);
	ledger_apply(&t->ledger, &report);
	clock_advance(50 * 1000000);
	restart(t, path);
	ledger_status(&t->ledger, 0, &s);
	assert_int_equal(s.state, FEEDS_STALE);
	assert_string_equal(s.reason, "no route");
	assert_int_equal(s.checked_s, WALL_S);
	assert_string_equal(t->ledger.entries[0].tags.etag, "\"v2\"");
	assert_string_equal(t->ledger.entries[0].tags.modified, "Mon");
	assert_between(wait_ms(t), 70 * S, 105 * S); /* 120 s after the second failure */
	/* A clock that went back: due. */
	clock_freeze(3600 * UINT64_C(1000000), WALL_S - 100);
	restart(t, path);
	assert_true(is_due(t, 0));
	/* Another source: nothing is known of it. */
	t->lists[0].source = (char *)(uintptr_t) "/other";
	ledger_clear(&t->ledger);
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	ledger_load(&t->ledger, path);
	assert_string_equal(t->ledger.entries[0].tags.etag, "");
	folder_remove(&folder);
}

static void damaged_files_are_no_failure(void **state)
{
	struct test *t = *state;
	struct folder folder;
	folder_make(&folder);
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"version\": 1, \"lists\": 7}",
		"{\"version\": 1, \"lists\": [7, {}, {\"name\": \"a\"}, {\"name\": \"a\","
		" \"source\": \"http://x.example/l\", \"state\": 99, \"checked\": -5,"
		" \"fails\": 99999999999, \"etag\": {}}]}",
		"{\"version\": 99, \"lists\": [{\"name\": \"a\"}]}"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		ledger_load(&t->ledger, folder_write(&folder, "x", texts[i], strlen(texts[i])));
		struct feeds_list_status s;
		ledger_status(&t->ledger, 0, &s);
		assert_int_equal(s.state, FEEDS_NEVER);
		assert_int_equal(ledger_next_ms(&t->ledger), 0);
	}
	folder_remove(&folder);
}

/* --- the calendar ------------------------------------------------------------------------------- */

enum { DAY_S = 86400 };

static void use_calendar(struct test *t, const char *source)
{
	t->lists[0].source = (char *)(uintptr_t)source;
	t->lists[0].refresh_s = DAY_S;
	assert_int_equal(ledger_configure(&t->ledger, &t->config), 0);
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
}

static void the_calendar_is_due_with_the_day(void **state)
{
	struct test *t = *state;
	use_calendar(t, "calendar:2");
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	uint64_t left_s = DAY_S - WALL_S % DAY_S;
	assert_int_equal(wait_ms(t), left_s * S); /* no server is spared by coming later */
	clock_advance((left_s - 1) * 1000000);
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_false(is_due(t, 0));
	clock_advance(1000000);
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_int_equal(ledger_next_ms(&t->ledger), 0);
	assert_true(is_due(t, 0));
	apply(t, FEEDS_OK, true, "");
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_false(is_due(t, 0));
	/* The wall clock alone may jump. */
	clock_freeze(clock_us(), clock_wall_s() + 3 * DAY_S);
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_true(is_due(t, 0));
	/* A day that cannot be made is tried again soon, not at once. */
	apply(t, FEEDS_STALE, false, "no");
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_false(is_due(t, 0));
	assert_int_equal(wait_ms(t), 60 * S);
}

static void without_a_day_the_calendar_waits(void **state)
{
	struct test *t = *state;
	use_calendar(t, "calendar:2");
	ledger_turn_day(&t->ledger, 5, false);
	assert_true(ledger_next_ms(&t->ledger) == UINT64_MAX);
	assert_false(is_due(t, 0)); /* the helper makes one of no day if there is none at all */
	apply(t, FEEDS_OK, true, "");
	ledger_turn_day(&t->ledger, 5, false);
	assert_false(is_due(t, 0));
	/* Now it is known. */
	ledger_turn_day(&t->ledger, clock_wall_s(), true);
	assert_int_equal(ledger_next_ms(&t->ledger), 0);
	assert_true(is_due(t, 0));
}

static void what_the_calendar_holds_is_kept(void **state)
{
	struct test *t = *state;
	struct folder folder;
	struct feeds_list_status s;
	folder_make(&folder);
	use_calendar(t, "calendar:2");
	assert_true(is_due(t, 0));
	struct plan_result r = {.name = "a",
		.state = FEEDS_OK,
		.is_asked = true,
		.is_fetched = true,
		.calendar = {true, 20000, 20004, 31, 7, 9, 2}};
	struct plan_report report = {.results = &r, .result_count = 1};
	ledger_apply(&t->ledger, &report);
	restart(t, folder_file(&folder, "feeds.json"));
	ledger_status(&t->ledger, 0, &s);
	assert_memory_equal(&s.calendar, &r.calendar, sizeof s.calendar);
	/* The helper sees whether its files are the same. */
	assert_int_equal(ledger_next_ms(&t->ledger), 0);
	assert_int_equal(ledger_newest_s(&t->ledger), WALL_S);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_list_is_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_due_soon_is_taken_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failures_wait_longer_and_longer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			results_that_were_not_asked_for_change_little, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_list_asked_for_by_hand_is_not_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_round_that_failed_early_is_not_repeated_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_report_fails_what_was_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(configuration_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_kept_over_restarts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_files_are_no_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_calendar_is_due_with_the_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_a_day_the_calendar_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_calendar_holds_is_kept, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
