/* SPDX-License-Identifier: BSD-2-Clause
 * The messages of one transfer, AXFR or IXFR, become records to add and to remove, in bounds and in order.
 *
 * Threads: a stream belongs to one thread. Owns: a buffer; xfr_stream_clear frees it.
 * Rule: the octets come from a server that is trusted with the policy, not with this process: every message is checked
 *       against the question, every owner against the zone, every step against the order of the RFC.
 * Standards: RFC 5936 2.2 (AXFR), RFC 1995 4 (IXFR), RFC 1982 (serials).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/transfer/zone.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

enum { XFR_STREAM_REQUEST_MAX = 512 };

enum xfr_stream_result {
	XFR_STREAM_GOES_ON,
	XFR_STREAM_UNCHANGED, /* the serial that was asked with is the current one */
	XFR_STREAM_WHOLE, /* the sink has the whole zone */
	XFR_STREAM_DELTA, /* the sink has what leads from the serial that was asked with to soa.serial */
};

struct xfr_stream_sink {
	void *arg;
	/* Called once, before the first record. */
	int (*begin)(void *arg, bool is_whole, struct err *why);
	int (*add)(void *arg, const struct zone_record *r, struct err *why);
	int (*remove)(void *arg, const struct zone_record *r, struct err *why);
};

struct xfr_stream {
	struct dname zone;
	uint16_t id;
	bool has_serial; /* IXFR was asked, from `serial` */
	uint32_t serial;
	enum xfr_stream_result result;
	struct zone_soa soa; /* of the content to come */
	uint64_t messages, records, bytes;
	uint16_t rcode; /* of an answer that is an error; else 0 */
	/* Inside. */
	unsigned step;
	uint32_t at_serial; /* reached within the deltas */
	void *room; /* RDATA being uncompressed */
};

/* `serial` NULL: the whole zone. */
void xfr_stream_init(
	struct xfr_stream *s, const struct dname *zone, const uint32_t *serial, uint16_t id);
void xfr_stream_clear(struct xfr_stream *s);
/* Writes the request; returns its octets. */
size_t xfr_stream_request(const struct xfr_stream *s, uint8_t out[static XFR_STREAM_REQUEST_MAX]);
/* Takes the next message, verified. 0, or a code with the sentence of why the transfer is no good. After it `result` says how far it is;
 * nothing may follow the end. */
int xfr_stream_message(struct xfr_stream *s, const uint8_t *wire, size_t len,
	const struct xfr_stream_sink *sink, struct err *why);
