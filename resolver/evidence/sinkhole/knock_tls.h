/* SPDX-License-Identifier: BSD-2-Clause
 * A TLS ClientHello, as far as it came.
 *
 * Threads: pure. Standards: RFC 8446 4.1.2, 4.2 and 5.1, RFC 6066 3 (server name), RFC 7301 3.1 (ALPN), RFC 8701 (GREASE).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/sinkhole/knock.h"

enum {
	KNOCK_TLS_MAX =
		16 << 10, /* octets of a hello with its record headers; a longer one is cut */
	KNOCK_TLS_LIST_MAX = 512, /* of one list; a longer one gets no fingerprint */
};

enum knock_tls_state {
	KNOCK_TLS_NOT, /* whatever follows, it is no hello */
	KNOCK_TLS_MAYBE, /* too little came to tell */
	KNOCK_TLS_PART, /* a hello that has not ended */
	KNOCK_TLS_WHOLE,
	KNOCK_TLS_BROKEN, /* a hello that will never end: cut by another record, or longer than is taken */
};

/* In the order in which they came. */
struct knock_tls_list {
	uint16_t count;
	uint16_t values[KNOCK_TLS_LIST_MAX];
};

struct knock_tls_hello {
	bool is_whole; /* nothing cut, no list longer than its room: fit for a fingerprint */
	bool has_sni; /* the extension is there, whatever is in it */
	uint16_t version; /* legacy_version */
	char sni[KNOCK_TEXT_MAX]; /* printable; "": none */
	uint16_t alpn_len; /* of the first protocol; 0: none */
	uint8_t alpn_first, alpn_last; /* its first and last octet */
	struct knock_tls_list ciphers, extensions, groups, point_formats, versions, signatures;
};

/* What the records that came hold so far. */
enum knock_tls_state knock_tls_look(const uint8_t *bytes, size_t len);

/* Takes the handshake message out of its records; `out` has room for `len` octets. Returns the octets written. */
size_t knock_tls_unwrap(const uint8_t *bytes, size_t len, uint8_t *out);

/* Reads a handshake message as far as it came. */
void knock_tls_read(const uint8_t *message, size_t len, struct knock_tls_hello *out);

/* A value that clients make up to keep servers tolerant (RFC 8701 2): left out of fingerprints. */
bool knock_tls_is_grease(uint16_t value);
