/* SPDX-License-Identifier: BSD-2-Clause
 * The dashboard's files: found by their path, packed for who takes that, and small in all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "web/assets.h"

enum { PACKED_MAX = 150 * 1024 };

struct asker {
	const char *encodings;
};

static const char *header_of(const void *from, const char *name)
{
	const struct asker *a = from;
	return strcmp(name, "Accept-Encoding") == 0 ? a->encodings : NULL;
}

static struct edge_response get(const char *path, const char *encodings, const char *if_none_match)
{
	struct asker a = {.encodings = encodings};
	struct edge_request q = {.header = header_of,
		.header_from = &a,
		.if_none_match = if_none_match,
		.target.path = path};
	struct edge_response r = {0};
	assets_get(&q, &r);
	return r;
}

static const char *sent(const struct edge_response *r, const char *name)
{
	for (unsigned i = 0; i < r->header_count; i++)
		if (!strcmp(r->headers[i].name, name))
			return r->headers[i].value;
	return NULL;
}

static void reads_the_codings(void **state)
{
	(void)state;
	static const char *const yes[] = {"gzip", "GZIP", "deflate, gzip", "br;q=1.0, gzip;q=0.8",
		"x-gzip", "gzip;q=0.001", "gzip ; q=1", ",,gzip"};
	static const char *const no[] = {"", "br", "gzip;q=0", "gzip; q=0.000",
		"identity, gzip ;q=0 ", "gzipped", "*", ";gzip", "br;gzip"};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!assets_takes_gzip(yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (assets_takes_gzip(no[i]))
			fail_msg("%s", no[i]);
	assert_false(assets_takes_gzip(NULL));
}

static void packs_for_who_takes_it(void **state)
{
	(void)state;
	struct edge_response plain = get("/", NULL, NULL), packed = get("/", "gzip", NULL);
	assert_int_equal(plain.status, 200);
	assert_memory_equal(plain.fixed, "<!doctype html>", 15);
	assert_null(sent(&plain, "Content-Encoding"));
	assert_memory_equal(packed.fixed, "\x1f\x8b", 2);
	assert_string_equal(sent(&packed, "Content-Encoding"), "gzip");
	assert_string_equal(sent(&plain, "Vary"), "Accept-Encoding");
	assert_string_not_equal(plain.etag, packed.etag);
	assert_true(packed.len < plain.len);
}

static void sends_nothing_that_is_known(void **state)
{
	(void)state;
	struct edge_response first = get("/assets/base.css", "gzip", NULL);
	struct edge_response again = get("/assets/base.css", "gzip", first.etag);
	struct edge_response other = get("/assets/base.css", NULL, first.etag);
	assert_int_equal(again.status, 304);
	assert_int_equal(again.len, 0);
	assert_int_equal(other.status, 200);
}

static void has_nothing_else(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"/assets/", "/assets/none.js", "/index.html", "/assets/../", ""};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct edge_response r = get(paths[i], "gzip", NULL);
		assert_int_equal(r.status, 404);
		free(r.body);
	}
}

static void is_small_in_all(void **state)
{
	(void)state;
	size_t sum = 0, files = 0;
	for (const struct assets_file *f = assets_files; f->path; f++) {
		if (!strncmp(f->path, "/api/", 5))
			continue;
		sum += f->forms[ASSETS_PACKED].len;
		files++;
	}
	assert_true(files > 10);
	assert_in_range(sum, 1, PACKED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_codings),
		cmocka_unit_test(packs_for_who_takes_it),
		cmocka_unit_test(sends_nothing_that_is_known),
		cmocka_unit_test(has_nothing_else),
		cmocka_unit_test(is_small_in_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
