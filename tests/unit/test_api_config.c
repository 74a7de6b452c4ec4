/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/base/config_value.h"
#include "tests/unit/api_harness.h"

static const char yaml[] =
	"listen: [\"127.0.0.1:5335\", \"[::1]:5353\"]\n"
	"access: [10.0.0.0/8, \"2001:db8::/32\", 192.0.2.1]\n"
	"cache: {size: 64MiB, stale: 0s, keep: true}\n"
	"recursion: {stale_after: 1500ms}\n"
	"allow: [good.example, =a.example, \"*.b.example\"]\n"
	"deny_addresses: []\n"
	"lists:\n"
	"  - {name: ads, source: \"https://ann:topsecret@example.org/a@b?x\", refresh: 1h, at: "
	"\"04:30\"}\n"
	"  - {name: zone, source: \"xfr://192.0.2.53/rpz.example\", tsig: key}\n"
	"groups: [{name: kids, clients: [192.168.1.64/26], lists: [ads]}]\n"
	"tsig_keys: [{name: key, algorithm: hmac-sha256, secret: dG9wc2VjcmV0}]\n"
	"dga: {threshold: 1e-4}\n"
	"log: {level: warn}\n";

static struct config *config;

static void load(void)
{
	struct err why = {0};
	if (config_parse("cenote.yaml", yaml, sizeof yaml - 1, &config, &why))
		fail_msg("%s", why.text);
	server.config = config;
}

static const json_t *key_of(const json_t *v, const char *key)
{
	size_t i;
	json_t *k;
	json_array_foreach(json_object_get(v, "keys"), i, k)
	{
		if (!strcmp(text(k, "key"), key))
			return k;
	}
	fail_msg("no key %s", key);
	return NULL;
}

static void is_shown(const json_t *v, const char *key, const char *wanted)
{
	char *shown = json_dumps(json_object_get(key_of(v, key), "value"), JSON_ENCODE_ANY);
	assert_non_null(shown);
	assert_string_equal(shown, wanted);
	free(shown);
}

static json_t *shown(void)
{
	unsigned status;
	load();
	json_t *v = ask(true, EDGE_GET, "/api/v1/config", NULL, &status);
	assert_int_equal(status, 200);
	return v;
}

static void values_are_as_in_the_file(void **state)
{
	(void)state;
	json_t *v = shown();
	is_shown(v, "listen", "[\"127.0.0.1:5335\", \"[::1]:5353\"]");
	is_shown(v, "access", "[\"10.0.0.0/8\", \"2001:db8::/32\", \"192.0.2.1\"]");
	is_shown(v, "cache.size", "\"64MiB\"");
	is_shown(v, "cache.stale", "\"0\"");
	is_shown(v, "cache.keep", "true");
	is_shown(v, "recursion.stale_after", "\"1500ms\"");
	is_shown(v, "allow", "[\"good.example\", \"=a.example\", \"*.b.example\"]");
	is_shown(v, "deny_addresses", "[]");
	is_shown(v, "dga.threshold", "\"0.0001\"");
	is_shown(v, "dga.model", "null");
	is_shown(v, "log.level", "\"warn\"");
	const json_t *list = json_array_get(json_object_get(key_of(v, "lists"), "value"), 0);
	assert_string_equal(text(list, "refresh"), "1h");
	assert_string_equal(text(list, "at"), "04:30");
	assert_string_equal(text(list, "kind"), "deny");
	const json_t *stale = key_of(v, "cache.stale");
	assert_string_equal(text(stale, "default"), "1d");
	assert_string_equal(text(stale, "type"), "duration");
	assert_true(json_is_true(json_object_get(stale, "reloadable")));
	assert_true(json_string_length(json_object_get(stale, "help")) > 10);
	assert_int_equal(json_array_size(json_object_get(v, "keys")), config_schema()->count);
	json_decref(v);
}

static void secrets_stay(void **state)
{
	(void)state;
	json_t *v = shown();
	char *all = json_dumps(v, 0);
	assert_non_null(all);
	assert_null(strstr(all, "topsecret"));
	assert_null(strstr(all, "dG9wc2VjcmV0"));
	assert_non_null(strstr(all, "https://***@example.org/a@b?x"));
	free(all);
	const json_t *key = json_array_get(json_object_get(key_of(v, "tsig_keys"), "value"), 0);
	assert_string_equal(text(key, "secret"), "***");
	json_decref(v);
	/* Nor does everybody see the rest. */
	expect(false, EDGE_GET, "/api/v1/config", NULL, 401);
}

/* What is printed is read as the same: for all keys that hold no secret. */
static void what_is_shown_can_be_read(void **state)
{
	(void)state;
	load();
	const struct config_table *t = config_schema();
	unsigned tried = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = config_table_row(t, i);
		char room[CONFIG_VALUE_TEXT_MAX];
		union {
			char bytes[sizeof(struct config_rule)];
			char *text;
			double real;
		} again = {{0}};
		const char *fault;
		if (row->type == CONFIG_ITEM)
			continue;
		size_t count = 1;
		const char *value = row->is_array ? config_value_array(row, config, &count)
						  : (const char *)config + row->at;
		const char *said = count ? config_value_text(row, value, room) : NULL;
		if (!said)
			continue;
		struct config_row one = *row;
		one.is_array = false;
		one.at = 0;
		if (config_value_read(row, said, &again, &fault))
			fail_msg("%s: \"%s\" %s", row->key, said, fault);
		if (!config_value_equal(&one, value, &again))
			fail_msg("%s: \"%s\"", row->key, said);
		config_value_free(&one, &again);
		tried++;
	}
	assert_true(tried > 40);
}

static void an_answer_has_an_end(void **state)
{
	(void)state;
	enum { PREFIXES = 30000, EACH = 20 };
	struct err why = {0};
	char *text = malloc(PREFIXES * EACH);
	assert_non_null(text);
	size_t n = (size_t)sprintf(text, "access: [127.0.0.0/8");
	for (unsigned i = 0; i < PREFIXES; i++)
		n += (size_t)sprintf(text + n, ", 10.%u.%u.0/24", i >> 8, i & 255);
	n += (size_t)sprintf(text + n, "]\n");
	if (config_parse("cenote.yaml", text, n, &config, &why))
		fail_msg("%s", why.text);
	free(text);
	server.config = config;
	unsigned status;
	json_t *v = ask(true, EDGE_GET, "/api/v1/config", NULL, &status);
	assert_true(json_is_true(json_object_get(v, "is_cut")));
	size_t shown = json_array_size(json_object_get(key_of(v, "access"), "value"));
	assert_true(shown > 10000 && shown < PREFIXES);
	assert_int_equal(json_array_size(json_object_get(v, "keys")), config_schema()->count);
	json_decref(v);
}

static int drop(void **state)
{
	config_free(config);
	config = NULL;
	return clean(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_are_as_in_the_file, reset, drop),
		cmocka_unit_test_setup_teardown(secrets_stay, reset, drop),
		cmocka_unit_test_setup_teardown(what_is_shown_can_be_read, reset, drop),
		cmocka_unit_test_setup_teardown(an_answer_has_an_end, reset, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
