/* SPDX-License-Identifier: BSD-2-Clause
 * Many patterns against one name: which match, which are refused, and what hostile ones may cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/patterns.h"
#include "feeds/listdb/patterns_literal.h"

static struct dname name_of(const char *text)
{
	struct dname d;
	if (dname_from_text(text, strlen(text), &d))
		fail_msg("not a name: %s", text);
	return d;
}

static struct patterns *make(const char *const *texts)
{
	size_t n = 0;
	while (texts[n])
		n++;
	struct patterns *p = patterns_new(n);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		patterns_add(p, texts[i], strlen(texts[i]));
	assert_int_equal(patterns_finish(p), 0);
	return p;
}

/* The numbers of the patterns that match, as text; both ways must say the same. */
static const char *find(const struct patterns *p, struct patterns_scratch *s, const char *name)
{
	static _Thread_local char text[256];
	uint32_t out[16], slow[16];
	struct dname d = name_of(name);
	size_t n = patterns_find(p, s, &d, out, 16);
	assert_int_equal(patterns_find_slowly(p, s, &d, slow, 16), n);
	assert_memory_equal(out, slow, n * sizeof *out);
	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%u ", out[i]);
	return text;
}

static void names_are_matched(void **state)
{
	(void)state;
	static const char *const texts[] = {"^ad[sxv]?[0-9]*[_.-]", "^(.+[_.-])?telemetry[_.-]",
		"TRACK(er|ing)\\.", "beacon|pixel", "\\.doubleclick\\.net$", "^x{3}y+z$",
		"(?i)UPPER", "metric[.]s", "[0-9]{4}click\\x2d", "(?:foo|ba[rz]qux)quux$", NULL};
	struct patterns *p = make(texts);
	struct patterns_scratch *s = patterns_scratch_new();
	assert_non_null(s);
	assert_string_equal(find(p, s, "ads12.example.com"), "0 ");
	assert_string_equal(find(p, s, "adx-1.example.com"), "0 ");
	assert_string_equal(find(p, s, "add.example.com"), "");
	assert_string_equal(find(p, s, "a.telemetry.example"), "1 ");
	assert_string_equal(find(p, s, "telemetry.example"), "1 ");
	assert_string_equal(find(p, s, "telemetrix.example"), "");
	assert_string_equal(find(p, s, "tracker.beacon.example"), "2 3 ");
	assert_string_equal(find(p, s, "MyTracking.Example"), "2 ");
	assert_string_equal(find(p, s, "pixel.example"), "3 ");
	assert_string_equal(find(p, s, "ad.pixel.telemetry.doubleclick.net"), "0 1 3 4 ");
	assert_string_equal(find(p, s, "doubleclick.net"), "");
	assert_string_equal(find(p, s, "xxxyyyz"), "5 ");
	assert_string_equal(find(p, s, "xxyz"), "");
	assert_string_equal(find(p, s, "upper.example"), "6 ");
	assert_string_equal(find(p, s, "metric.s.example"), "7 ");
	assert_string_equal(find(p, s, "metricxs.example"), "");
	assert_string_equal(find(p, s, "a1234click-b"), "8 ");
	assert_string_equal(find(p, s, "foo.barquxquux"), "9 ");
	assert_string_equal(find(p, s, "."), "");
	struct dname d = name_of("ad.pixel.telemetry.doubleclick.net");
	uint32_t out[2];
	assert_int_equal(patterns_find(p, s, &d, out, 2), 2);
	assert_int_equal(patterns_limited(p), 0);
	patterns_scratch_free(s);
	patterns_free(p);
}

static void what_cannot_be_used_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".*", "^.+$", "[a-z]+\\.[a-z]+", "a", "(foo)?",
		"foo|.*", "(foo", "foo)", "foo)|(bar", "[foo", "foo\\", "(?R)foo", "(foo)\\1",
		"(?<n>foo)\\k<n>", "(*LIMIT_MATCH=1)foo", "(*UTF)foo", "\\p{L}foo", "\\Qfoo\\E",
		"foo{300}", "(foo{255}){255}{255}", "*foo", "(?x)fo o", "(?#x)foo", "foo(?C1)",
		"(((((((((((((((((foo)))))))))))))))))", "\\Cfoo", "foo{,3}", "(?P=n)foo", "\\xfoo",
		"(?(1)foo|bar)", "(?>foo", "[[.foo", "foo[[:x", "foo[z-a]", "(?1)foo"};
	struct err why;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		why.text[0] = 0;
		if (patterns_check(bad[i], strlen(bad[i]), &why) != CEN_EFORMAT)
			fail_msg("taken: %s", bad[i]);
		assert_true(why.text[0]);
	}
	char longest[1025];
	memset(longest, 'a', sizeof longest);
	assert_int_equal(patterns_check(longest, 1024, &why), 0);
	assert_int_equal(patterns_check(longest, 1025, &why), CEN_EFORMAT);
	/* It keeps its number and matches nothing. */
	static const char *const texts[] = {"foo)|(bar", "foo", NULL};
	struct patterns *p = make(texts);
	struct patterns_scratch *s = patterns_scratch_new();
	assert_string_equal(find(p, s, "foo.example"), "1 ");
	assert_string_equal(find(p, s, "bar.example"), "");
	patterns_scratch_free(s);
	patterns_free(p);
}

static const char *literals_of(const char *pattern)
{
	static char text[1024];
	struct patterns_literal_set set;
	text[0] = 0;
	if (patterns_literal_find(pattern, strlen(pattern), &set, NULL))
		return "none";
	for (unsigned i = 0; i < set.count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", i ? "|" : "",
			set.of[i].len, set.of[i].at);
	return text;
}

static void the_needed_literal_is_found(void **state)
{
	(void)state;
	assert_string_equal(literals_of("foo"), "foo");
	assert_string_equal(literals_of("^FOO\\.bar$"), "foo.bar");
	assert_string_equal(literals_of("foo?bar"), "bar");
	assert_string_equal(literals_of("barfo?"), "barf");
	assert_string_equal(literals_of("ab+cd"), "bcd");
	assert_string_equal(literals_of("ab*cd"), "cd");
	assert_string_equal(literals_of("ab{2}cde"), "bcde");
	assert_string_equal(literals_of("ab{0,3}cde"), "cde");
	assert_string_equal(literals_of("tracker.com"), "tracker");
	assert_string_equal(literals_of("x\\.com"), "x.com");
	assert_string_equal(literals_of("(foo|barx)[0-9]"), "foo|barx");
	assert_string_equal(literals_of("(foo|b)[0-9]"), "none");
	assert_string_equal(literals_of("(foo|bar)?baz"), "baz");
	assert_string_equal(literals_of("(?:ab(cdef|ghij)kl)+"), "cdef|ghij");
	assert_string_equal(literals_of("(?!foo)bar"), "bar");
	assert_string_equal(literals_of("a(?=foo)b"), "ab");
	assert_string_equal(literals_of("foo[-]bar[.]baz"), "foo-bar.baz");
	assert_string_equal(literals_of("fo[oO]"), "foo");
	assert_string_equal(literals_of("[[:alpha:]]foo[]x]ba"), "foo");
	assert_string_equal(literals_of("f[o-p]o"), "none");
	assert_string_equal(literals_of("foo{x"), "foo{x");
	assert_string_equal(
		literals_of("abcdefghijklmnopqrstuvwxyz0123456789"), "abcdefghijklmnopqrstuvwx");
}

static void hostile_patterns_are_bounded(void **state)
{
	(void)state;
	static const char *const texts[] = {"(a+)+(a+)+aab$", "(aa|a*)*aac", "([a-z]*)*aad",
		"(.*)(.*)(.*)(.*)aae.f", "((a*)*)*aag", "aaaa", "(a?){30}a{30}aah", NULL};
	struct patterns *p = make(texts);
	struct patterns_scratch *s = patterns_scratch_new();
	char label[64] = "", text[256];
	memset(label, 'a', 63);
	snprintf(text, sizeof text, "%s.%s.%s.aab.aac.aad.aae.aag.aah", label, label, label);
	struct dname d = name_of(text);
	uint32_t out[8];
	size_t n = patterns_find(p, s, &d, out, 8);
	/* Most run into their limit: counted, and no match; the rest is left out after a few. */
	assert_true(n <= 2);
	assert_true(patterns_limited(p) > 0);
	assert_true(patterns_limited(p) <= PATTERNS_LIMITED_MAX);
	patterns_scratch_free(s);
	patterns_free(p);
}

static void many_that_could_match_are_bounded(void **state)
{
	(void)state;
	enum { MANY = 1000 };
	struct patterns *p = patterns_new(MANY);
	struct patterns_scratch *s = patterns_scratch_new();
	char text[64];
	for (int i = 0; i < MANY; i++) {
		int n = snprintf(text, sizeof text, "^same[x%d]", i % 10);
		assert_int_equal(patterns_add(p, text, (size_t)n), 0);
	}
	assert_int_equal(patterns_finish(p), 0);
	static uint32_t out[MANY];
	struct dname d = name_of("samex");
	assert_int_equal(patterns_find(p, s, &d, out, MANY), PATTERNS_RUN_MAX);
	assert_int_equal(patterns_limited(p), 1);
	patterns_scratch_free(s);
	patterns_free(p);
}

static void none_at_all(void **state)
{
	(void)state;
	static const char *const texts[] = {NULL};
	struct patterns *p = make(texts);
	struct patterns_scratch *s = patterns_scratch_new();
	assert_string_equal(find(p, s, "a.example"), "");
	patterns_scratch_free(s);
	patterns_free(p);
	patterns_free(NULL);
	patterns_scratch_free(NULL);
}

static void *search(void *arg)
{
	struct patterns_scratch *s = patterns_scratch_new();
	struct dname hit = name_of("a.tracker1.example"), miss = name_of("a.example"),
		     hostile = name_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
	uint32_t out[4];
	size_t found = 0;
	for (int i = 0; i < 200; i++) {
		found += patterns_find(arg, s, &hit, out, 4);
		found += patterns_find(arg, s, &miss, out, 4);
		found += patterns_find(arg, s, &hostile, out, 4);
	}
	patterns_scratch_free(s);
	return (void *)(uintptr_t)found;
}

static void threads_share_a_set(void **state)
{
	(void)state;
	static const char *const texts[] = {"tracker[0-9]", "(a+)+(a+)+b[cd]", "aa.*b[cd]", NULL};
	struct patterns *p = make(texts);
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, search, p), 0);
	for (int i = 0; i < 3; i++) {
		void *found;
		pthread_join(threads[i], &found);
		assert_int_equal((uintptr_t)found, 200);
	}
	patterns_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_matched),
		cmocka_unit_test(what_cannot_be_used_is_refused),
		cmocka_unit_test(the_needed_literal_is_found),
		cmocka_unit_test(hostile_patterns_are_bounded),
		cmocka_unit_test(many_that_could_match_are_bounded),
		cmocka_unit_test(none_at_all),
		cmocka_unit_test(threads_share_a_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
