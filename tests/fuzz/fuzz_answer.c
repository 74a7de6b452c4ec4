/* SPDX-License-Identifier: BSD-2-Clause
 * Any packet as an answer to its own question: taken with and without DO, walked, edited.
 * The first octet of the input chooses; the rest is the packet.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_unwanted(void *arg, const struct query *q, const struct answer_record *r)
{
	const uint8_t *choice = arg;
	if (r->end_at > q->out_len)
		abort();
	return (r->type ^ r->section ^ *choice) & 1;
}

static unsigned walk(const struct query *q)
{
	struct answer_cursor c = {0};
	struct answer_record r;
	unsigned n = 0;
	while (answer_next(q, &c, &r)) {
		if (r.owner_at >= r.type_at || r.end_at > q->out_len || r.section > 2)
			abort();
		n++;
	}
	if (c.is_bad)
		abort();
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 + WIRE_HEADER + 5 || size > WIRE_MAX)
		return 0;
	static uint8_t out[WIRE_MAX];
	uint8_t choice = data[0];
	const uint8_t *packet = data + 1;
	uint32_t len = (uint32_t)size - 1;
	struct query q = {.out = out, .out_max = choice & 2 ? 512 : sizeof out};
	size_t n = dname_from_wire(packet + WIRE_HEADER, len - WIRE_HEADER, &q.qname);
	if (!n || len < WIRE_HEADER + n + 4)
		return 0;
	q.qtype = wire_u16(packet + WIRE_HEADER + n);
	q.qclass = wire_u16(packet + WIRE_HEADER + n + 2);
	q.has_do = choice & 4;
	if (!answer_take(&q, packet, len, 0, 86400))
		return 0;
	unsigned before = walk(&q);
	int removed = answer_remove(&q, is_unwanted, &choice);
	if (removed >= 0 && walk(&q) != before - (unsigned)removed)
		abort();
	if (removed < 0 && walk(&q) != before)
		abort();
	return 0;
}
