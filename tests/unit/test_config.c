/* SPDX-License-Identifier: BSD-2-Clause
 * The configuration: defaults, every type with good and bad values and its sentence, overrides, the sample.
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

#include "resolver/base/config.h"
#include "resolver/base/config_schema.h"
#include "resolver/base/config_value.h"
#include "resolver/base/log.h"

static struct config *parse(const char *text)
{
	struct config *c = NULL;
	struct err why = {{0}};
	if (config_parse("t.yaml", text, strlen(text), &c, &why))
		fail_msg("%s", why.text);
	return c;
}

/* The text is refused with exactly this sentence. */
static void assert_sentence(const char *text, const char *sentence)
{
	struct config *c = NULL;
	struct err why = {{0}};
	assert_true(config_parse("t.yaml", text, strlen(text), &c, &why) < 0);
	assert_null(c);
	assert_string_equal(why.text, sentence);
}

/* The text is refused with a sentence that holds these words. */
static void assert_words(const char *text, const char *words)
{
	struct config *c = NULL;
	struct err why = {{0}};
	if (config_parse("t.yaml", text, strlen(text), &c, &why) == 0)
		fail_msg("taken: %s", text);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" is not in: %s", words, why.text);
}

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
	assert_int_equal(c->recursion_deadline_ms, 5000);
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
	assert_true(c->feeds_max_bytes == 512 << 20);
	assert_int_equal(c->feeds_max_rules, 20000000);
	assert_true(c->feeds_builder_memory_bytes == 1 << 30);
	assert_int_equal(c->feeds_builder_time_s, 600);
	assert_int_equal(c->feeds_junk_percent, 20);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_null(c->lists);
	assert_int_equal(c->list_count + c->group_count + c->forward_count + c->stub_count, 0);
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

static void a_full_file_is_read(void **state)
{
	(void)state;
	struct config *c = parse(
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
		"log: {level: debug}\n");
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

	assert_int_equal(c->list_count, 2);
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
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_sane),
		cmocka_unit_test(the_world_may_not_ask),
		cmocka_unit_test(a_full_file_is_read),
	};
	(void)assert_sentence;
	(void)assert_words;
	(void)assert_override_sentence;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
