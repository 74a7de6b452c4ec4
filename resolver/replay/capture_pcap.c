/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "resolver/base/wire.h"
#include "resolver/replay/capture_internal.h"

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	DNS_PORT = 53,
	EXTENSIONS_MAX = 8, /* IPv6 extension headers that are followed */
};

/* tcpdump.org/linktypes.html */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_BSD = 12,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276
};
enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd, ETHER_VLAN = 0x8100, ETHER_QINQ = 0x88a8 };
enum {
	PROTOCOL_HOPOPT = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_OPTIONS = 60
};

struct bytes {
	const uint8_t *at;
	size_t len;
};

static bool skip(struct bytes *b, size_t n)
{
	if (b->len < n)
		return false;
	b->at += n;
	b->len -= n;
	return true;
}

/* --- from the link to the message ---------------------------------------------------------------- */

static enum capture_found read_udp(
	struct bytes b, const struct addr *from, const struct addr *to, struct capture_message *m)
{
	if (b.len < 8)
		return CAPTURE_MALFORMED;
	uint16_t source = wire_u16(b.at), destination = wire_u16(b.at + 2),
		 len = wire_u16(b.at + 4);
	if (source != DNS_PORT && destination != DNS_PORT)
		return CAPTURE_OTHER;
	if (len >= 8 && len < b.len)
		b.len = len;
	skip(&b, 8);
	enum capture_found found = capture_dns(b.at, b.len, m);
	m->client = m->rcode < 0 ? *from : *to;
	return found;
}

static enum capture_found read_transport(uint8_t protocol, struct bytes b, const struct addr *from,
	const struct addr *to, struct capture_message *m)
{
	if (protocol == PROTOCOL_UDP)
		return read_udp(b, from, to, m);
	if (protocol != PROTOCOL_TCP || b.len < 4)
		return CAPTURE_OTHER;
	return wire_u16(b.at) == DNS_PORT || wire_u16(b.at + 2) == DNS_PORT ? CAPTURE_STREAM
									    : CAPTURE_OTHER;
}

static enum capture_found read_ipv4(struct bytes b, struct capture_message *m)
{
	struct addr from, to;
	if (b.len < 20 || b.at[0] >> 4 != 4)
		return CAPTURE_MALFORMED;
	size_t header = (size_t)(b.at[0] & 15) * 4, total = wire_u16(b.at + 2);
	if (header < 20 || header > b.len)
		return CAPTURE_MALFORMED;
	if (total >= header && total < b.len)
		b.len = total; /* an Ethernet frame may be padded */
	if (wire_u16(b.at + 6) & 0x3fff)
		return CAPTURE_FRAGMENT; /* more fragments, or an offset */
	uint8_t protocol = b.at[9];
	addr_from_v4(b.at + 12, &from);
	addr_from_v4(b.at + 16, &to);
	skip(&b, header);
	return read_transport(protocol, b, &from, &to, m);
}

static enum capture_found read_ipv6(struct bytes b, struct capture_message *m)
{
	struct addr from, to;
	if (b.len < 40 || b.at[0] >> 4 != 6)
		return CAPTURE_MALFORMED;
	uint8_t protocol = b.at[6];
	memcpy(from.bytes, b.at + 8, sizeof from.bytes);
	memcpy(to.bytes, b.at + 24, sizeof to.bytes);
	skip(&b, 40);
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		if (protocol == PROTOCOL_FRAGMENT)
			return CAPTURE_FRAGMENT;
		if (protocol != PROTOCOL_HOPOPT && protocol != PROTOCOL_ROUTING &&
			protocol != PROTOCOL_OPTIONS)
			return read_transport(protocol, b, &from, &to, m);
		if (b.len < 8)
			return CAPTURE_MALFORMED;
		protocol = b.at[0];
		if (!skip(&b, ((size_t)b.at[1] + 1) * 8)) /* RFC 8200 4.3 */
			return CAPTURE_MALFORMED;
	}
	return CAPTURE_MALFORMED;
}

static enum capture_found read_ip(struct bytes b, struct capture_message *m)
{
	if (!b.len)
		return CAPTURE_MALFORMED;
	return b.at[0] >> 4 == 6 ? read_ipv6(b, m) : read_ipv4(b, m);
}

/* `type_at`: where the protocol stands, `payload_at`: what it is of. */
static enum capture_found read_typed(
	struct bytes b, size_t type_at, size_t payload_at, struct capture_message *m)
{
	if (b.len < payload_at)
		return CAPTURE_MALFORMED;
	uint16_t type = wire_u16(b.at + type_at);
	skip(&b, payload_at);
	for (unsigned tags = 0; tags < 2 && (type == ETHER_VLAN || type == ETHER_QINQ); tags++) {
		if (b.len < 4)
			return CAPTURE_MALFORMED;
		type = wire_u16(b.at + 2); /* IEEE 802.1Q */
		skip(&b, 4);
	}
	if (type != ETHER_IPV4 && type != ETHER_IPV6)
		return CAPTURE_OTHER;
	return type == ETHER_IPV4 ? read_ipv4(b, m) : read_ipv6(b, m);
}

enum capture_found capture_frame(
	uint32_t link, const uint8_t *frame, size_t len, struct capture_message *m)
{
	struct bytes b = {.at = frame, .len = len};
	m->rcode = -1;
	switch (link) {
	case LINK_ETHERNET:
		return read_typed(b, 12, 14, m);
	case LINK_SLL:
		return read_typed(b, 14, 16, m);
	case LINK_SLL2:
		return read_typed(b, 0, 20, m);
	case LINK_NULL:
	case LINK_LOOP:
		return skip(&b, 4) ? read_ip(b, m) : CAPTURE_MALFORMED;
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_IPV4:
	case LINK_IPV6:
		return read_ip(b, m);
	default:
		return CAPTURE_OTHER;
	}
}

/* --- the file ------------------------------------------------------------------------------------ */

static uint32_t number(const uint8_t *p, bool is_big)
{
	return is_big ? wire_u32(p)
		      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

int capture_pcap(struct capture_run *run, struct err *why)
{
	uint8_t head[FILE_HEADER];
	if (capture_read(run->file, head, sizeof head) < sizeof head)
		return err_set(why, CEN_EFORMAT, "this pcap file ends within its header");
	bool is_big = head[0] == 0xa1, has_ns = (is_big ? head[2] : head[1]) == 0x3c;
	uint32_t link = number(head + 20, is_big) & 0xffff;
	for (;;) {
		struct capture_message m;
		size_t n = capture_read(run->file, head, RECORD_HEADER);
		uint32_t len = number(head + 8, is_big);
		if (!n)
			return 0;
		run->counts->is_cut = n < RECORD_HEADER;
		if (run->counts->is_cut)
			return 0;
		if (len > CAPTURE_RECORD_MAX)
			return err_set(why, CEN_EFORMAT,
				"record %llu of this pcap file says that it has %u octets "
				"(allowed: %d)",
				(unsigned long long)run->counts->records + 1, len,
				CAPTURE_RECORD_MAX);
		run->counts->is_cut = capture_read(run->file, run->room, len) < len;
		if (run->counts->is_cut)
			return 0;
		m.at_ms = (uint64_t)number(head, is_big) * 1000 +
			number(head + 4, is_big) / (has_ns ? 1000000 : 1000);
		if (!capture_take(run, capture_frame(link, run->room, len, &m), &m))
			return 0;
	}
}
