/* SPDX-License-Identifier: BSD-2-Clause
 * The rows of `evidence:`.
 */
#include "resolver/base/config.h"
#include "resolver/base/config_schema.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

#define AT(field) .at = offsetof(struct config, field)
const struct config_row config_schema_evidence[CONFIG_SCHEMA_EVIDENCE_ROWS] = {
	{.key = "evidence.mode",
		.type = CONFIG_WORD,
		AT(evidence_mode),
		.words = config_schema_mode_words,
		.initial = "monitor",
		.is_live = true,
		.help = "Is evidence gathered about which devices are infected? `monitor` opens "
			"cases and shows them; `block` also holds back from such a device the "
			"generated names that do exist. Others' answers stay as they are."},
	{.key = "evidence.false_positive",
		.type = CONFIG_RATE,
		AT(evidence_false_positive),
		.initial = "1e-6",
		.min = 1,
		.max = 10000,
		.help = "The share of clean clients that may become a case in a day."},
	{.key = "evidence.miss",
		.type = CONFIG_RATE,
		AT(evidence_miss),
		.initial = "0.01",
		.min = 1000,
		.max = 500000,
		.help = "The share of tests of an infected client that may end as clean; it is "
			"tested again."},
	{.key = "evidence.half_life",
		.type = CONFIG_SECONDS,
		AT(evidence_half_life_s),
		.initial = "1d",
		.min = HOUR_S,
		.max = 30 * DAY_S,
		.help = "After this long without more, half of what speaks against a client is "
			"forgotten."},
	{.key = "evidence.clients",
		.type = CONFIG_NUMBER,
		AT(evidence_clients),
		.initial = "100000",
		.min = 100,
		.max = 10000000,
		.help = "Clients that are kept in mind, in fixed memory (280 octets each); the "
			"one seen longest ago makes room."},
	{.key = "evidence.ipv4_prefix",
		.type = CONFIG_NUMBER,
		AT(evidence_ipv4_bits),
		.initial = "32",
		.min = 8,
		.max = 32,
		.help = "Bits of an IPv4 address that tell one client from another."},
	{.key = "evidence.ipv6_prefix",
		.type = CONFIG_NUMBER,
		AT(evidence_ipv6_bits),
		.initial = "64",
		.min = 16,
		.max = 128,
		.help = "The same for IPv6: 64 is one home network, 56 or 48 one subscriber."},

	{.key = "evidence.report.org",
		.type = CONFIG_TEXT,
		AT(report_org),
		.help = "Who reports cases: the organisation, as reports for others name it.",
		.example = "org: Example Networks"},
	{.key = "evidence.report.contact",
		.type = CONFIG_TEXT,
		AT(report_contact),
		.help = "The mail address of who reports, for questions.",
		.example = "contact: abuse@example.net"},
	{.key = "evidence.report.domain",
		.type = CONFIG_TEXT,
		AT(report_domain),
		.help = "The domain of who reports; the numbers of reports follow from it.",
		.example = "domain: example.net"},
};
