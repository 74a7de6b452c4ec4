/* SPDX-License-Identifier: BSD-2-Clause
 * A writer of packets, good and bad ones, for tests.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/wire.h"

struct packet {
	size_t len;
	uint8_t bytes[WIRE_MAX + 1];
};

static inline void packet_bytes(struct packet *p, const void *bytes, size_t n)
{
	if (n > sizeof p->bytes - p->len)
		abort();
	if (n)
		memcpy(p->bytes + p->len, bytes, n);
	p->len += n;
}

static inline void packet_u16(struct packet *p, unsigned v)
{
	uint8_t b[2];
	wire_put_u16(b, (uint16_t)v);
	packet_bytes(p, b, 2);
}

static inline void packet_u32(struct packet *p, uint32_t v)
{
	uint8_t b[4];
	wire_put_u32(b, v);
	packet_bytes(p, b, 4);
}

/* `flags`: third and fourth octet of the header. Counts in the order of the header. */
static inline void packet_header(struct packet *p, unsigned id, unsigned flags, unsigned questions,
	unsigned answers, unsigned authorities, unsigned additionals)
{
	p->len = 0;
	packet_u16(p, id);
	packet_u16(p, flags);
	packet_u16(p, questions);
	packet_u16(p, answers);
	packet_u16(p, authorities);
	packet_u16(p, additionals);
}

/* Keeps the letter case of `text`, which has no escapes; "" is the root. */
static inline void packet_put_name(struct packet *p, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ".");
		uint8_t len = (uint8_t)n;
		packet_bytes(p, &len, 1);
		packet_bytes(p, text, n);
		text += n + (text[n] == '.');
	}
	packet_bytes(p, "", 1);
}

static inline void packet_question(struct packet *p, const char *name, unsigned type)
{
	packet_put_name(p, name);
	packet_u16(p, type);
	packet_u16(p, CLASS_IN);
}

/* An OPT record (RFC 6891 6.1.2). `ttl`: extended rcode, version, flags. */
static inline void packet_opt(
	struct packet *p, unsigned payload, uint32_t ttl, const void *data, size_t len)
{
	packet_bytes(p, "", 1);
	packet_u16(p, TYPE_OPT);
	packet_u16(p, payload);
	packet_u32(p, ttl);
	packet_u16(p, (unsigned)len);
	packet_bytes(p, data, len);
}
