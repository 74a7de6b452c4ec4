/* SPDX-License-Identifier: BSD-2-Clause
 * The configuration: one immutable struct, made from YAML by one schema table (config_schema.c).
 *
 * Threads: immutable once loaded; freed by its owner when no thread reads it any more.
 * Owns: everything its pointers lead to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "resolver/base/addr.h"
#include "resolver/base/config_http.h"
#include "resolver/base/config_list.h"
#include "resolver/base/config_notices.h"
#include "resolver/base/config_xfr.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	CONFIG_LISTS_GIVEN_MAX =
		250, /* the policy store's list sets have 256 bits; 0 and 1 are the own rules */
	CONFIG_LISTS_MAX = CONFIG_LISTS_GIVEN_MAX + 1, /* the calendar is one more */
	CONFIG_NAME_MAX = 63, /* characters in the name of a list or group: [a-z0-9._-]+ */
	CONFIG_GROUPS_MAX = 1000,
};

/* A rule of `allow:`, `deny:`, `rebinding.except:`. `good.example`: the name and all below it;
 * `=good.example`: the name alone; `*.good.example`: only what is below. */
struct config_rule {
	struct dname name;
	bool is_self; /* acts on the name itself */
	bool is_below; /* acts on the names below it */
};

struct config_group {
	char *name; /* "default" is for every client that no other group names */
	struct addr_prefix *clients;
	size_t client_count;
	char **lists; /* names of lists; NULL with count 0 and is_all_lists for "all" */
	size_t list_count;
	bool is_all_lists;
};

/* What rows of the query log hold, and cases. */
enum querylog_privacy {
	QUERYLOG_ALL,
	QUERYLOG_NO_CLIENT,
	QUERYLOG_NO_NAME,
	QUERYLOG_NOTHING, /* there are no rows */
};

/* A `forward:` or `stub:` zone. */
struct config_zone {
	struct dname zone;
	struct addr_endpoint *to;
	size_t to_count;
	bool is_validated; /* `dnssec:`; by default true for the root, false for others */
};

struct config {
	char *file; /* what it was read from; NULL: built-in defaults */
	char *state_directory; /* generations, run-time rules */
	char *cache_directory; /* downloaded lists */
	char *socket; /* control socket */

	struct addr_endpoint *listen;
	size_t listen_count;
	uint32_t workers; /* 0 in the file ("auto") is resolved to the number of cores */
	struct addr_prefix *access;
	size_t access_count;
	struct addr_endpoint *http_listen;
	size_t http_listen_count;
	struct config_http http;

	uint64_t cache_size_bytes;
	uint32_t cache_stale_s; /* how long after expiry an answer may still be given (RFC 8767) */
	uint32_t cache_max_ttl_s; /* default 1d */
	uint32_t cache_min_ttl_s; /* default 0 */
	bool cache_is_kept; /* over a restart */

	bool dnssec_is_validated;
	char **trust_anchors; /* `. IN DS ...` or file names; the root's key is always there */
	size_t trust_anchor_count;
	struct dname *negative_anchors;
	size_t negative_anchor_count;

	char *root_hints;
	struct config_zone *forward;
	size_t forward_count;
	struct config_zone *stub;
	size_t stub_count;
	char **records; /* zone-file lines */
	size_t record_count;

	bool recursion_has_qmin; /* QNAME minimisation (RFC 9156) */
	bool recursion_has_0x20; /* random letter case in questions upstream */
	bool recursion_has_loopback; /* may ask servers on loopback (tests, local zones) */
	uint32_t recursion_stale_after_ms; /* 1800: RFC 8767 5 client response timer */
	uint32_t recursion_deadline_ms; /* 4900 */
	uint32_t recursion_in_flight; /* in total, all workers */
	uint32_t recursion_in_flight_per_client;
	uint32_t recursion_in_flight_per_domain;

	uint32_t tcp_connections; /* in total */
	uint32_t tcp_connections_per_client;
	uint32_t tcp_idle_ms; /* RFC 7766 6.2.3 */
	uint32_t tcp_total_ms; /* a connection's whole life */
	uint32_t udp_payload_bytes; /* 1232 (DNS flag day 2020) */
	uint32_t refused_per_s; /* REFUSED answers a second to clients outside `access` */

	struct config_list
		*lists; /* those given, then the calendar's (calendar_list.h) unless it is off */
	size_t list_count;
	struct config_rule *allow;
	size_t allow_count;
	struct config_rule *deny;
	size_t deny_count;
	struct addr_prefix *deny_addresses; /* answers with these addresses are blocked */
	size_t deny_address_count;
	struct config_group *groups;
	size_t group_count;

	struct addr_endpoint *sinkhole_tcp, *sinkhole_udp; /* where its listener is */
	size_t sinkhole_tcp_count, sinkhole_udp_count;
	uint32_t sinkhole_connections, sinkhole_connections_per_client, sinkhole_timeout_ms;
	enum sink_action sinkhole_action;
	uint32_t sinkhole_ttl_s;
	struct addr_prefix
		*sinkhole_tokens; /* addresses for one answer each: at most one of each family */
	size_t sinkhole_token_count;
	uint32_t sinkhole_token_ttl_s;
	struct addr *sinkhole_addresses;
	size_t sinkhole_address_count;

	bool rebinding_is_enabled;
	struct config_rule *rebinding_except;
	size_t rebinding_except_count;

	enum list_mode dga_mode; /* of the classifier */
	double dga_threshold; /* the share of ordinary names that may be over it */
	char *dga_model; /* file; NULL: the built-in model */
	char *dga_popular; /* file; NULL: the built-in set */
	enum list_mode dga_calendar_mode; /* of the list of known families' names */
	uint32_t dga_calendar_days; /* before and after today */
	char *dga_calendar_seeds; /* file; NULL: the built-in seeds alone */

	enum list_mode evidence_mode; /* what is done with names that infected clients ask for */
	double evidence_false_positive; /* the share of clean clients that may become a case in a day */
	double evidence_miss; /* the share of tests of infected clients that may end as clean */
	uint32_t evidence_half_life_s; /* of what speaks against a client */
	uint32_t evidence_keep_s; /* cases that are done */
	uint32_t evidence_clients; /* that are kept in mind */
	char *report_org, *report_contact, *report_domain; /* who reports cases; NULL: not given */
	enum querylog_privacy evidence_privacy; /* what cases do not hold */
	bool evidence_has_pseudonyms; /* instead of addresses */
	struct config_notices notices; /* who is told of cases */
	uint32_t evidence_ipv4_bits, evidence_ipv6_bits; /* of the prefix that is one client */
	struct addr_prefix *evidence_except; /* clients that are not judged */
	size_t evidence_except_count;

	bool querylog_is_enabled;
	uint64_t querylog_size_bytes; /* on disk */
	uint32_t querylog_days; /* that rows are kept */
	uint32_t querylog_save_s; /* between two writes */
	enum querylog_privacy querylog_privacy; /* what is withheld */
	bool querylog_has_pseudonyms; /* in place of clients' addresses */

	char *feeds_directory; /* lists that are files lie below it */
	uint32_t feeds_fetch_time_s; /* for one list, all tries and redirections */
	uint32_t feeds_retry_wait_ms; /* before the second try; doubles */
	char *feeds_ca_file; /* NULL: the system's certificates */
	uint64_t feeds_max_bytes; /* a list's size, unpacked */
	uint32_t feeds_max_rules; /* all lists together */
	uint64_t feeds_builder_memory_bytes;
	uint32_t feeds_builder_time_s;
	uint32_t
		feeds_junk_percent; /* a list with more bad lines than this is refused; default 20 */
	uint32_t feeds_keep; /* generations on disk */
	struct dname *feeds_protected; /* names that no update may newly block */
	size_t feeds_protected_count;
	struct dname *feeds_unprotected; /* built-in ones that it may */
	size_t feeds_unprotected_count;

	struct config_tsig_key *tsig_keys;
	size_t tsig_key_count;
	struct addr_endpoint *notify_listen; /* where NOTIFY is taken */
	size_t notify_listen_count;

	int log_level; /* enum log_level */
};

/* Reads `file` (NULL: built-in defaults), then `key=value` overrides, in order. On success `*out` is owned by the caller.
 * On failure returns a negative code and one sentence with file, line, key and what is allowed; nothing is left behind. */
int config_load(const char *file, const char *const *overrides, size_t override_count,
	struct config **out, struct err *why);
/* The same for text in memory, for tests and the fuzzer. `name` stands for the file in sentences. */
int config_parse(
	const char *name, const char *text, size_t len, struct config **out, struct err *why);
void config_free(struct config *c);

/* Parses `good.example`, `=good.example`, `*.good.example`. 0 or CEN_EFORMAT. */
int config_rule_from_text(const char *text, size_t len, struct config_rule *out);
/* The way back; always terminated. */
const char *config_rule_to_text(
	const struct config_rule *rule, char out[static DNAME_TEXT_MAX + 2]);

/* May this be an own rule? NULL when it may, else why not, as words that follow the rule's text. The root is never one;
 * a top-level domain or public suffix is none that denies. */
const char *config_rule_guard(enum list_kind kind, const struct config_rule *rule);

/* Says for each key of the schema: name, type, range, default, unit, reloadable, help (the sample file). */
void config_print_sample(FILE *out);

/* Which keys differ that only take effect at the next start? Writes their names, comma-separated; returns their number. */
size_t config_restart_keys(
	const struct config *running, const struct config *next, char *out, size_t out_size);
