/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/addr_special.h"

#include <string.h>

static bool is_zero(const uint8_t *p, unsigned n)
{
	uint8_t any = 0;
	for (unsigned i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

bool addr_special_embedded_v4(const struct addr *a, uint8_t v4[static 4])
{
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t nat64_local[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
	const uint8_t *b = a->bytes;
	if (addr_is_v4(a) || is_zero(b, 12) || !memcmp(b, nat64, sizeof nat64)) {
		memcpy(v4, b + 12, 4);
		return true;
	}
	if (!memcmp(b, nat64_local, sizeof nat64_local)) {
		/* RFC 6052 2.2: behind a /48 octet 8 is skipped and the rest is zero; otherwise taken as a /96. */
		bool is_48 = is_zero(b + 11, 5);
		v4[0] = b[is_48 ? 6 : 12];
		v4[1] = b[is_48 ? 7 : 13];
		v4[2] = b[is_48 ? 9 : 14];
		v4[3] = b[is_48 ? 10 : 15];
		return true;
	}
	if (b[0] == 0x20 && b[1] == 0x02) {
		memcpy(v4, b + 2, 4);
		return true;
	}
	return false;
}

static bool is_private_v4(const uint8_t v4[static 4])
{
	switch (v4[0]) {
	case 0: /* 0.0.0.0/8, "this host": reaches the local host on many systems */
	case 10:
	case 127:
		return true;
	case 100:
		return (v4[1] & 0xc0) == 64;
	case 169:
		return v4[1] == 254;
	case 172:
		return (v4[1] & 0xf0) == 16;
	case 192:
		return v4[1] == 168;
	default:
		return false;
	}
}

bool addr_special_is_private(const struct addr *a)
{
	uint8_t v4[4];
	if (addr_special_embedded_v4(a, v4)) /* :: and ::1 too: 0.0.0.0 and 0.0.0.1 */
		return is_private_v4(v4);
	const uint8_t *b = a->bytes;
	return (b[0] & 0xfe) == 0xfc || /* fc00::/7 unique local (RFC 4193) */
		(b[0] == 0xfe &&
			(b[1] & 0x80) == 0x80); /* fe80::/10 link-local, fec0::/10 (RFC 3879) */
}

static bool is_local_v4(const uint8_t v4[static 4])
{
	return is_private_v4(v4) || v4[0] >= 224 || /* 224.0.0.0/4, 240.0.0.0/4, broadcast */
		(v4[0] == 192 && v4[1] == 0 && v4[2] == 0) || /* 192.0.0.0/24, IETF's protocols */
		(v4[0] == 198 && (v4[1] & 0xfe) == 18); /* 198.18.0.0/15, benchmarks (RFC 2544) */
}

bool addr_special_is_local(const struct addr *a)
{
	static const uint8_t discard[8] = {0x01}; /* 100::/64 (RFC 6666) */
	static const uint8_t teredo[4] = {0x20, 0x01}; /* its servers choose the way (RFC 4380) */
	uint8_t v4[4];
	if (addr_special_embedded_v4(a, v4))
		return is_local_v4(v4);
	return addr_special_is_private(a) || a->bytes[0] == 0xff ||
		!memcmp(a->bytes, discard, sizeof discard) ||
		!memcmp(a->bytes, teredo, sizeof teredo);
}
