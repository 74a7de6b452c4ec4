/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/cache_store.h"
#include "tests/unit/cache_harness.h"

static char folder[] = "/tmp/cenote-cache-XXXXXX";
static char path[64];
static struct config config;

static int make_folder(void **state)
{
	start(state);
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/cache-kept", folder);
	config = (struct config){
		.state_directory = folder,
		.cache_size_bytes = SIZE_BYTES,
		.cache_max_ttl_s = 86400,
		.cache_stale_s = 86400,
	};
	return 0;
}

static int remove_folder(void **state)
{
	unlink(path);
	rmdir(folder);
	return finish(state);
}

/* The end of one process and the start of the next, `away_s` later. */
static void restart(uint32_t away_s)
{
	struct err why;
	cache_store_save(f.worker.cache, &config);
	cache_free(f.worker.cache);
	clock_advance((uint64_t)away_s * 1000000);
	assert_int_equal(cache_new(SIZE_BYTES, &f.worker.cache, &why), 0);
	cache_store_load(f.worker.cache, &config);
	f.worker.now_us = clock_us();
}

static void test_answers_come_back_aged(void **state)
{
	(void)state;
	struct cache_answer secure = plain;
	secure.is_secure = true;
	secure.seed = 7;
	put("a.example", &plain);
	put("b.example", &secure);
	clock_advance(10 * 1000000);
	restart(20);
	expect_hit("a.example", &plain, 30);
	expect_hit("b.example", &secure, 30);
	expect_miss("c.example");
}

static void test_what_has_expired_is_gone(void **state)
{
	(void)state;
	struct cache_answer brief = plain;
	brief.ttl_s = 15;
	put("brief.example", &brief);
	put("long.example", &plain);
	put_failure("failed.example", OUTCOME_SERVFAIL, EDE_NETWORK_ERROR, "x");
	restart(16);
	expect_miss("brief.example");
	expect_miss("failed.example");
	expect_hit("long.example", &plain, 16);
}

static void test_the_file_is_used_once(void **state)
{
	(void)state;
	put("a.example", &plain);
	restart(0);
	assert_int_equal(access(path, F_OK), -1);
}

static uint8_t *slurp(size_t *len)
{
	FILE *file = fopen(path, "rb");
	static uint8_t bytes[1 << 16];
	assert_non_null(file);
	*len = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	return bytes;
}

static void test_damage_costs_the_warm_start_only(void **state)
{
	(void)state;
	size_t len;
	put("a.example", &plain);
	cache_store_save(f.worker.cache, &config);
	uint8_t *bytes = slurp(&len);
	assert_int_equal(cache_store_parse(f.worker.cache, &config, bytes, len, clock_wall_s()), 1);
	for (size_t cut = 0; cut < len; cut++)
		assert_true(
			cache_store_parse(f.worker.cache, &config, bytes, cut, clock_wall_s()) < 0);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 0x40;
		assert_true(
			cache_store_parse(f.worker.cache, &config, bytes, len, clock_wall_s()) < 0);
		bytes[i] ^= 0x40;
	}
}

static void test_a_clock_that_went_back_tells_no_age(void **state)
{
	(void)state;
	size_t len;
	put("a.example", &plain);
	cache_store_save(f.worker.cache, &config);
	uint8_t *bytes = slurp(&len);
	assert_int_equal(
		cache_store_parse(f.worker.cache, &config, bytes, len, clock_wall_s() - 1), 0);
}

static void test_another_configuration_may_have_other_answers(void **state)
{
	(void)state;
	put("a.example", &plain);
	cache_store_save(f.worker.cache, &config);
	config.dnssec_is_validated = true;
	restart(0);
	expect_hit("a.example", &plain, 0);
	cache_store_save(f.worker.cache, &config);
	config.dnssec_is_validated = false;
	cache_free(f.worker.cache);
	struct err why;
	assert_int_equal(cache_new(SIZE_BYTES, &f.worker.cache, &why), 0);
	cache_store_load(f.worker.cache, &config);
	expect_miss("a.example");
}

static void test_a_folder_that_cannot_be_written_is_no_matter(void **state)
{
	(void)state;
	char nowhere[] = "/nonexistent/folder";
	put("a.example", &plain);
	config.state_directory = nowhere;
	cache_store_save(f.worker.cache, &config);
	cache_store_load(f.worker.cache, &config);
	config.state_directory = folder;
	expect_hit("a.example", &plain, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		TEST(test_answers_come_back_aged),
		TEST(test_what_has_expired_is_gone),
		TEST(test_the_file_is_used_once),
		TEST(test_damage_costs_the_warm_start_only),
		TEST(test_a_clock_that_went_back_tells_no_age),
		TEST(test_another_configuration_may_have_other_answers),
		TEST(test_a_folder_that_cannot_be_written_is_no_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
