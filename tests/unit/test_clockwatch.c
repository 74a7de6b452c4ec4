/* SPDX-License-Identifier: BSD-2-Clause
 * What speaks against a machine's clock, and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feeds/clockwatch.h"

enum { DAY_S = 86400 };

static const uint64_t GOOD_S = (uint64_t)CENOTE_RELEASED_S + UINT64_C(100) * DAY_S;

static void a_good_clock(void **state)
{
	(void)state;
	struct clockwatch w = {0};
	assert_false(clockwatch_judge(&w, GOOD_S));
	assert_string_equal(w.reason, "");
	assert_false(w.is_before_release);
	/* State of today, and servers that are a few hours off. */
	clockwatch_note(&w, GOOD_S + CLOCKWATCH_BACK_S);
	clockwatch_hear(&w, CLOCKWATCH_SKEW_S);
	assert_false(clockwatch_judge(&w, GOOD_S));
	clockwatch_hear(&w, -CLOCKWATCH_SKEW_S);
	assert_false(clockwatch_judge(&w, GOOD_S));
	assert_string_equal(w.reason, "");
	/* Forward it may go as it likes: a machine that slept. */
	assert_false(clockwatch_judge(&w, GOOD_S + UINT64_C(400) * DAY_S));
}

static void before_the_release(void **state)
{
	(void)state;
	struct clockwatch w = {0};
	assert_true(clockwatch_judge(&w, 86400));
	assert_true(w.is_before_release);
	assert_string_equal(w.reason,
		"the clock of this machine is wrong: it says 1970-01-02T00:00:00Z, before this "
		"program was made; the calendar stays as it was");
	/* It is said once. */
	assert_false(clockwatch_judge(&w, 86460));
	assert_true(clockwatch_judge(&w, GOOD_S));
	assert_false(w.is_before_release);
	assert_string_equal(w.reason, "");
	assert_true(clockwatch_judge(&w, (uint64_t)CENOTE_RELEASED_S - 1));
}

static void back_in_time(void **state)
{
	(void)state;
	struct clockwatch w = {0};
	clockwatch_note(&w, GOOD_S);
	clockwatch_note(&w, GOOD_S - 5); /* the latest counts */
	assert_false(clockwatch_judge(&w, GOOD_S - CLOCKWATCH_BACK_S));
	assert_true(clockwatch_judge(&w, GOOD_S - CLOCKWATCH_BACK_S - 1));
	assert_non_null(strstr(w.reason, "the clock of this machine went back: it says 20"));
	assert_false(w.is_before_release);
	/* It stays said until the clock is where it was. */
	assert_false(clockwatch_judge(&w, GOOD_S - CLOCKWATCH_BACK_S - 1));
	assert_true(w.reason[0]);
	assert_true(clockwatch_judge(&w, GOOD_S));
	/* What it has shown itself counts, too. */
	assert_true(clockwatch_judge(&w, GOOD_S - DAY_S));
}

static void servers_say_otherwise(void **state)
{
	(void)state;
	struct clockwatch w = {0};
	clockwatch_hear(&w, 3 * DAY_S + 5);
	assert_true(clockwatch_judge(&w, GOOD_S));
	assert_string_equal(w.reason,
		"the clock of this machine seems wrong: the servers of the lists say that it is 3 "
		"days later");
	clockwatch_hear(&w, -DAY_S - 1);
	assert_false(clockwatch_judge(&w, GOOD_S));
	assert_string_equal(w.reason,
		"the clock of this machine seems wrong: the servers of the lists say that it is 1 "
		"day earlier");
	clockwatch_hear(&w, 7);
	assert_true(clockwatch_judge(&w, GOOD_S));
	assert_string_equal(w.reason, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_clock),
		cmocka_unit_test(before_the_release),
		cmocka_unit_test(back_in_time),
		cmocka_unit_test(servers_say_otherwise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
