/* SPDX-License-Identifier: BSD-2-Clause
 * The configuration: defaults, a full file, overrides, the sample, what needs a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/config_schema.h"
#include "resolver/base/config_value.h"
#include "resolver/base/log.h"
#include "tests/unit/config_text.h"

static struct config *load(const char *file, size_t n, const char *const *overrides)
{
	struct config *c = NULL;
	struct err why = {{0}};
	if (config_load(file, overrides, n, &c, &why))
		fail_msg("%s", why.text);
	return c;
}

static void assert_override_sentence(const char *override, const char *sentence)
{
	struct config *c = NULL;
	struct err why = {{0}};
	assert_true(config_load(NULL, &override, 1, &c, &why) < 0);
	assert_null(c);
	assert_string_equal(why.text, sentence);
}

static const char *endpoint_text(const struct addr_endpoint *e)
{
	static char text[ADDR_TEXT_MAX];
	return addr_endpoint_to_text(e, text);
}

static void the_defaults_are_sane(void **state)
{
	(void)state;
	struct config *c = load(NULL, 0, NULL);
	assert_null(c->file);
	assert_int_equal(c->listen_count, 2);
	assert_string_equal(endpoint_text(&c->listen[0]), "127.0.0.1:5335");
	assert_string_equal(endpoint_text(&c->listen[1]), "[::1]:5335");
	assert_int_equal(c->http_listen_count, 1);
	assert_string_equal(endpoint_text(&c->http_listen[0]), "127.0.0.1:5380");
	assert_in_range(c->workers, 1, 256);
	assert_int_equal(c->access_count, 8);
	assert_true(c->cache_size_bytes == 64 << 20 || c->cache_size_bytes == 16 << 20);
	assert_int_equal(c->cache_stale_s, 86400);
	assert_int_equal(c->cache_max_ttl_s, 86400);
	assert_int_equal(c->cache_min_ttl_s, 0);
	assert_false(c->cache_is_kept);
	assert_true(c->dnssec_is_validated);
	assert_string_equal(c->root_hints, "/usr/share/dns/root.hints");
	assert_true(c->recursion_has_qmin);
	assert_false(c->recursion_has_0x20);
	assert_false(c->recursion_has_loopback);
	assert_int_equal(c->recursion_stale_after_ms, 1800);
	assert_int_equal(c->recursion_deadline_ms, 4900);
	assert_int_equal(c->recursion_in_flight, 4000);
	assert_int_equal(c->recursion_in_flight_per_client, 200);
	assert_int_equal(c->recursion_in_flight_per_domain, 100);
	assert_int_equal(c->tcp_connections, 1000);
	assert_int_equal(c->tcp_connections_per_client, 50);
	assert_int_equal(c->tcp_idle_ms, 10000);
	assert_int_equal(c->tcp_total_ms, 120000);
	assert_int_equal(c->udp_payload_bytes, 1232);
	assert_int_equal(c->refused_per_s, 100);
	assert_int_equal(c->sinkhole_action, SINK_NULL);
	assert_int_equal(c->sinkhole_ttl_s, 60);
	assert_true(c->rebinding_is_enabled);
	assert_int_equal(c->dga_mode, LIST_MODE_MONITOR);
	const double threshold = 1e-4; /* a double: a literal alone may have more bits */
	assert_true(c->dga_threshold == threshold);
	assert_null(c->dga_model);
	assert_null(c->dga_popular);
	assert_int_equal(c->dga_calendar_mode, LIST_MODE_BLOCK);
	assert_int_equal(c->dga_calendar_days, 2);
	assert_null(c->dga_calendar_seeds);
	assert_true(c->feeds_max_bytes == 512 << 20);
	assert_int_equal(c->feeds_max_rules, 20000000);
	assert_true(c->feeds_builder_memory_bytes == 1 << 30);
	assert_int_equal(c->feeds_builder_time_s, 600);
	assert_int_equal(c->feeds_junk_percent, 20);
	assert_string_equal(c->feeds_directory, c->state_directory);
	assert_int_equal(c->feeds_fetch_time_s, 300);
	assert_int_equal(c->feeds_retry_wait_ms, 1000);
	assert_null(c->feeds_ca_file);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_int_equal(c->group_count + c->forward_count + c->stub_count, 0);
	assert_int_equal(c->list_count, 1); /* the calendar's */
	config_free(c);
	config_free(NULL);
}

static void the_world_may_not_ask(void **state)
{
	(void)state;
	static const char *const in[] = {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1",
		"169.254.1.1", "::1", "fd00::1", "fe80::1"};
	static const char *const outside[] = {
		"8.8.8.8", "172.32.0.1", "2001:db8::1", "0.0.0.0", "::", "100.64.0.1"};
	struct config *c = load(NULL, 0, NULL);
	for (size_t i = 0; i < sizeof in / sizeof in[0] + sizeof outside / sizeof outside[0]; i++) {
		bool is_in = i < sizeof in / sizeof in[0];
		const char *text = is_in ? in[i] : outside[i - sizeof in / sizeof in[0]];
		struct addr a;
		assert_int_equal(addr_from_text(text, &a), 0);
		bool found = false;
		for (size_t j = 0; j < c->access_count; j++)
			found |= addr_prefix_contains(&c->access[j], &a);
		if (found != is_in)
			fail_msg("%s", text);
	}
	config_free(c);
}

static const char full[] =
	"directory: /var/lib/x\n"
	"listen: [\"0.0.0.0\", \"[::]:54\"]\n"
	"workers: 3\n"
	"cache: {size: 1GiB, stale: 2h, max_ttl: 5m, min_ttl: 10s, keep: yes}\n"
	"dnssec:\n"
	"  validate: off\n"
	"  trust_anchors: [\". IN DS 20326 8 2 E06D\", /etc/keys]\n"
	"  negative: [Broken.Example]\n"
	"forward: [{zone: lan., to: [192.168.1.1, \"::1@99\"]}, {zone: ., to: 9.9.9.9}]\n"
	"stub: [{zone: corp.example, to: [192.0.2.1], dnssec: true}]\n"
	"records: [\"nas.home.arpa. 300 IN A 192.168.1.9\"]\n"
	"lists:\n"
	"  - {name: botnets, source: \"https://example.org/c2.txt\", category: botnet,\n"
	"     action: address, mode: monitor, refresh: 1h, match: exact}\n"
	"  - {name: mine, source: /etc/mine.txt, kind: allow}\n"
	"allow: [good.example, =just.this, \"*.below.example\"]\n"
	"deny: [bad.example]\n"
	"deny_addresses: [192.0.2.0/24, \"2001:db8:bad::/48\"]\n"
	"groups:\n"
	"  - {name: kids, clients: [192.168.1.64/26, \"fd00::1\"], lists: [botnets]}\n"
	"  - {name: none, clients: 10.0.0.1, lists: []}\n"
	"  - {name: default}\n"
	"sinkhole: {action: address, ttl: 0, addresses: [192.0.2.1, \"2001:db8::1\"]}\n"
	"rebinding: {enabled: false, except: [plex.direct]}\n"
	"dga: {mode: off, model: /etc/cenote/dga.model, threshold: 0.05, popular: /p,\n"
	"  calendar: {mode: monitor, days: 0, seeds: /s}}\n"
	"log: {level: debug}\n";

static void a_full_file_is_read(void **state)
{
	(void)state;
	struct config *c = parse(full);
	assert_string_equal(c->file, "t.yaml");
	assert_string_equal(c->state_directory, "/var/lib/x");
	assert_string_equal(c->cache_directory, "/var/lib/x/cache");
	assert_string_equal(c->socket, "/var/lib/x/control.sock");
	assert_string_equal(endpoint_text(&c->listen[0]), "0.0.0.0:53");
	assert_string_equal(endpoint_text(&c->listen[1]), "[::]:54");
	assert_int_equal(c->workers, 3);
	assert_true(c->cache_size_bytes == 1 << 30);
	assert_int_equal(c->cache_stale_s, 7200);
	assert_int_equal(c->cache_max_ttl_s, 300);
	assert_int_equal(c->cache_min_ttl_s, 10);
	assert_true(c->cache_is_kept);
	assert_false(c->dnssec_is_validated);
	assert_int_equal(c->trust_anchor_count, 2);
	assert_string_equal(c->trust_anchors[1], "/etc/keys");
	assert_int_equal(c->negative_anchor_count, 1);
	assert_memory_equal(c->negative_anchors[0].bytes, "\6broken\7example", 16);
	assert_int_equal(c->forward_count, 2);
	assert_int_equal(c->forward[0].to_count, 2);
	assert_int_equal(c->forward[0].to[0].port, 53);
	assert_int_equal(c->forward[0].to[1].port, 99);
	assert_false(c->forward[0].is_validated);
	assert_true(c->forward[1].is_validated);
	assert_int_equal(c->forward[1].to_count, 1);
	assert_true(c->stub[0].is_validated);
	assert_string_equal(c->records[0], "nas.home.arpa. 300 IN A 192.168.1.9");
	config_free(c);
}

static void full_lists_and_groups_are_read(void **state)
{
	(void)state;
	struct config *c = parse(full);
	assert_int_equal(c->list_count, 3); /* with the calendar's */
	const struct config_list *l = &c->lists[0];
	assert_string_equal(l->name, "botnets");
	assert_string_equal(l->source, "https://example.org/c2.txt");
	assert_int_equal(l->kind, LIST_DENY);
	assert_string_equal(l->category, "botnet");
	assert_int_equal(l->action, SINK_ADDRESS);
	assert_int_equal(l->mode, LIST_MODE_MONITOR);
	assert_int_equal(l->match, LIST_MATCH_EXACT);
	assert_int_equal(l->refresh_s, 3600);
	l = &c->lists[1];
	assert_int_equal(l->kind, LIST_ALLOW);
	assert_string_equal(l->category, "");
	assert_int_equal(l->action, SINK_DEFAULT);
	assert_int_equal(l->mode, LIST_MODE_BLOCK);
	assert_int_equal(l->match, LIST_MATCH_DEFAULT);
	assert_int_equal(l->refresh_s, 86400);

	assert_int_equal(c->allow_count, 3);
	assert_true(c->allow[0].is_self && c->allow[0].is_below);
	assert_true(c->allow[1].is_self && !c->allow[1].is_below);
	assert_true(!c->allow[2].is_self && c->allow[2].is_below);
	assert_int_equal(c->deny_count, 1);
	assert_int_equal(c->deny_address_count, 2);
	assert_int_equal(c->deny_addresses[0].bits, 120);

	assert_int_equal(c->group_count, 3);
	assert_int_equal(c->groups[0].client_count, 2);
	assert_int_equal(c->groups[0].list_count, 1);
	assert_string_equal(c->groups[0].lists[0], "botnets");
	assert_false(c->groups[0].is_all_lists);
	assert_int_equal(c->groups[1].client_count, 1);
	assert_int_equal(c->groups[1].list_count, 0);
	assert_false(c->groups[1].is_all_lists);
	assert_string_equal(c->groups[2].name, "default");
	assert_true(c->groups[2].is_all_lists);
	assert_null(c->groups[2].lists);
	assert_int_equal(c->groups[2].list_count, 0);

	assert_int_equal(c->sinkhole_action, SINK_ADDRESS);
	assert_int_equal(c->sinkhole_ttl_s, 0);
	assert_int_equal(c->sinkhole_address_count, 2);
	assert_false(c->rebinding_is_enabled);
	assert_int_equal(c->rebinding_except_count, 1);
	assert_int_equal(c->dga_mode, LIST_MODE_OFF);
	assert_string_equal(c->dga_model, "/etc/cenote/dga.model");
	const double threshold = 0.05;
	assert_true(c->dga_threshold == threshold);
	assert_string_equal(c->dga_popular, "/p");
	assert_int_equal(c->dga_calendar_mode, LIST_MODE_MONITOR);
	assert_int_equal(c->dga_calendar_days, 0);
	assert_string_equal(c->dga_calendar_seeds, "/s");
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	config_free(c);
}

static void overrides_come_last_and_in_order(void **state)
{
	(void)state;
	char file[] = "/tmp/cenote-test-config-XXXXXX";
	int fd = mkstemp(file);
	assert_true(fd >= 0);
	static const char text[] =
		"workers: 1\ndeny: [a.example]\ncache: {size: 2MiB, stale: 1h}\n";
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	const char *const overrides[] = {"workers=2", "workers=3", "cache.size=128MiB",
		"listen=[\"127.0.0.1:5300\"]", "dnssec.validate=false",
		"deny=", "recursion={deadline: 3s}", "access=10.0.0.0/8",
		"deny_addresses=", "directory=/tmp/x=y"};
	struct config *c = load(file, sizeof overrides / sizeof overrides[0], overrides);
	assert_string_equal(c->file, file);
	assert_int_equal(c->workers, 3);
	assert_true(c->cache_size_bytes == 128 << 20);
	assert_int_equal(c->cache_stale_s, 3600);
	assert_int_equal(c->listen_count, 1);
	assert_string_equal(endpoint_text(&c->listen[0]), "127.0.0.1:5300");
	assert_false(c->dnssec_is_validated);
	assert_int_equal(c->deny_count, 0);
	assert_int_equal(c->recursion_deadline_ms, 3000);
	assert_int_equal(c->access_count, 1);
	assert_string_equal(c->state_directory, "/tmp/x=y");
	config_free(c);
	unlink(file);
}

static void bad_overrides_are_refused(void **state)
{
	(void)state;
	assert_override_sentence("cache.size=64 apples",
		"command line: cache.size: \"64 apples\" is not a size (allowed: 1MiB-" CACHE_MOST
		" or "
		"auto, as "
		"64MiB)");
	assert_override_sentence("workers",
		"command line: \"workers\" is not an override (allowed: key=value, as "
		"cache.size=64MiB)");
	assert_override_sentence("=1",
		"command line: \"=1\" is not an override (allowed: key=value, as "
		"cache.size=64MiB)");
	assert_override_sentence(
		"workers=", "command line: workers: has no value (allowed: 1-256 or auto)");
	assert_override_sentence("cache.sise=1MiB",
		"command line: cache: unknown key \"sise\" (did you mean \"size\"?)");
	assert_override_sentence(
		"worker=1", "command line: unknown key \"worker\" (did you mean \"workers\"?)");
	assert_override_sentence("lists=[{name: a, source: /x}, {name: a, source: /y}]",
		"command line: lists.name: \"a\" is the name of a list already (allowed: each name "
		"once)");
	assert_override_sentence(
		"directory=/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaa",
		"command line: directory: is too long for the control socket in it (allowed: 94 "
		"characters)");
}

static void files_that_are_none_are_refused(void **state)
{
	(void)state;
	struct config *c = NULL;
	struct err why;
	assert_int_equal(config_load("/nonexistent/cenote.yaml", NULL, 0, &c, &why), -2);
	assert_string_equal(
		why.text, "/nonexistent/cenote.yaml: cannot be opened: No such file or directory");
	assert_true(config_load("/", NULL, 0, &c, &why) < 0);
	assert_string_equal(why.text, "/: is not a file (allowed: an ordinary file)");
	assert_true(config_load("/dev/zero", NULL, 0, &c, &why) < 0);
	assert_string_equal(why.text, "/dev/zero: is not a file (allowed: an ordinary file)");
	assert_null(c);
	assert_int_equal(config_load("/nonexistent/cenote.yaml", NULL, 0, &c, NULL), -2);
	assert_true(config_parse("x", "a: [", 4, &c, NULL) < 0);
}

static void directories_follow_the_environment(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		struct config *c = load(NULL, 0, NULL);
		assert_string_equal(c->state_directory, "/var/lib/cenote");
		assert_string_equal(c->cache_directory, "/var/cache/cenote");
		assert_string_equal(c->socket, "/run/cenote/control.sock");
		config_free(c);
		assert_int_equal(seteuid(65534), 0);
	}
	setenv("HOME", "/home/x", 1);
	unsetenv("XDG_STATE_HOME");
	struct config *c = load(NULL, 0, NULL);
	assert_string_equal(c->state_directory, "/home/x/.local/state/cenote");
	assert_string_equal(c->cache_directory, "/home/x/.local/state/cenote/cache");
	assert_string_equal(c->socket, "/home/x/.local/state/cenote/control.sock");
	config_free(c);
	setenv("XDG_STATE_HOME", "/xdg", 1);
	c = load(NULL, 0, NULL);
	assert_string_equal(c->state_directory, "/xdg/cenote");
	config_free(c);
	setenv("XDG_STATE_HOME", "relative", 1);
	unsetenv("HOME");
	struct err why;
	assert_int_equal(config_load(NULL, NULL, 0, &c, &why), CEN_EFORMAT);
	assert_string_equal(why.text,
		"built-in defaults: directory: is not given, and neither "
		"XDG_STATE_HOME nor HOME says where to write");
	setenv("HOME", "/root", 1);
	unsetenv("XDG_STATE_HOME");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void the_sample_says_the_defaults(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	config_print_sample(f);
	assert_int_equal(fclose(f), 0);
	struct config *defaults = load(NULL, 0, NULL), *c = parse(text);
	const struct config_table *t = config_schema();
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = config_table_row(t, i);
		/* By default the file's own folder. */
		bool is_of_file = !strcmp(row->key, "feeds.directory");
		if (config_value_equal(row, defaults, c) == is_of_file)
			fail_msg("the sample's %s is not the default", row->key);
		/* Each key has its line, its help and what is allowed. */
		const char *dot = strrchr(row->key, '.');
		int depth = 0;
		for (const char *d = row->key; (d = strchr(d, '.')) != NULL; d++)
			depth++;
		char line[100], allowed[CONFIG_VALUE_ALLOWED_MAX];
		snprintf(line, sizeof line, "\n%*s%s: ", 2 * depth, "", dot ? dot + 1 : row->key);
		if (row->initial && !strstr(text, line))
			fail_msg("%s is not in the sample", row->key);
		assert_true(strlen(row->help) > 20);
		assert_true(strlen(config_value_allowed(row, allowed)) > 3);
	}
	/* A section in a section is opened once. */
	assert_non_null(strstr(text, "\n  calendar:\n    # "));
	assert_null(strstr(strstr(text, "  calendar:\n") + 1, "  calendar:\n"));
	config_free(c);
	config_free(defaults);
	free(text);
}

/* What an example cannot stand without. */
static const char *company_of(const char *key)
{
	static const struct {
		const char *key, *text;
	} rows[] = {{"groups", "lists: [{name: botnets, source: /x}]\n"},
		{"lists", "sinkhole: {addresses: 192.0.2.1}\n"},
		{"evidence.webhook.url", "evidence.webhook.secret_file: /x\n"},
		{"http.tls.certificate", "http.tls.key: /x\n"},
		{"http.tls.key", "http.tls.certificate: /x\n"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].key, key))
			return rows[i].text;
	return "";
}

/* Each example parses in its section. */
static void the_examples_are_good(void **state)
{
	(void)state;
	const struct config_table *t = config_schema();
	unsigned examples = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = config_table_row(t, i);
		if (!row->example)
			continue;
		char text[1000];
		const char *dot = strrchr(row->key, '.');
		snprintf(text, sizeof text, "%s%.*s%s%s\n", company_of(row->key),
			dot ? (int)(dot - row->key) : 0, row->key, dot ? ":\n  " : "",
			row->example);
		config_free(parse(text));
		examples++;
	}
	assert_in_range(examples, 10, 50);
}

static void restart_keys_are_named(void **state)
{
	(void)state;
	struct config *a = load(NULL, 0, NULL), *b = parse(full);
	char keys[1000], few[12];
	assert_int_equal(config_restart_keys(a, a, keys, sizeof keys), 0);
	assert_string_equal(keys, "");
	assert_int_equal(config_restart_keys(a, b, keys, sizeof keys), 12);
	assert_string_equal(keys,
		"directory, listen, workers, cache.size, cache.max_ttl, cache.min_ttl, cache.keep, "
		"dnssec.validate, dnssec.trust_anchors, dnssec.negative, forward, stub");
	assert_int_equal(config_restart_keys(a, b, few, sizeof few), 12);
	assert_string_equal(few, "directory, ");
	assert_int_equal(config_restart_keys(a, b, few, 0), 12);
	struct config *again = parse(full);
	assert_int_equal(config_restart_keys(b, again, keys, sizeof keys), 0);
	config_free(again);
	/* One server of a zone is another. */
	again = parse("forward: [{zone: lan, to: \"::1\"}]");
	struct config *other = parse("forward: [{zone: lan, to: \"::2\"}]");
	assert_int_equal(config_restart_keys(again, other, keys, sizeof keys), 1);
	assert_string_equal(keys, "forward");
	config_free(again);
	config_free(other);
	config_free(a);
	config_free(b);
}

static void names_of_values_are_those_of_the_file(void **state)
{
	(void)state;
	assert_string_equal(config_action_name(SINK_NULL), "null");
	assert_string_equal(config_action_name(SINK_DROP), "drop");
	assert_string_equal(config_action_name(SINK_DEFAULT), "default");
	assert_string_equal(config_mode_name(LIST_MODE_OFF), "off");
	assert_string_equal(config_mode_name(LIST_MODE_BLOCK), "block");
	assert_string_equal(config_kind_name(LIST_DENY), "deny");
	assert_string_equal(config_kind_name(LIST_ALLOW), "allow");
	const struct config_table *t = config_schema();
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(config_table_row(t, i)->key, "sinkhole.action"))
			for (const struct config_word *w = config_table_row(t, i)->words; w->word;
				w++)
				assert_string_equal(
					config_action_name((enum sink_action)w->value), w->word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_sane),
		cmocka_unit_test(the_world_may_not_ask),
		cmocka_unit_test(a_full_file_is_read),
		cmocka_unit_test(full_lists_and_groups_are_read),
		cmocka_unit_test(overrides_come_last_and_in_order),
		cmocka_unit_test(bad_overrides_are_refused),
		cmocka_unit_test(files_that_are_none_are_refused),
		cmocka_unit_test(directories_follow_the_environment),
		cmocka_unit_test(the_sample_says_the_defaults),
		cmocka_unit_test(the_examples_are_good),
		cmocka_unit_test(restart_keys_are_named),
		cmocka_unit_test(names_of_values_are_those_of_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
