/* SPDX-License-Identifier: BSD-2-Clause
 * Each type of value with good and bad text, and the sentence for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/config_text.h"

static void scalars_have_sentences(void **state)
{
	(void)state;
	assert_sentence("\n\ncache:\n  size: 64 apples\n",
		"t.yaml:4: cache.size: \"64 apples\" is not a size (allowed: 1MiB-" CACHE_MOST
		" or auto, as "
		"64MiB)");
	assert_sentence("cache: {size: 1023KiB}",
		"t.yaml:1: cache.size: \"1023KiB\" is too small (allowed: 1MiB-" CACHE_MOST
		" or auto, as "
		"64MiB)");
	assert_words("cache: {size: 1025GiB}", "\"1025GiB\" is too large");
	assert_words("cache: {size: 999999999999999TiB}", "is too large"); /* 2^64 and more */
	assert_words("cache: {size: 9999999999999999B}", "is not a size");
	assert_words("cache: {size: -1MiB}", "\"-1MiB\" is not a size");
	assert_words("cache: {size: 1.5GiB}", "is not a size");
	assert_words("cache: {size: 64}", "is not a size");
	assert_words("cache: {size: 64MB}", "is not a size");
	assert_words("cache: {size: \" 64MiB\"}", "is not a size");
	assert_sentence("cache: {stale: soon}",
		"t.yaml:1: cache.stale: \"soon\" is not a duration (allowed: 0-30d, as 10s)");
	assert_sentence("cache: {stale: 1500ms}",
		"t.yaml:1: cache.stale: \"1500ms\" is not in whole seconds (allowed: 0-30d, as "
		"10s)");
	assert_words("cache: {stale: 31d}", "is too large (allowed: 0-30d, as 10s)");
	assert_words("cache: {stale: 999999999999999d}", "is too large");
	assert_words("cache: {stale: 5 m}", "is not a duration");
	assert_sentence("recursion:\n  deadline: 99ms",
		"t.yaml:2: recursion.deadline: \"99ms\" is too small (allowed: 100ms-1m, as "
		"500ms)");
	assert_words("recursion: {deadline: 50}", "is not a duration");
	assert_sentence(
		"workers: 0", "t.yaml:1: workers: \"0\" is too small (allowed: 1-256 or auto)");
	assert_sentence(
		"workers: 257", "t.yaml:1: workers: \"257\" is too large (allowed: 1-256 or auto)");
	assert_words("workers: two", "\"two\" is not a number");
	assert_words("workers: +2", "\"+2\" is not a number");
	assert_words("workers: 0x2", "\"0x2\" is not a number");
	assert_words("workers: 4294967298", "is too large"); /* 2 when cut to 32 bits */
	assert_words("tcp: {connections: auto}", "\"auto\" is not a number (allowed: 1-1000000)");
	assert_sentence("dnssec: {validate: maybe}",
		"t.yaml:1: dnssec.validate: \"maybe\" is neither true nor false (allowed: true or "
		"false)");
	assert_sentence("log: {level: loud}",
		"t.yaml:1: log.level: \"loud\" is not one of its words (allowed: error, warn, "
		"info, debug)");
	assert_words(
		"sinkhole: {action: block}", "\"block\" is not one of its words (allowed: null, ");
	assert_sentence("directory: etc",
		"t.yaml:1: directory: \"etc\" is not an absolute file name (allowed: a file name "
		"that "
		"begins with /)");
	assert_words("directory: \"/a\\nb\"", "\"/a\\x0ab\" is not an absolute file name");
	assert_words("root_hints: \"\"", "is not an absolute file name");
}

static void values_at_their_limits_are_taken(void **state)
{
	(void)state;
	struct config *c =
		parse("{workers: 256, cache: {size: 1MiB, stale: 30d, max_ttl: 1s},"
		      "recursion: {deadline: 100ms, stale_after: 0}, udp: {payload: 4096},"
		      "feeds: {junk_percent: 0, max_bytes: 1KiB}, sinkhole: {action: null}}");
	assert_int_equal(c->workers, 256);
	assert_true(c->cache_size_bytes == 1 << 20);
	assert_int_equal(c->cache_stale_s, 30 * 86400);
	assert_int_equal(c->cache_max_ttl_s, 1);
	assert_int_equal(c->recursion_deadline_ms, 100);
	assert_int_equal(c->recursion_stale_after_ms, 0);
	assert_int_equal(c->udp_payload_bytes, 4096);
	assert_int_equal(c->feeds_junk_percent, 0);
	assert_int_equal(c->sinkhole_action, SINK_NULL); /* without quotes, too */
	config_free(c);
}

static void shapes_are_checked(void **state)
{
	(void)state;
	assert_sentence("cache: {size: [1MiB]}",
		"t.yaml:1: cache.size: a list stands where one value is wanted (allowed: "
		"1MiB-" CACHE_MOST " "
		"or "
		"auto, as 64MiB)");
	assert_words("cache: {size: {a: b}}", "a mapping stands where one value is wanted");
	assert_sentence("workers:\n", "t.yaml:1: workers: has no value (allowed: 1-256 or auto)");
	assert_words("workers: ~", "has no value");
	assert_sentence(
		"cache: 64MiB", "t.yaml:1: cache: is not a mapping (allowed: `key: value` lines)");
	assert_sentence("- a", "t.yaml:1: is not a mapping (allowed: `key: value` lines)");
	assert_sentence("listen: {a: b}",
		"t.yaml:1: listen: a mapping stands where a list is wanted (allowed: as "
		"127.0.0.1:53 or "
		"[::1]:53)");
	assert_words("lists: [a]", "lists: an item is not a mapping");
	assert_words("listen: []", "listen: has 0 items (allowed: 1-64)");
	/* Nothing is an empty list, and an empty section. */
	struct config *c = parse("deny:\ncache:\nlists: ~\n");
	assert_int_equal(c->deny_count + c->list_count, 1); /* the calendar's */
	config_free(c);
	c = parse("");
	config_free(c);
	c = parse("# only a comment\n");
	config_free(c);
}

static void keys_are_checked(void **state)
{
	(void)state;
	assert_sentence("cahce: {}", "t.yaml:1: unknown key \"cahce\" (did you mean \"cache\"?)");
	assert_sentence("cache:\n  sise: 1MiB\n",
		"t.yaml:2: cache: unknown key \"sise\" (did you mean \"size\"?)");
	assert_sentence("cache:\n  quantity: 1MiB\n",
		"t.yaml:2: cache: unknown key \"quantity\" (allowed: size, stale, max_ttl, "
		"min_ttl, keep)");
	assert_words("seismograph: {mode: monitor}",
		"unknown key \"seismograph\" (allowed: directory, listen, ");
	assert_words("dga: {mode: deny}", "(allowed: off, monitor, block)");
	assert_words("dga: {calendar: {mode: on}}",
		"dga.calendar.mode: \"on\" is not one of its words (allowed: off, monitor, block)");
	assert_words("dga: {calendar: {days: 15}}", "is too large (allowed: 0-14)");
	assert_words("dga: {calendar: {dyas: 1}}", "did you mean \"days\"?");
	assert_words("dga: {calendar: 3}", "dga.calendar: is not a mapping");
	assert_words("dga: {model: here}", "a file name that begins with /");
	assert_words("diary: {}", "unknown key \"diary\"");
	assert_words("querylog: {privacy: some}", "(allowed: all, no_client, no_name, none)");
	assert_words("\"\": 1", "unknown key \"\"");
	assert_words("\"a\\nb\": 1", "unknown key \"a\\x0ab\"");
	assert_words(
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1",
		"unknown key \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"");
	assert_sentence("workers: 1\nlisten: ::1\nworkers: 2\n",
		"t.yaml:3: the key \"workers\" is given twice (allowed: once)");
	assert_words(
		"cache: {size: 1MiB}\ncache: {stale: 1d}\n", "the key \"cache\" is given twice");
	assert_sentence("cache: {size: 1MiB}\ncache.size: 2MiB\n",
		"t.yaml:2: cache.size: is given twice (allowed: once)");
	struct config *c = parse("cache.size: 2MiB\ncache: {stale: 1h}\n");
	assert_true(c->cache_size_bytes == 2 << 20);
	assert_int_equal(c->cache_stale_s, 3600);
	config_free(c);
}

static void a_rate_is_a_share(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} good[] = {{"1e-6", 1e-6}, {"0.000001", 1e-6}, {"0.1", 0.1}, {"1E-3", 1e-3}, {".01", 0.01},
		{"1e-01", 0.1}, {"+1e-4", 1e-4}};
	char text[100];
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text, "dga: {threshold: %s}", good[i].text);
		struct config *c = parse(text);
		assert_true(c->dga_threshold == good[i].value);
		config_free(c);
	}
	static const char *const bad[] = {
		"often", "0x1p-8", "inf", "nan", "1e-4 ", "1e-4%", "1,5", "1e-4e", "e", "-", "."};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "dga: {threshold: \"%s\"}", bad[i]);
		assert_words(text, "is not a share (allowed: 0.000001-0.1, as 1e-4)");
	}
	assert_sentence("dga:\n  threshold: 0.11\n",
		"t.yaml:2: dga.threshold: \"0.11\" is too large (allowed: 0.000001-0.1, as 1e-4)");
	static const char *const small[] = {"0", "-1e-4", "9e-7", "1e-400"};
	for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
		snprintf(text, sizeof text, "dga: {threshold: %s}", small[i]);
		assert_words(text, "is too small (allowed: 0.000001-0.1, as 1e-4)");
	}
	assert_words("dga: {threshold: 1e999}", "is too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_have_sentences),
		cmocka_unit_test(values_at_their_limits_are_taken),
		cmocka_unit_test(shapes_are_checked),
		cmocka_unit_test(keys_are_checked),
		cmocka_unit_test(a_rate_is_a_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
