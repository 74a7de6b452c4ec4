/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar of known botnets: days, requests, files of parameters, and what generators do with parameters that no malware has.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dga/calendar.h"
#include "dga/families/family.h"
#include "resolver/base/dname.h"
#include "tests/unit/folder.h"

static int64_t day_of(const char *text)
{
	int64_t day = -1;
	if (!calendar_day_from_text(text, &day))
		fail_msg("no date: %s", text);
	return day;
}

/* What a walk saw. */
struct seen {
	size_t names, most;
	int64_t first_day, last_day;
	char last[CALENDAR_NAME_TEXT];
};

static bool see(void *arg, int64_t day, const struct calendar_maker *maker, const char *name)
{
	struct seen *s = arg;
	struct dname wire;
	if (dname_from_text(name, strlen(name), &wire) ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(name))
		fail_msg("%s %s gives `%s`", maker->family, maker->variant, name);
	if (!s->names)
		s->first_day = day;
	assert_true(day >= s->first_day);
	s->last_day = day;
	snprintf(s->last, sizeof s->last, "%s", name);
	return ++s->names != s->most;
}

static struct seen walk(const char *family, const char *from, const char *to, size_t most)
{
	struct err why = {""};
	struct seen s = {.most = most};
	const struct calendar_request r = {
		.first_day = day_of(from), .last_day = day_of(to), .family = family};
	if (calendar_each(&r, see, &s, &why))
		fail_msg("%s", why.text);
	return s;
}

/* --- days --- */

static void every_day_has_its_text(void **state)
{
	(void)state;
	char text[11], before[11] = "1969-12-31";
	for (int64_t day = 0; day <= day_of("2199-12-31"); day++) {
		int64_t back;
		calendar_day_to_text(day, text);
		if (!calendar_day_from_text(text, &back) || back != day ||
			strcmp(before, text) >= 0)
			fail_msg("day %lld is %s", (long long)day, text);
		memcpy(before, text, sizeof before);
		assert_int_equal(family_date(day).weekday, (day + 3) % 7);
	}
	assert_string_equal(text, "2199-12-31");
}

static void days_are_counted_as_everybody_does(void **state)
{
	(void)state;
	assert_int_equal(day_of("1970-01-01"), 0);
	assert_int_equal(day_of("2000-02-29"), 11016);
	assert_int_equal(day_of("2038-01-19"), 24855);
	assert_int_equal(day_of("2100-03-01") - day_of("2100-02-28"), 1);
	assert_int_equal(family_date(day_of("2024-12-31")).year_day, 366);
	assert_int_equal(family_date(day_of("2023-12-31")).year_day, 365);
	assert_int_equal(family_date(day_of("2026-11-23")).weekday, 0);
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "2026-11-2", "2026-11-231", "2026/11/23",
		"2023-02-29", "2100-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "2026-04-31",
		"1969-12-31", "2200-01-01", "+026-01-01", "2026-1 -01", "today"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int64_t day = -7;
		if (calendar_day_from_text(wrong[i], &day) || day != -7)
			fail_msg("taken: %s", wrong[i]);
	}
}

/* --- requests --- */

static int ask(const char *family, int64_t first, int64_t last)
{
	struct err why = {""};
	struct seen s = {0};
	int e = calendar_each(
		&(struct calendar_request){.first_day = first, .last_day = last, .family = family},
		see, &s, &why);
	assert_true(!e == !why.text[0]);
	return e;
}

static void requests_have_bounds(void **state)
{
	(void)state;
	int64_t end = day_of("2199-12-31");
	assert_int_equal(ask("no-such-family", 0, 0), CEN_ENOTFOUND);
	assert_int_equal(ask("", 0, 0), CEN_ENOTFOUND);
	assert_int_equal(ask("nymaim", 1, 0), -EINVAL);
	assert_int_equal(ask("nymaim", -1, 0), -EINVAL);
	assert_int_equal(ask("nymaim", 0, CALENDAR_DAYS_MAX), -EINVAL);
	assert_int_equal(ask("nymaim", INT64_MIN, INT64_MAX), -EINVAL);
	assert_int_equal(ask("nymaim", end, end + 1), -EINVAL);
	assert_int_equal(ask("nymaim", 0, CALENDAR_DAYS_MAX - 1), 0);
	assert_int_equal(ask("nymaim", end, end), 0);
}

static void dated_names_come_each_day_and_others_once(void **state)
{
	(void)state;
	struct seen one = walk("nymaim", "2026-12-31", "2026-12-31", 0);
	struct seen two = walk("nymaim", "2026-12-31", "2027-01-01", 0);
	assert_int_equal(one.names, 128);
	assert_int_equal(two.names, 256);
	assert_int_equal(two.last_day - two.first_day, 1);
	assert_string_not_equal(one.last, two.last);
	one = walk("ramdo", "2026-12-31", "2026-12-31", 0);
	two = walk("ramdo", "2026-12-31", "2027-01-05", 0);
	assert_int_equal(one.names, two.names);
	assert_int_equal(two.last_day, two.first_day);
}

static void who_has_enough_gets_no_more(void **state)
{
	(void)state;
	assert_int_equal(walk(NULL, "2026-11-23", "2026-11-27", 1).names, 1);
	assert_int_equal(walk(NULL, "2026-11-23", "2026-11-27", 1500).names, 1500);
	assert_int_equal(walk("nymaim", "2026-11-23", "2026-11-27", 130).names, 130);
}

/* --- generators --- */

static void generators_are_in_order_and_have_names(void **state)
{
	(void)state;
	struct calendar_maker maker, before = {.family = "", .variant = ""};
	size_t i = 0, sets, families = 0;
	for (; calendar_generator(i, &maker, &sets); i++) {
		int order = strcmp(before.family, maker.family);
		assert_true(order < 0 || (!order && strcmp(before.variant, maker.variant) < 0));
		assert_ptr_equal(family_find(maker.family, maker.variant), family_at(i));
		families += order != 0;
		if (sets && !walk(maker.family, "2026-11-23", "2026-11-23", 1).names)
			fail_msg("%s %s gives nothing", maker.family, maker.variant);
		before = maker;
	}
	assert_true(families >= 30);
	assert_false(calendar_generator(i, &maker, &sets));
	assert_null(family_find("banjori", "v9"));
}

static void built_in_sets_have_a_generator_and_stand_once(void **state)
{
	(void)state;
	const struct family_seed *s, *t;
	for (size_t i = 0; (s = family_seed_at(i)) != NULL; i++) {
		if (!family_find(s->name, s->variant))
			fail_msg("no generator for %s %s", s->name, s->variant);
		for (size_t k = 0; k < i; k++) {
			t = family_seed_at(k);
			if (!strcmp(s->name, t->name) && !strcmp(s->variant, t->variant) &&
				!strcmp(s->parameters, t->parameters))
				fail_msg("twice: %s %s %s", s->name, s->variant, s->parameters);
		}
	}
}

/* Generators count in days, weeks, years and seconds, some of them signed or in 32 bits. */
static void any_day_gives_names(void **state)
{
	(void)state;
	static const char *const days[] = {"1970-01-01", "1999-12-31", "2000-02-29", "2008-04-01",
		"2024-12-31", "2025-01-01", "2038-01-20", "2106-02-08", "2199-12-31"};
	for (size_t i = 0; i < sizeof days / sizeof *days; i++)
		assert_true(walk(NULL, days[i], days[i], 0).names > 20000);
}

/* --- parameters that no malware has --- */

static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Digits become other digits, letters other letters; now and then a number grows or a sign appears. */
static size_t spoil(const char *from, uint32_t *random, char *to, size_t room)
{
	size_t n = 0;
	for (const char *at = from; *at && n + 2 < room; at++) {
		bool is_digit = *at >= '0' && *at <= '9', is_letter = *at >= 'a' && *at <= 'z';
		uint32_t luck = draw(random) % 16;
		to[n++] = *at;
		if (is_digit && luck < 4)
			to[n - 1] = (char)('0' + draw(random) % 10);
		if (is_digit && luck == 5)
			to[n++] = (char)('0' + draw(random) % 10);
		if (*at == ' ' && luck == 6)
			to[n++] = '-';
		if (is_letter && luck == 7 && draw(random) % 8 == 0)
			to[n - 1] = (char)('a' + draw(random) % 26);
	}
	to[n] = 0;
	return n;
}

static bool count_name(void *arg, const char *name)
{
	struct dname wire;
	size_t *names = arg;
	if (dname_from_text(name, strlen(name), &wire))
		fail_msg("no name: %s", name);
	++*names;
	return true;
}

static void spoilt_parameters_end_quietly(void **state)
{
	(void)state;
	enum { TRIES = 40, MOST = 64 };
	const struct family_seed *s;
	uint32_t random = 20261123;
	size_t generated = 0, refused = 0;
	for (size_t i = 0; (s = family_seed_at(i)) != NULL; i++) {
		const struct family *f = family_find(s->name, s->variant);
		for (int k = 0; k < TRIES; k++) {
			struct err why;
			char text[FAMILY_PARAMETERS_MAX];
			size_t names = 0, len = spoil(s->parameters, &random, text, sizeof text);
			struct family_params *p = family_params_read(text, len, &why);
			int64_t day = (int64_t)(draw(&random) % 84000);
			if (p && family_generate(f, p, day, MOST, count_name, &names))
				refused++;
			assert_true(names <= MOST);
			generated += names;
			family_params_free(p);
		}
	}
	assert_true(generated > 10000);
	assert_true(refused > 100);
}

static void missing_parameters_are_named(void **state)
{
	(void)state;
	const struct family *f;
	for (size_t i = 0; (f = family_at(i)) != NULL; i++) {
		struct err why;
		size_t names = 0;
		struct family_params *p = family_params_read("{}", 2, &why);
		assert_non_null(p);
		const char *missing = family_generate(f, p, 20000, 100, count_name, &names);
		if (!missing || names)
			fail_msg("%s %s runs without parameters", f->name, f->variant);
		family_params_free(p);
	}
}

/* --- files of parameters --- */

static int read_seeds(
	struct folder *folder, const char *text, size_t len, struct seen *s, struct err *why)
{
	FILE *out = fopen(folder_file(folder, "seeds.tsv"), "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	*why = (struct err){""};
	*s = (struct seen){0};
	const struct calendar_request r = {.first_day = 20000,
		.last_day = 20001,
		.family = "reconyc", /* has no built-in set */
		.seeds = folder_file(folder, "seeds.tsv")};
	return calendar_each(&r, see, s, why);
}

#define RECONYC \
	"reconyc\tv1\t{\"seed\": 1, \"charset\": \"abcDEF012\", \"length\": 8, \"tld\": \"com\"}"

static void seeds_come_from_a_file_too(void **state)
{
	(void)state;
	struct folder folder;
	struct seen s;
	struct err why;
	static const char text[] = "family\tvariant\tparameters\r\n# ours\n\n" RECONYC "\r\n"
				   "nymaim\tv1\t{}\n" RECONYC;
	folder_make(&folder);
	assert_int_equal(read_seeds(&folder, text, sizeof text - 1, &s, &why), 0);
	assert_int_equal(s.names, 200);
	assert_int_equal(read_seeds(&folder, "", 0, &s, &why), 0);
	assert_int_equal(s.names, 0);
	folder_remove(&folder);
}

static void wrong_files_are_told_with_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"reconyc\tv1\n", "line 1"},
		{RECONYC "\t\n", "line 1"},
		{"#\n\nreconyc v1 {}\n", "line 3"},
		{RECONYC "\nreconyc\tv2\t{}\n", "line 2"},
		{"no-such\tv1\t{}\n", "no generator"},
		{"reconyc\tv1\t[]\n", "must be a JSON object"},
		{"reconyc\tv1\t{\"seed\": 1, \"seed\": 2}\n", "duplicate"},
		{"reconyc\tv1\t{\"seed\": 1\n", "line 1"},
		{"reconyc\tv1\t{}\n", "missing or not allowed"},
		{"reconyc\tv1\t{\"seed\": \"0xZZ\", \"charset\": \"ab\", \"length\": 8, \"tld\": "
		 "\"com\"}\n",
			"`seed`"},
		{"reconyc\tv1\t{\"seed\": 1, \"charset\": \"ab\", \"length\": 99999, \"tld\": "
		 "\"com\"}\n",
			"`length`"},
	};
	struct folder folder;
	struct seen s;
	struct err why;
	folder_make(&folder);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int e = read_seeds(&folder, wrong[i].text, strlen(wrong[i].text), &s, &why);
		if (e != CEN_EFORMAT || !strstr(why.text, wrong[i].says))
			fail_msg("%s: %d %s", wrong[i].text, e, why.text);
	}
	assert_int_equal(read_seeds(&folder, "a\0b", 3, &s, &why), CEN_EFORMAT);
	folder_remove(&folder);
	assert_int_equal(
		calendar_each(&(struct calendar_request){.seeds = "/no/such/file"}, see, &s, &why),
		-ENOENT);
}

static void too_many_sets_are_refused(void **state)
{
	(void)state;
	struct folder folder;
	struct err why = {""};
	struct seen s = {0};
	folder_make(&folder);
	FILE *out = fopen(folder_file(&folder, "seeds.tsv"), "w");
	for (int i = 0; i <= CALENDAR_SETS_MAX; i++)
		fputs("nymaim\tv1\t{}\n", out);
	assert_int_equal(fclose(out), 0);
	const struct calendar_request r = {
		.family = "reconyc", .seeds = folder_file(&folder, "seeds.tsv")};
	assert_int_equal(calendar_each(&r, see, &s, &why), CEN_EFORMAT);
	folder_remove(&folder);
}

/* --- known answers --- */

#define ANSWERS "family\tvariant\tparameters\tindex\tdomain\n"
#define FOSNIW(index, name) \
	"fosniw\tv1\t{\"pattern\": \"a{}.com\", \"first\": 0, \"count\": 3}\t" index "\t" name "\n"

static int check_answers(struct folder *folder, const char *text, char *told, size_t room)
{
	struct err why = {""};
	FILE *out = fopen(folder_file(folder, "answers.tsv"), "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	memset(told, 0, room);
	FILE *tell = fmemopen(told, room, "w");
	assert_non_null(tell);
	int e = calendar_check(folder_file(folder, "answers.tsv"), tell, &why);
	fclose(tell);
	assert_true(!e == !why.text[0]);
	return e;
}

static void answers_are_compared(void **state)
{
	(void)state;
	struct folder folder;
	char told[4096];
	folder_make(&folder);
	assert_int_equal(check_answers(&folder, ANSWERS FOSNIW("0", "a0.com") FOSNIW("2", "A2.com"),
				 told, sizeof told),
		0);
	assert_non_null(strstr(told, "all: 2 of 2 rows agree"));
	assert_int_equal(check_answers(&folder, ANSWERS FOSNIW("0", "a0.com") FOSNIW("2", "a9.com"),
				 told, sizeof told),
		CEN_EFORMAT);
	assert_non_null(strstr(told, "name 2 is a2.com, not a9.com"));
	assert_int_equal(check_answers(&folder, ANSWERS FOSNIW("3", "a3.com"), told, sizeof told),
		CEN_EFORMAT);
	assert_non_null(strstr(told, "only 3 names"));
	assert_int_equal(check_answers(&folder, ANSWERS "x\tv1\t{}\t0\ta.com\n", told, sizeof told),
		CEN_EFORMAT);
	assert_non_null(strstr(told, "no generator"));
	folder_remove(&folder);
}

/* Names seen of families whose generators have fixed sets; the others are in test_families.c. */
static void names_of_known_families_are_right(void **state)
{
	(void)state;
	static const char text[] = ANSWERS
#define BANJORI "banjori\tv1\t{\"seed_domain\": \"earnestnessbiophysicalohax.com\"}\t"
		BANJORI "0\tearnestnessbiophysicalohax.com\n" BANJORI
			"1\tkwtoestnessbiophysicalohax.com\n" BANJORI
			"999\tmoskestnessbiophysicalohax.com\n"
#define CHINAD \
	"chinad\tv1\t{\"date\": \"2020-02-29\", \"tlds\": [\"com\", \"org\", \"net\", \"biz\", " \
	"\"info\", \"ru\", \"cn\"]}\t"
		CHINAD "0\t3k0ddtrwdiyduabb.biz\n" CHINAD "99\twh6sbk4ndgrp8a3g.com\n" CHINAD
			"255\tmfeucozji32c0lqo.info\n"
#define DMSNIFF \
	"dmsniff\tv1\t{\"prefix\": \"sn\", \"multipliers\": [1, 7, 3, 5, 11, 13], \"tlds\": " \
	"[\"com\", \"org\", \"net\", \"ru\", \"in\"]}\t"
		DMSNIFF "0\tsnbhdfln.com\n" DMSNIFF "14\tsnpnwsuy.ru\n" DMSNIFF "49\tsnmvspru.net\n"
#define DNSCHANGER "dnschanger\tv1\t{\"seed\": 3735928559, \"length\": 10, \"tld\": \"com\"}\t"
		DNSCHANGER "0\thumkrfxnpw.com\n" DNSCHANGER "4\tovmfzmkwwf.com\n"
#define FOBBER(variant, seed, more) \
	"fobber\t" variant "\t{\"seed\": \"" seed "\", \"multiplier\": 321167, " more "}\t"
#define FOBBER1 \
	FOBBER("v1", "0xC87C8A78", \
		"\"increment\": \"0x9983F4AA\", \"length\": 17, \"tld\": \"net\"")
#define FOBBER2 \
	FOBBER("v2", "0x851A3E59", \
		"\"increment\": \"0x8DC47B21\", \"length\": 10, \"tld\": \"com\"")
		FOBBER1 "0\tvhkintjtksyxgjrzz.net\n" FOBBER1 "299\tbawnzaqqtlflnzoze.net\n" FOBBER2
			"0\tdrohppbkxj.com\n" FOBBER2 "299\tylbphjjdjs.com\n";
	struct folder folder;
	char told[8192];
	folder_make(&folder);
	if (check_answers(&folder, text, told, sizeof told))
		fail_msg("%s", told);
	folder_remove(&folder);
}

static void what_is_no_file_of_answers_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "family\n", ANSWERS, ANSWERS "a\tb\tc\n",
		ANSWERS FOSNIW("-1", "a0.com"), ANSWERS FOSNIW("10000", "a0.com"),
		ANSWERS FOSNIW("", "a0.com"), ANSWERS "\n"};
	struct folder folder;
	char told[1024];
	folder_make(&folder);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(check_answers(&folder, wrong[i], told, sizeof told), CEN_EFORMAT);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_has_its_text),
		cmocka_unit_test(days_are_counted_as_everybody_does),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(requests_have_bounds),
		cmocka_unit_test(dated_names_come_each_day_and_others_once),
		cmocka_unit_test(who_has_enough_gets_no_more),
		cmocka_unit_test(generators_are_in_order_and_have_names),
		cmocka_unit_test(built_in_sets_have_a_generator_and_stand_once),
		cmocka_unit_test(any_day_gives_names),
		cmocka_unit_test(spoilt_parameters_end_quietly),
		cmocka_unit_test(missing_parameters_are_named),
		cmocka_unit_test(seeds_come_from_a_file_too),
		cmocka_unit_test(wrong_files_are_told_with_their_line),
		cmocka_unit_test(too_many_sets_are_refused),
		cmocka_unit_test(answers_are_compared),
		cmocka_unit_test(names_of_known_families_are_right),
		cmocka_unit_test(what_is_no_file_of_answers_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
