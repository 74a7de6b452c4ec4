/* SPDX-License-Identifier: BSD-2-Clause
 * Sets of popular domains: made, opened, refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "dga/dga.h"
#include "dga/label.h"
#include "dga/popularity_file.h"
#include "resolver/base/hash.h"
#include "tests/unit/folder.h"

static struct folder folder;

static int make_folder(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static bool has(const struct popularity *p, const char *text)
{
	struct dname name;
	if (dname_from_text(text, strlen(text), &name))
		fail_msg("not a name: %s", text);
	bool has = popularity_has(p, &name);
	assert_int_equal(popularity_has_domain(p, &name, label_domain(&name)), has);
	return has;
}

static struct popularity *open_text(const char *text)
{
	struct popularity *p = NULL;
	struct err why = {0};
	if (popularity_open(folder_write(&folder, "list", text, strlen(text)), &p, &why))
		fail_msg("%s", why.text);
	return p;
}

static void the_built_in_set_knows_what_everybody_asks_for(void **state)
{
	(void)state;
	struct popularity *p;
	assert_int_equal(popularity_open(NULL, &p, NULL), 0);
	assert_in_range(popularity_count(p), 10000, POPULARITY_NAMES_MAX);
	static const char *const popular[] = {"youtube.com", "www.youtube.com", "wikipedia.org",
		"en.m.wikipedia.org", "bbc.co.uk", "debian.org", "cloudfront.net"};
	for (size_t i = 0; i < sizeof popular / sizeof *popular; i++)
		if (!has(p, popular[i]))
			fail_msg("%s is not in it", popular[i]);
	static const char *const others[] = {"xjqwzvkhtrpbdmfl.com", "qvbzxtkwpjmrhd.ru", "com",
		"co.uk", ".", "xjqwzvkhtrpb.ddns.net", "xjqwzvkhtrpb.github.io"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (has(p, others[i]))
			fail_msg("%s is in it", others[i]);
	popularity_close(p);
}

static void names_stand_for_their_registered_domain(void **state)
{
	(void)state;
	struct popularity *p =
		open_text("1,www.Example.COM\r\n2,example.co.uk\r\n3,ddns.net\r\n"
			  "4,known.dyndns.org\r\n5,com\r\n6,co.uk\r\n7,example.com\r\n");
	assert_int_equal(popularity_count(p), 4);
	assert_true(has(p, "example.com"));
	assert_true(has(p, "a.b.example.com"));
	assert_true(has(p, "www.example.co.uk"));
	assert_false(has(p, "other.co.uk"));
	assert_false(has(p, "com"));
	assert_false(has(p, "co.uk"));
	/* Popular is the zone, not what strangers have in it. */
	assert_true(has(p, "ddns.net"));
	assert_false(has(p, "stranger.ddns.net"));
	assert_true(has(p, "www.known.dyndns.org"));
	assert_false(has(p, "dyndns.org"));
	popularity_close(p);
}

static char *many_names(size_t count)
{
	char *text = malloc(count * 20 + 1), *at = text;
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "n%zu.com\n", i);
	return text;
}

static void few_others_seem_to_be_in_it(void **state)
{
	(void)state;
	char *text = many_names(20000);
	struct popularity *p = open_text(text);
	unsigned wrong = 0;
	assert_int_equal(popularity_count(p), 20000);
	for (int i = 0; i < 300000; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%d.com", i);
		bool is_in = has(p, name);
		if (i < 20000)
			assert_true(is_in);
		else
			wrong += is_in;
	}
	assert_in_range(wrong, 0, 25); /* 4 are expected */
	popularity_close(p);
	free(text);
}

static uint8_t *read_file(const char *file, size_t *len)
{
	uint8_t *bytes = malloc(1 << 20);
	FILE *f = fopen(file, "rb");
	assert_non_null(f);
	*len = fread(bytes, 1, 1 << 20, f);
	fclose(f);
	return bytes;
}

static void what_is_made_is_the_same_each_time(void **state)
{
	(void)state;
	char *text = many_names(1000), out[2][PATH_MAX];
	folder_write(&folder, "list", text, strlen(text));
	free(text);
	uint8_t *bytes[2];
	size_t len[2];
	for (int i = 0; i < 2; i++) {
		snprintf(out[i], sizeof out[i], "%s/out%d", folder.path, i);
		assert_int_equal(
			popularity_make(folder_file(&folder, "list"), 300, out[i], NULL), 300);
		bytes[i] = read_file(out[i], &len[i]);
	}
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(bytes[0], bytes[1], len[0]);
	free(bytes[0]);
	free(bytes[1]);
	struct popularity *p;
	assert_int_equal(popularity_open(out[0], &p, NULL), 0);
	assert_int_equal(popularity_count(p), 300);
	assert_true(has(p, "n299.com"));
	assert_false(has(p, "n300.com"));
	popularity_close(p);
}

static void a_set_of_one_and_of_two_work(void **state)
{
	(void)state;
	struct popularity *p = open_text("example.com\n");
	assert_int_equal(popularity_count(p), 1);
	assert_true(has(p, "example.com"));
	assert_false(has(p, "example.net"));
	popularity_close(p);
	p = open_text("example.com\nexample.net");
	assert_true(has(p, "example.net"));
	assert_false(has(p, "example.org"));
	popularity_close(p);
}

/* --- refused --- */

static void assert_refused(const char *file, int code, const char *words)
{
	struct popularity *p;
	struct err why = {0};
	assert_int_equal(popularity_open(file, &p, &why), code);
	if (!strstr(why.text, words))
		fail_msg("%s, wanted %s", why.text, words);
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Refused though the checksum fits. */
static void assert_bad_field(
	const uint8_t *good, size_t len, size_t at, uint32_t v, int code, const char *words)
{
	uint8_t *bytes = malloc(len);
	struct popularity *p;
	struct err why = {0};
	memcpy(bytes, good, len);
	put_u32(bytes + at, v);
	uint64_t sum = hash_bytes(bytes + 16, len - 16, 0);
	put_u32(bytes + 8, (uint32_t)sum);
	put_u32(bytes + 12, (uint32_t)(sum >> 32));
	int e = popularity_from_bytes("set", bytes, len, &p, &why);
	if (e != code || !strstr(why.text, words))
		fail_msg("%zu = %u: %d %s", at, v, e, why.text);
	free(bytes);
}

static void damaged_sets_are_refused(void **state)
{
	(void)state;
	size_t len;
	char *text = many_names(1000);
	folder_write(&folder, "list", text, strlen(text));
	free(text);
	char out[PATH_MAX];
	snprintf(out, sizeof out, "%s/out", folder.path);
	assert_int_equal(popularity_make(folder_file(&folder, "list"), 1000, out, NULL), 1000);
	uint8_t *bytes = read_file(out, &len);
	for (size_t at = 0; at < len; at += at < 80 ? 1 : 97) {
		struct popularity *p;
		bytes[at] ^= 0x10;
		int e = popularity_from_bytes("set", bytes, len, &p, NULL);
		assert_int_equal(e, at >= 16 && at < 20 ? CEN_EVERSION : CEN_ECORRUPT);
		bytes[at] ^= 0x10;
	}
	for (size_t cut = 0; cut < len; cut += 1 + cut / 5) {
		struct popularity *p;
		assert_int_equal(popularity_from_bytes("set", bytes, cut, &p, NULL), CEN_ECORRUPT);
	}
	folder_write(&folder, "cut", bytes, len - 1);
	assert_refused(folder_file(&folder, "cut"), CEN_ECORRUPT, "damaged popularity set");
	assert_bad_field(bytes, len, 16, 2, CEN_EVERSION, "version 2, this cenote reads version 1");
	static const struct {
		size_t at;
		uint32_t value;
	} fields[] = {{20, 0}, {20, POPULARITY_NAMES_MAX + 1}, {20, 1u << 20}, {24, FUSE_TRIES},
		{28, 0}, {28, 19}, {28, 31}, {28, 32}, {28, 0xffffffff}, {32, 0}, {32, 1},
		{32, 0xffffffff}, {32, 0xfffffffe}, {36, 1}, {60, 1}};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		assert_bad_field(bytes, len, fields[i].at, fields[i].value, CEN_ECORRUPT,
			"sizes outside its bounds");
	free(bytes);
}

static void other_files_are_refused(void **state)
{
	(void)state;
	assert_refused(folder_file(&folder, "none"), -ENOENT, "No such file");
	assert_refused(folder.path, CEN_EFORMAT, "not a file");
	assert_int_equal(mkfifo(folder_file(&folder, "fifo"), 0600), 0);
	assert_refused(folder_file(&folder, "fifo"), CEN_EFORMAT, "not a file");
	assert_refused(folder_write(&folder, "empty", "", 0), CEN_EFORMAT, "holds no names");
	assert_refused(folder_write(&folder, "tops", "com\nco.uk\n", 10), CEN_EFORMAT,
		"no domains but public suffixes");
	assert_refused(
		folder_write(&folder, "html", "<html>\n", 7), CEN_EFORMAT, "first line 1: <html>");
}

static void what_cannot_be_made_is_told(void **state)
{
	(void)state;
	struct err why = {0};
	char list[PATH_MAX], out[PATH_MAX];
	snprintf(list, sizeof list, "%s", folder_write(&folder, "list", "a.com\nb.com\n", 12));
	snprintf(out, sizeof out, "%s/no/such/folder", folder.path);
	assert_int_equal(popularity_make(list, 10, out, &why), -ENOENT);
	assert_non_null(strstr(why.text, out));
	assert_int_equal(popularity_make(list, 0, out, &why), CEN_ERANGE);
	assert_int_equal(popularity_make(list, POPULARITY_NAMES_MAX + 1, out, &why), CEN_ERANGE);
	uint8_t *bytes;
	size_t len;
	assert_int_equal(popularity_file_make(list, 1, true, &bytes, &len, &why), CEN_ELIMIT);
	assert_non_null(strstr(why.text, "more than 1 domains"));
	assert_int_equal(popularity_file_make(list, 2, true, &bytes, &len, &why), 2);
	free(bytes);
}

/* --- what it is for --- */

static struct dga_verdict judge(const char *popular, const char *text)
{
	struct dga *d;
	struct dname name;
	struct dga_verdict v;
	struct err why = {0};
	const struct dga_options o = {.popular = popular, .threshold = 1e-3};
	if (dga_open(&o, &d, &why))
		fail_msg("%s", why.text);
	assert_int_equal(dname_from_text(text, strlen(text), &name), 0);
	dga_score(d, &name, &v);
	dga_close(d);
	return v;
}

static void a_popular_name_is_no_suspect(void **state)
{
	(void)state;
	static const char suspect[] = "www.xjqwzvkhtrpbdmfl.com";
	struct dga_verdict v = judge("", suspect), unknown = judge(NULL, suspect);
	assert_int_equal(v.class, DGA_RANDOM);
	assert_false(v.is_popular);
	assert_int_equal(unknown.class, DGA_RANDOM);
	const char *list = folder_write(&folder, "list", "xjqwzvkhtrpbdmfl.com\n", 21);
	struct dga_verdict known = judge(list, suspect);
	assert_int_equal(known.class, DGA_NONE);
	assert_true(known.is_popular);
	assert_int_equal(known.score, v.score);
	assert_false(judge(list, "wikipedia.org").is_popular);
}

static void a_bad_file_of_the_operator_is_told(void **state)
{
	(void)state;
	struct dga *d;
	struct err why = {0};
	const char *list = folder_write(&folder, "list", "a b\n", 4);
	assert_int_equal(
		dga_open(&(struct dga_options){.popular = list, .threshold = 1e-4}, &d, &why),
		CEN_EFORMAT);
	assert_non_null(strstr(why.text, "first line 1: a b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_built_in_set_knows_what_everybody_asks_for),
		cmocka_unit_test(names_stand_for_their_registered_domain),
		cmocka_unit_test(few_others_seem_to_be_in_it),
		cmocka_unit_test(what_is_made_is_the_same_each_time),
		cmocka_unit_test(a_set_of_one_and_of_two_work),
		cmocka_unit_test(damaged_sets_are_refused),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(what_cannot_be_made_is_told),
		cmocka_unit_test(a_popular_name_is_no_suspect),
		cmocka_unit_test(a_bad_file_of_the_operator_is_told),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
