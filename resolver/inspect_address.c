/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/inspect_address.h"

#include <string.h>

/* SvcParamKeys with addresses (RFC 9460 14.3.2). */
enum { KEY_IPV4HINT = 4, KEY_IPV6HINT = 6 };

/* Where SvcParams begin: behind SvcPriority and the uncompressed TargetName (RFC 9460 2.2); 0 when malformed. */
static size_t svcb_params_at(const uint8_t *data, size_t len)
{
	size_t at = 2;
	while (at < len && data[at] > 0 && data[at] <= DNAME_LABEL_MAX)
		at += (size_t)data[at] + 1;
	return at < len && data[at] == 0 && at - 2 < DNAME_MAX ? at + 1 : 0;
}

struct inspect_address inspect_address_start(const struct query *q, const struct answer_record *r)
{
	const uint8_t *data = q->out + r->data_at;
	struct inspect_address a = {.at = data, .end = data};
	size_t params;
	switch (r->type) {
	case TYPE_A:
	case TYPE_AAAA:
		a.octets = r->type == TYPE_A ? 4 : 16;
		a.is_bad = r->data_len != a.octets;
		a.end = data + r->data_len;
		break;
	case TYPE_SVCB:
	case TYPE_HTTPS:
		params = svcb_params_at(data, r->data_len);
		a.is_bad = !params;
		a.params = data + params;
		a.params_end = data + r->data_len;
		break;
	default:
		break;
	}
	return a;
}

/* Moves on to the next parameter with addresses; false at the end or on malformed octets. */
static bool next_hint(struct inspect_address *a)
{
	while (!a->is_bad && a->params < a->params_end) {
		size_t left = (size_t)(a->params_end - a->params);
		size_t len = left < 4 ? 0 : wire_u16(a->params + 2);
		a->is_bad = left < 4 || left - 4 < len;
		if (a->is_bad)
			return false;
		uint16_t key = wire_u16(a->params);
		a->octets = key == KEY_IPV4HINT ? 4 : key == KEY_IPV6HINT ? 16 : 0;
		a->at = a->params + 4;
		a->end = a->params = a->at + len;
		if (a->octets) {
			a->is_bad = len == 0 || len % a->octets; /* RFC 9460 7.3 */
			return !a->is_bad;
		}
	}
	return false;
}

bool inspect_address_next(struct inspect_address *a, struct addr *out)
{
	if (a->is_bad || ((a->at == a->end || !a->octets) && !next_hint(a)))
		return false;
	if (a->octets == 4)
		addr_from_v4(a->at, out);
	else
		memcpy(out->bytes, a->at, 16);
	a->at += a->octets;
	return true;
}
