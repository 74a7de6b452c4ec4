/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_schema.h"

#include "resolver/base/config.h"
#include "resolver/base/config_item.h"
#include "resolver/base/log.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
/* Memory that is mapped must fit the address space where pointers have 4 bytes. */
#define MEMORY_MAX (sizeof(void *) == 4 ? GIB : GIB << 10)

enum {
	MINUTE_S = 60,
	HOUR_S = 3600,
	DAY_S = 86400,
	SECOND_MS = 1000,
	MINUTE_MS = 60000,
	DAY_MS = 86400000,
	NOTIFY_PORT = 5354,
};

static const struct config_word classifier_words[] = {
	{"off", LIST_MODE_OFF}, {"monitor", LIST_MODE_MONITOR}, {NULL, 0}};
static const struct config_word level_words[] = {{"error", LOG_LEVEL_ERROR},
	{"warn", LOG_LEVEL_WARN}, {"info", LOG_LEVEL_INFO}, {"debug", LOG_LEVEL_DEBUG}, {NULL, 0}};

#define TABLE(rows, type, finish) \
	{ \
		rows, sizeof(rows) / sizeof((rows)[0]), sizeof(type), finish \
	}

#define AT(field) .at = offsetof(struct config_group, field)
static const struct config_row group_rows[] = {
	{.key = "name",
		.type = CONFIG_NAME,
		AT(name),
		.is_required = true,
		.help = "`default` is for every client that no other group names."},
	{.key = "clients",
		.type = CONFIG_PREFIX,
		.is_array = true,
		AT(clients),
		.count_at = offsetof(struct config_group, client_count),
		.initial = "[]",
		.count_max = 100000,
		.help = "Who belongs to it. The longest match wins."},
	{.key = "lists",
		.type = CONFIG_NAME,
		.is_array = true,
		AT(lists),
		.count_at = offsetof(struct config_group, list_count),
		.initial = "all",
		.count_max = CONFIG_LISTS_MAX,
		.help = "The lists that act for it, or the word `all`."},
};
static const struct config_table group_table =
	TABLE(group_rows, struct config_group, config_item_finish_group);
#undef AT

#define AT(field) .at = offsetof(struct config_zone, field)
static const struct config_row zone_rows[] = {
	{.key = "zone",
		.type = CONFIG_ZONE,
		AT(zone),
		.is_required = true,
		.help = "The zone and all below it; `.` is everything."},
	{.key = "to",
		.type = CONFIG_ENDPOINT,
		.is_array = true,
		AT(to),
		.count_at = offsetof(struct config_zone, to_count),
		.is_required = true,
		.count_min = 1,
		.count_max = 64,
		.port = 53,
		.help = "The servers to ask."},
	{.key = "dnssec",
		.type = CONFIG_BOOL,
		AT(is_validated),
		.help = "Are its answers validated? Not given: true for the root zone, false for "
			"others."},
};
static const struct config_table zone_table =
	TABLE(zone_rows, struct config_zone, config_item_finish_zone);
#undef AT

#define AT(field) .at = offsetof(struct config, field)
#define ARRAY(field, count) \
	.is_array = true, AT(field), .count_at = offsetof(struct config, count), .initial = "[]"
#define LIST_OF(field, count, initial_) \
	.is_array = true, AT(field), .count_at = offsetof(struct config, count), .initial = initial_
static const struct config_row config_rows[] = {
	{.key = "directory",
		.type = CONFIG_PATH,
		AT(state_directory),
		.help = "Everything that is written lies below it: state, downloaded lists, "
			"control "
			"socket. Not given: /var/lib/cenote, /var/cache/cenote and /run/cenote as "
			"root, "
			"else ~/.local/state/cenote.",
		.example = "directory: /var/lib/cenote"},
	{.key = "listen",
		.type = CONFIG_ENDPOINT,
		LIST_OF(listen, listen_count, "[\"127.0.0.1:5335\", \"[::1]:5335\"]"),
		.count_min = 1,
		.count_max = 64,
		.port = 53,
		.help = "Where DNS is served, UDP and TCP. Without a port: 53.",
		.example = "listen: [\"0.0.0.0:53\", \"[::]:53\"]"},
	{.key = "workers",
		.type = CONFIG_NUMBER,
		AT(workers),
		.initial = "auto",
		.has_auto = true,
		.min = 1,
		.max = 256,
		.help = "Threads that answer. `auto`: one for each core."},
	{.key = "access",
		.type = CONFIG_PREFIX,
		LIST_OF(access, access_count,
			"[127.0.0.0/8, \"::1\", 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
			"169.254.0.0/16, "
			"\"fc00::/7\", \"fe80::/10\"]"),
		.count_max = 100000,
		.is_live = true,
		.help = "Who may ask; everyone else is REFUSED. Never open it to the world. An "
			"IPv4 "
			"address counts as ::ffff:a.b.c.d, so `::/0` is everybody."},
	{.key = "http.listen",
		.type = CONFIG_ENDPOINT,
		LIST_OF(http_listen, http_listen_count, "[\"127.0.0.1:5380\"]"),
		.count_max = 16,
		.port = 5380,
		.help = "Where dashboard, API and metrics are served. []: on the control socket "
			"only."},

	{.key = "cache.size",
		.type = CONFIG_SIZE,
		AT(cache_size_bytes),
		.initial = "auto",
		.has_auto = true,
		.min = MIB,
		.max = MEMORY_MAX,
		.help = "Memory for answers, fixed at start. `auto`: 64MiB, or 16MiB on a machine "
			"with "
			"less than 1 GiB.",
		.example = "size: 64MiB"},
	{.key = "cache.stale",
		.type = CONFIG_SECONDS,
		AT(cache_stale_s),
		.initial = "1d",
		.max = 30 * DAY_S,
		.is_live = true,
		.help = "How long after its end an answer may still be given when its servers are "
			"silent (RFC 8767). 0: never."},
	{.key = "cache.max_ttl",
		.type = CONFIG_SECONDS,
		AT(cache_max_ttl_s),
		.initial = "1d",
		.min = 1,
		.max = 30 * DAY_S,
		.help = "Longer times to live are cut to it."},
	{.key = "cache.min_ttl",
		.type = CONFIG_SECONDS,
		AT(cache_min_ttl_s),
		.initial = "0s",
		.max = HOUR_S,
		.help = "Shorter times to live are raised to it. More than a minute breaks sites."},
	{.key = "cache.keep",
		.type = CONFIG_BOOL,
		AT(cache_is_kept),
		.initial = "false",
		.help = "Is the cache written at a stop and read at a start?"},

	{.key = "dnssec.validate",
		.type = CONFIG_BOOL,
		AT(dnssec_is_validated),
		.initial = "true",
		.help = "Are signatures checked (RFC 4035)?"},
	{.key = "dnssec.trust_anchors",
		.type = CONFIG_ANCHOR,
		ARRAY(trust_anchors, trust_anchor_count),
		.count_max = 1000,
		.help = "Keys to trust beside the root's, as records or names of files with "
			"records.",
		.example = "trust_anchors: [\"example. IN DS 12345 13 2 1F3A90E2\", "
			   "/etc/cenote/keys]"},
	{.key = "dnssec.negative",
		.type = CONFIG_ZONE,
		ARRAY(negative_anchors, negative_anchor_count),
		.count_max = 10000,
		.help = "Zones that are not validated, because their signatures are broken (RFC "
			"7646).",
		.example = "negative: [broken.example]"},

	{.key = "root_hints",
		.type = CONFIG_PATH,
		AT(root_hints),
		.initial = "/usr/share/dns/root.hints",
		.help = "The root servers' names and addresses."},
	{.key = "forward",
		.type = CONFIG_ITEM,
		ARRAY(forward, forward_count),
		.count_max = 1000,
		.item = &zone_table,
		.help = "Zones whose questions go to other resolvers.",
		.example = "forward:\n"
			   "  - {zone: lan., to: [\"192.168.1.1\"]}\n"
			   "  - {zone: ., to: [\"9.9.9.9\", \"2620:fe::fe\"], dnssec: true}"},
	{.key = "stub",
		.type = CONFIG_ITEM,
		ARRAY(stub, stub_count),
		.count_max = 1000,
		.item = &zone_table,
		.help = "Zones whose questions go to these authoritative servers.",
		.example = "stub: [{zone: corp.example, to: [\"192.0.2.53\"]}]"},
	{.key = "records",
		.type = CONFIG_RECORD,
		ARRAY(records, record_count),
		.count_max = 100000,
		.is_live = true,
		.help = "Own records, a line of a zone file each.",
		.example = "records: [\"nas.home.arpa. 300 IN A 192.168.1.9\"]"},

	{.key = "recursion.qname_minimisation",
		.type = CONFIG_BOOL,
		AT(recursion_has_qmin),
		.initial = "true",
		.help = "Tell each server only the part it needs (RFC 9156)."},
	{.key = "recursion.case_randomisation",
		.type = CONFIG_BOOL,
		AT(recursion_has_0x20),
		.initial = "false",
		.help = "Random letter case in questions, against forged answers. Some servers "
			"fail on it."},
	{.key = "recursion.loopback",
		.type = CONFIG_BOOL,
		AT(recursion_has_loopback),
		.initial = "false",
		.help = "May servers on loopback addresses be asked?"},
	{.key = "recursion.stale_after",
		.type = CONFIG_MILLISECONDS,
		AT(recursion_stale_after_ms),
		.initial = "1800ms",
		.max = MINUTE_MS,
		.is_live = true,
		.help = "After this long without an answer a stale one is given (RFC 8767 5)."},
	{.key = "recursion.deadline",
		.type = CONFIG_MILLISECONDS,
		AT(recursion_deadline_ms),
		.initial = "4900ms",
		.min = 100,
		.max = MINUTE_MS,
		.is_live = true,
		.help = "After this long without an answer the client is told SERVFAIL: just "
			"before the five seconds after which most of them ask again."},
	{.key = "recursion.in_flight",
		.type = CONFIG_NUMBER,
		AT(recursion_in_flight),
		.initial = "4000",
		.min = 1,
		.max = 1000000,
		.help = "Questions that may wait for the network at one time, in total; each takes "
			"11 kB."},
	{.key = "recursion.in_flight_per_client",
		.type = CONFIG_NUMBER,
		AT(recursion_in_flight_per_client),
		.initial = "200",
		.min = 1,
		.max = 1000000,
		.is_live = true,
		.help = "How many of them one client may have."},
	{.key = "recursion.in_flight_per_domain",
		.type = CONFIG_NUMBER,
		AT(recursion_in_flight_per_domain),
		.initial = "100",
		.min = 1,
		.max = 1000000,
		.is_live = true,
		.help = "How many of them one registrable domain may have: what a flood of random "
			"names of a "
			"dead "
			"zone may take."},

	{.key = "tcp.connections",
		.type = CONFIG_NUMBER,
		AT(tcp_connections),
		.initial = "1000",
		.min = 1,
		.max = 1000000,
		.help = "TCP connections that may be open at one time, in total."},
	{.key = "tcp.connections_per_client",
		.type = CONFIG_NUMBER,
		AT(tcp_connections_per_client),
		.initial = "50",
		.min = 1,
		.max = 1000000,
		.help = "How many of them one client may have."},
	{.key = "tcp.idle",
		.type = CONFIG_MILLISECONDS,
		AT(tcp_idle_ms),
		.initial = "10s",
		.min = 100,
		.max = 10 * MINUTE_MS,
		.is_live = true,
		.help = "A connection without a question is closed after this (RFC 7766 6.2.3)."},
	{.key = "tcp.total",
		.type = CONFIG_MILLISECONDS,
		AT(tcp_total_ms),
		.initial = "120s",
		.min = SECOND_MS,
		.max = DAY_MS,
		.is_live = true,
		.help = "A connection is closed after this, whatever it does."},
	{.key = "udp.payload",
		.type = CONFIG_NUMBER,
		AT(udp_payload_bytes),
		.initial = "1232",
		.min = 512,
		.max = 4096,
		.is_live = true,
		.help = "Octets in the largest UDP answer (1232: never fragmented)."},
	{.key = "refused_per_second",
		.type = CONFIG_NUMBER,
		AT(refused_per_s),
		.initial = "100",
		.max = 1000000,
		.is_live = true,
		.help = "REFUSED answers a second to clients outside `access`; beyond it silence."},

	{.key = "lists",
		.type = CONFIG_ITEM,
		ARRAY(lists, list_count),
		.count_max = CONFIG_LISTS_MAX,
		.item = &config_schema_list_table,
		.is_live = true,
		.help = "What is blocked, and what never is.",
		.example = "lists:\n"
			   "  - {name: botnets, source: \"https://example.org/c2.txt\", category: "
			   "botnet,\n"
			   "     action: address, mode: block, refresh: 1h}\n"
			   "  - {name: mine, source: /etc/cenote/mine.txt, kind: allow}\n"
			   "  - {name: partner, source: \"xfr://192.0.2.53/rpz.example\"}"},
	{.key = "tsig_keys",
		.type = CONFIG_ITEM,
		ARRAY(tsig_keys, tsig_key_count),
		.count_max = 64,
		.item = &config_schema_tsig_table,
		.is_live = true,
		.help = "Keys that sign the transfer of zones (RFC 8945).",
		.example = "tsig_keys: [{name: partner-key, algorithm: hmac-sha256, secret_file: "
			   "/etc/cenote/partner.key}]"},
	{.key = "allow",
		.type = CONFIG_ALLOW_RULE,
		ARRAY(allow, allow_count),
		.count_max = 100000,
		.is_live = true,
		.help = "Own rules, stronger than everything else: `good.example` is the name and "
			"all "
			"below it, `=good.example` the name alone, `*.good.example` only what is "
			"below.",
		.example = "allow: [good.example, =just.this.example, \"*.below.example\"]"},
	{.key = "deny",
		.type = CONFIG_DENY_RULE,
		ARRAY(deny, deny_count),
		.count_max = 100000,
		.is_live = true,
		.help = "Own rules for names to block, written in the same way; stronger than the "
			"lists.",
		.example = "deny: [bad.example]"},
	{.key = "deny_addresses",
		.type = CONFIG_PREFIX,
		ARRAY(deny_addresses, deny_address_count),
		.count_max = 1000000,
		.is_live = true,
		.help = "Answers that hold one of these addresses are blocked.",
		.example = "deny_addresses: [192.0.2.0/24, \"2001:db8:bad::/48\"]"},
	{.key = "groups",
		.type = CONFIG_ITEM,
		ARRAY(groups, group_count),
		.count_max = CONFIG_GROUPS_MAX,
		.item = &group_table,
		.is_live = true,
		.help = "Which lists act for whom. Without groups, all lists act for everyone.",
		.example = "groups:\n"
			   "  - {name: children, clients: [192.168.1.64/26], lists: [botnets]}\n"
			   "  - {name: default, lists: all}"},

	{.key = "sinkhole.action",
		.type = CONFIG_WORD,
		AT(sinkhole_action),
		.words = config_schema_action_words,
		.initial = "\"null\"",
		.is_live = true,
		.help = "The answer for a blocked name: `null` is 0.0.0.0 and ::, `address` one of "
			"sinkhole.addresses, `drop` silence."},
	{.key = "sinkhole.ttl",
		.type = CONFIG_SECONDS,
		AT(sinkhole_ttl_s),
		.initial = "60s",
		.max = DAY_S,
		.is_live = true,
		.help = "How long clients may keep that answer."},
	{.key = "sinkhole.addresses",
		.type = CONFIG_ADDRESS,
		ARRAY(sinkhole_addresses, sinkhole_address_count),
		.count_max = 16,
		.is_live = true,
		.help = "The own sinkhole, for the action `address`: IPv4 for type A, IPv6 for "
			"AAAA.",
		.example = "addresses: [\"192.0.2.1\", \"2001:db8::1\"]"},
	{.key = "rebinding.enabled",
		.type = CONFIG_BOOL,
		AT(rebinding_is_enabled),
		.initial = "true",
		.is_live = true,
		.help = "Are private addresses removed from answers for public names?"},
	{.key = "rebinding.except",
		.type = CONFIG_ALLOW_RULE,
		ARRAY(rebinding_except, rebinding_except_count),
		.count_max = 10000,
		.is_live = true,
		.help = "Names that may have them nevertheless, and the names below.",
		.example = "except: [plex.direct]"},

	{.key = "dga.mode",
		.type = CONFIG_WORD,
		AT(dga_mode),
		.words = classifier_words,
		.initial = "monitor",
		.is_live = true,
		.help = "Are names judged that look as if a program had made them up? `monitor` "
			"counts and shows; nothing is blocked."},
	{.key = "dga.model",
		.type = CONFIG_PATH,
		AT(dga_model),
		.help = "The classifier's model, made by `cenote dga train`. Not given: the "
			"built-in one.",
		.example = "model: /etc/cenote/dga.model"},

	{.key = "feeds.directory",
		.type = CONFIG_PATH,
		AT(feeds_directory),
		.is_live = true,
		.help = "Lists that are files lie in or below it, wherever links lead. Not given: "
			"the folder of this file.",
		.example = "directory: /etc/cenote"},
	{.key = "feeds.fetch_time",
		.type = CONFIG_SECONDS,
		AT(feeds_fetch_time_s),
		.initial = "5m",
		.min = 1,
		.max = HOUR_S,
		.is_live = true,
		.help = "How long fetching one list may take, with all redirections and tries."},
	{.key = "feeds.retry_wait",
		.type = CONFIG_MILLISECONDS,
		AT(feeds_retry_wait_ms),
		.initial = "1s",
		.min = 10,
		.max = MINUTE_MS,
		.is_live = true,
		.help = "How long after a failure that may pass it is tried again, up to three "
			"times; the wait doubles."},
	{.key = "feeds.ca_file",
		.type = CONFIG_PATH,
		AT(feeds_ca_file),
		.is_live = true,
		.help = "Certificates (PEM) to trust for https instead of the system's.",
		.example = "ca_file: /etc/cenote/ca.pem"},
	{.key = "feeds.max_bytes",
		.type = CONFIG_SIZE,
		AT(feeds_max_bytes),
		.initial = "512MiB",
		.min = KIB,
		.max = 64 * GIB,
		.is_live = true,
		.help = "A list that is longer, unpacked, is refused."},
	{.key = "feeds.max_rules",
		.type = CONFIG_NUMBER,
		AT(feeds_max_rules),
		.initial = "20000000",
		.min = 1,
		.max = 200000000,
		.is_live = true,
		.help = "Rules in all lists together; what is beyond is left out."},
	{.key = "feeds.builder_memory",
		.type = CONFIG_SIZE,
		AT(feeds_builder_memory_bytes),
		.initial = "1GiB",
		.min = 64 * MIB,
		.max = MEMORY_MAX,
		.is_live = true,
		.help = "What the process that builds the policy store may take."},
	{.key = "feeds.builder_time",
		.type = CONFIG_SECONDS,
		AT(feeds_builder_time_s),
		.initial = "10m",
		.min = 10,
		.max = DAY_S,
		.is_live = true,
		.help = "How long it may take."},
	{.key = "feeds.junk_percent",
		.type = CONFIG_NUMBER,
		AT(feeds_junk_percent),
		.initial = "20",
		.max = 100,
		.is_live = true,
		.help = "A list with more bad lines than this is refused and its old content "
			"stays."},

	{.key = "feeds.notify_listen",
		.type = CONFIG_ENDPOINT,
		ARRAY(notify_listen, notify_listen_count),
		.count_max = 8,
		.port = NOTIFY_PORT,
		.is_live = true,
		.help = "Where the primaries of transferred zones may say that one has changed "
			"(NOTIFY, UDP); without it changes are seen at the zone's refresh time.",
		.example = "notify_listen: [\"192.0.2.53:5354\"]   # BIND: also-notify { "
			   "192.0.2.53 port 5354; };"},

	{.key = "log.level",
		.type = CONFIG_WORD,
		AT(log_level),
		.words = level_words,
		.initial = "info",
		.is_live = true,
		.help = "How much is logged, to standard error."},
};
static const struct config_table config_table = TABLE(config_rows, struct config, NULL);
_Static_assert(sizeof(config_rows) / sizeof(config_rows[0]) <= CONFIG_ROWS_MAX, "rows");

const struct config_table *config_schema(void)
{
	return &config_table;
}
