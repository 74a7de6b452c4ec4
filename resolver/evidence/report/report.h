/* SPDX-License-Identifier: BSD-2-Clause
 * Cases in the formats that CERTs, abuse desks and their tools take unchanged.
 *
 * Threads: pure.
 * Owns: the caller owns what report_write gives.
 * Standards: XARF v4 (connection/infected_host), Shadowserver event_sinkhole, STIX 2.1 (OASIS), MISP core format
 *            (draft-dulaunoy-misp-core-format), RFC 4180; times in UTC with milliseconds and source ports: RFC 6302.
 *
 * json         one object: who made it and when, and every case in full, the notes of operators too. For own use.
 * xarf         JSON Lines: one report a line, so that one case is one XARF file. With a contact: the last one, its source address
 *              and port. Without: the client, no port, and `protocol` udp for its DNS queries.
 * shadowserver CSV as event4_sinkhole and event6_sinkhole have it: a row for each kept contact with the sinkhole. The report is one
 *              of contacts: a case without any has no row. What cenote does not know (ASN, place, sector) stays empty;
 *              what is not printable ASCII becomes `?`.
 * stix         one bundle: the reporter, and for each case the client, the names, the traffic, the malware and its sighting.
 * misp         one case: {"Event": ..}; otherwise {"response": [{"Event": ..}, ..]}, as MISP itself exports several.
 *
 * Other than in `json`: false positives are left out, and so are the operators' notes. Ids follow from the reporter's domain, the case
 * and its client: the same case exported again has the same ids.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/cases.h"

/* X(SYMBOL, "name as the user writes it") */
#define REPORT_FORMATS(X) \
	X(JSON, "json") \
	X(XARF, "xarf") \
	X(SHADOWSERVER, "shadowserver") \
	X(STIX, "stix") \
	X(MISP, "misp")

enum report_format {
#define X(symbol, name) REPORT_##symbol,
	REPORT_FORMATS(X)
#undef X
		REPORT_FORMAT_COUNT
};

/* Who reports. All borrowed; NULL or "" where it is not known. */
struct report_context {
	const char *org; /* at most 200 octets */
	const char *contact; /* mail address */
	const char *domain;
	uint64_t now_ms; /* wall time since 1970 */
};

/* REPORT_FORMAT_COUNT for a word that is none. */
enum report_format report_format_from_name(const char *name);
/* `application/json`, `text/csv`, ... Static. */
const char *report_format_type(enum report_format format);

/* A case whose client is withheld is written as `json` only: -EINVAL otherwise. */
/* Gives owned text of `*len` octets, terminated; free() it. Returns 0; -EINVAL and one sentence when the format names the reporter
 * (XARF, STIX, MISP) and `context` does not; or -ENOMEM. No cases: what the format has for none. */
int report_write(enum report_format format, const struct report_context *context,
	const struct evidence_case *cases, size_t n, char **out, size_t *len, struct err *why);
