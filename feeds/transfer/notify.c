/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/notify.h"

#include <string.h>

#include "feeds/transfer/zone.h"
#include "resolver/base/wire.h"

enum { OPCODE_NOTIFY = 4, RCODE_NOTAUTH = 9, QUESTION_FIXED = 4, RR_FIXED = 10 };

/* The answer: the request's ID, opcode and question. `end`: behind the question; 0: it cannot be repeated. */
static void write_answer(uint8_t *wire, size_t *len, size_t end, unsigned rcode)
{
	wire[2] = (uint8_t)((wire[2] & 0x78) | WIRE_QR | (rcode ? 0 : WIRE_AA));
	wire[3] = (uint8_t)rcode;
	memset(wire + 4, 0, 8);
	wire_put_u16(wire + 4, end != 0);
	*len = end ? end : WIRE_HEADER;
}

/* The serial that it may tell (RFC 1996 3.7): only a hint. */
static bool read_serial(const uint8_t *wire, size_t len, size_t at, uint32_t *out)
{
	if (!wire_u16(wire + 6) || !dname_skip(wire, len, &at) || len - at < RR_FIXED)
		return false;
	uint16_t type = wire_u16(wire + at);
	at += RR_FIXED;
	if (type != TYPE_SOA || !dname_skip(wire, len, &at) || !dname_skip(wire, len, &at) ||
		len - at < 4)
		return false;
	*out = wire_u32(wire + at);
	return true;
}

static size_t find(const struct notify_zone *zones, size_t count, const struct dname *name)
{
	size_t i = 0;
	while (i < count && !dname_equal(zones[i].zone, name))
		i++;
	return i;
}

/* A zone may be kept from several primaries, as several lists: the one that speaks is meant. */
static size_t find_speaker(const struct notify_zone *zones, size_t count, const struct dname *name,
	const struct addr *from)
{
	for (size_t i = 0; i < count; i++)
		if (dname_equal(zones[i].zone, name) && addr_equal(zones[i].primary, from))
			return i;
	return find(zones, count, name);
}

static bool reads_question(const uint8_t *wire, size_t len, size_t *at, struct dname *name)
{
	*at = WIRE_HEADER;
	if (wire_u16(wire + 4) != 1 || !dname_from_packet(wire, len, at, name) ||
		len - *at < QUESTION_FIXED)
		return false;
	const uint8_t *p = wire + *at;
	*at += QUESTION_FIXED;
	return wire_u16(p) == TYPE_SOA && wire_u16(p + 2) == CLASS_IN;
}

enum notify_outcome notify_answer(const struct notify_zone *zones, size_t count,
	const struct addr *from, uint8_t wire[static NOTIFY_MAX], size_t *len, uint64_t now_s,
	size_t *index)
{
	struct dname name;
	struct tsig signer = {0};
	size_t end;
	uint32_t serial = 0;
	if (*len < WIRE_HEADER || wire[2] & WIRE_QR)
		return NOTIFY_IGNORED;
	if ((wire[2] >> 3 & 15) != OPCODE_NOTIFY) {
		write_answer(wire, len, 0, RCODE_NOTIMP);
		return NOTIFY_REFUSED;
	}
	if (!reads_question(wire, *len, &end, &name)) {
		write_answer(wire, len, 0, RCODE_FORMERR);
		return NOTIFY_REFUSED;
	}
	size_t i = find_speaker(zones, count, &name, from);
	bool is_signed = tsig_is_signed(wire, *len);
	bool is_verified = i < count && is_signed && zones[i].key &&
		!tsig_verify_request(&signer, zones[i].key, wire, *len, now_s, NULL);
	/* RFC 1996 3.10: only primaries are listened to. Whoever signs must sign well. */
	if (i == count || (is_signed && !is_verified)) {
		write_answer(wire, len, end, RCODE_NOTAUTH);
		return NOTIFY_REFUSED;
	}
	if (!is_verified && !addr_equal(zones[i].primary, from)) {
		write_answer(wire, len, end, RCODE_REFUSED);
		return NOTIFY_REFUSED;
	}
	bool is_known = read_serial(wire, *len, end, &serial) && zones[i].has_serial &&
		!zone_serial_is_after(serial, zones[i].serial);
	write_answer(wire, len, end, RCODE_NOERROR);
	if (is_verified && tsig_sign_answer(&signer, wire, len, now_s, NULL))
		return NOTIFY_IGNORED;
	*index = i;
	return is_known ? NOTIFY_KNOWN : NOTIFY_NEWS;
}
