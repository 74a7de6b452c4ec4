/* SPDX-License-Identifier: BSD-2-Clause
 * One transfer over TCP: connect, ask, and take the messages of the answer, without ever waiting.
 *
 * Threads: belongs to one thread, which polls. Owns: the socket and 128 KiB while it runs.
 * Standards: RFC 1035 4.2.2 (length in front), RFC 5936 4, RFC 8945 5.3.1.
 */
#pragma once

#include <poll.h>
#include <stdint.h>

#include "feeds/transfer/tsig.h"
#include "feeds/transfer/xfr_stream.h"
#include "resolver/base/addr.h"

enum { XFR_CONN_CONNECT_MS = 10000, XFR_CONN_IDLE_MS = 30000 };

struct xfr_conn;

struct xfr_conn_job {
	struct addr_endpoint primary;
	struct dname zone;
	bool has_serial; /* IXFR from `serial`; else AXFR */
	uint32_t serial;
	const struct tsig_key *key; /* borrowed; NULL: unsigned */
	uint64_t total_ms; /* all of it */
	uint64_t max_bytes; /* on the wire */
	struct xfr_stream_sink sink;
};

int xfr_conn_start(const struct xfr_conn_job *job, struct xfr_conn **out, struct err *why);
/* Ends it at any time. NULL is allowed. */
void xfr_conn_stop(struct xfr_conn *c);

/* What to poll for, and until when at most (clock_ms). */
struct pollfd xfr_conn_poll(const struct xfr_conn *c);
uint64_t xfr_conn_deadline_ms(const struct xfr_conn *c);
/* Goes on as far as it can now: `revents` of poll, 0 after a deadline. 0: not at its end; 1: the stream is complete and verified;
 * negative: it failed, with the sentence. */
int xfr_conn_step(struct xfr_conn *c, short revents, struct err *why);
const struct xfr_stream *xfr_conn_stream(const struct xfr_conn *c);
