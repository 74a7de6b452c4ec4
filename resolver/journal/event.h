/* SPDX-License-Identifier: BSD-2-Clause
 * One query as it was counted. Written by a worker, read by the journal thread.
 *
 * Threads: plain data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

/* What the client was told. X(SYMBOL, "name as shown"); the numbers are kept on disk: new ones go to the end. */
#define JOURNAL_REPLIES(X) \
	X(NONE, "none") /* nothing */ \
	X(NODATA, "nodata") \
	X(NXDOMAIN, "nxdomain") \
	X(CNAME, "cname") /* another name first */ \
	X(IP, "ip") \
	X(DOMAIN, "domain") /* PTR */ \
	X(RRNAME, "rrname") /* MX, NS, SOA, SRV, TXT */ \
	X(SERVFAIL, "servfail") \
	X(REFUSED, "refused") \
	X(NOTIMP, "notimp") \
	X(OTHER, "other") /* another rcode */ \
	X(DNSSEC, "dnssec") /* DS, DNSKEY, RRSIG, NSEC */ \
	X(BLOB, "blob") /* another type of record */

enum journal_reply {
#define X(symbol, name) JOURNAL_REPLY_##symbol,
	JOURNAL_REPLIES(X)
#undef X
		JOURNAL_REPLY_COUNT
};

struct journal_event {
	uint64_t at_ms; /* wall time since 1970, of the answer; first, for the ring */
	struct addr client;
	uint32_t took_us;
	int32_t dga_score; /* milli-nats; 0: not judged */
	uint16_t qtype, rcode;
	uint16_t group; /* index into the view's groups: `default`, then the configuration's */
	uint8_t outcome; /* enum query_outcome */
	uint8_t reply; /* enum journal_reply */
	uint8_t dga_class; /* enum dga_class */
	uint8_t transport; /* enum transport */
	bool is_secure; /* validated */
	bool is_monitored; /* would have been blocked */
	bool is_allowed; /* by an own rule or a list */
	const char *list; /* that decided, or would have; "" none; stays while the server lives */
	const char *family; /* of a name of the calendar; static or NULL */
	struct dname name; /* lower case; the root when there was no question */
};
