/* SPDX-License-Identifier: BSD-2-Clause
 * Recorded DNS messages out of a file: pcap, dnstap, or CSV; also compressed by gzip.
 *
 * Threads: pure but for the file. One at a time.
 * Standards: RFC 1035 4.1; draft-ietf-opsawg-pcap; dnstap.org's dnstap.proto in Frame Streams; RFC 4180.
 * Rule: what cannot be read is counted and passed over; a file that ends in the middle gives what came before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum {
	CAPTURE_RECORD_MAX = 256 * 1024
}; /* octets of a record or line; a longer one ends the file */

/* A question, or the answer to one. */
struct capture_message {
	uint64_t at_ms; /* wall time since 1970 */
	struct addr client; /* who asked, also of an answer */
	struct dname name; /* lower case */
	uint16_t type;
	int rcode; /* -1: a question alone */
	bool has_question; /* counts as a question asked: false for the answer to one that the file has, too */
	bool has_answer; /* records in the answer section */
};

/* X(symbol, "in words") */
#define CAPTURE_COUNTS(X) \
	X(records, "records read") \
	X(messages, "DNS messages") \
	X(other, "records without DNS") \
	X(malformed, "records that are damaged") \
	X(fragments, "fragments of packets") \
	X(streams, "TCP segments: not put together")

struct capture_counts {
#define X(symbol, words) uint64_t symbol;
	CAPTURE_COUNTS(X)
#undef X
	uint64_t first_bad; /* number of the first damaged record, from 1; 0: none */
	bool is_cut; /* the file ends within a record */
};

typedef bool capture_sink(void *arg, const struct capture_message *m);

/* Calls `each` for every message until it returns false. "-": standard input. 0, or negative with one sentence when the file cannot be read or is of none
 * of the kinds. */
int capture_each(const char *path, capture_sink *each, void *arg, struct capture_counts *counts,
	struct err *why);
