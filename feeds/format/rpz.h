/* SPDX-License-Identifier: BSD-2-Clause
 * A record of a response policy zone becomes a rule: the five triggers, all actions. For zone files and transfers.
 *
 * Threads: pure. Owns: nothing.
 * Standards: draft-vixie-dnsop-dns-rpz-00 (what BIND 9 does, where the draft is silent).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/format/format.h"
#include "feeds/listdb/detail.h"
#include "feeds/listdb/rule.h"
#include "resolver/base/dname.h"

struct publics;

/* A record of the zone, in wire form. */
struct rpz_record {
	const struct dname *owner;
	uint16_t type;
	uint32_t ttl_s;
	const uint8_t *data; /* RDATA, names in it uncompressed */
	size_t len;
};

/* FORMAT_TAKEN: `*out` is its rule, one of several when the owner has several records of local data; `out->about` points into `*about`, which has to live as
 * long. Else the reason why it is none: FORMAT_FRAME for what every zone holds (SOA, NS at the apex, DNSSEC).
 * `publics` NULL: the suffix list's library is asked for each name. */
enum format_skip rpz_rule(const struct dname *zone, const struct rpz_record *record,
	const struct publics *publics, struct rule *out, struct detail_writer *about);

/* The trigger alone: what an owner's rules are held against, whatever its records say. Sets the trigger's fields, `verb` RULE_MATCH, and no
 * conditions. For rules that go away. */
enum format_skip rpz_trigger(const struct dname *zone, const struct dname *owner,
	const struct publics *publics, struct rule *out);
