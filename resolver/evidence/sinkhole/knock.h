/* SPDX-License-Identifier: BSD-2-Clause
 * One contact with the sinkhole: who came, when, from which port (RFC 6302), and what it said first.
 *
 * Threads: plain data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"

enum {
	KNOCK_TEXT_MAX = 256, /* with the zero */
	KNOCK_HEAD_MAX = 1024, /* octets kept of what it sent first */
};

/* X(SYMBOL, "name as shown"). The numbers are kept on the disk: new ones go to the end. */
#define KNOCK_KINDS(X) \
	X(SILENT, "silent") /* connected and said nothing */ \
	X(HTTP, "http") \
	X(TLS, "tls") \
	X(OTHER, "other")

enum knock_kind {
#define X(symbol, name) KNOCK_##symbol,
	KNOCK_KINDS(X)
#undef X
		KNOCK_KIND_COUNT
};

struct knock {
	uint64_t at_ms; /* wall time since 1970 */
	struct addr_endpoint from, to;
	bool is_udp;
	bool has_token; /* `to` was given out for one answer alone: it says whose, and for which name (`host` or `sni` may differ) */
	struct addr
		asker; /* has_token: who asked for it; behind a translator or forwarder another than `from` */
	char rule[KNOCK_TEXT_MAX / 4]; /* has_token: the list that sent it here; "": none */
	enum knock_kind kind;
	/* Texts are terminated, cut to their room, and printable ASCII: every other octet has become `?`. */
	char request_line[KNOCK_TEXT_MAX], host[KNOCK_TEXT_MAX],
		user_agent[KNOCK_TEXT_MAX]; /* HTTP */
	char sni[KNOCK_TEXT_MAX]; /* TLS; "": none */
	char ja3[33], ja4[40]; /* TLS: of a whole ClientHello; "": it was cut */
	uint16_t head_len;
	uint8_t head[KNOCK_HEAD_MAX]; /* as it came */
};
