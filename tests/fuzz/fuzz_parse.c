/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a query: what parse lets through is a question that may be asked.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static void check_question(const struct query *q, const uint8_t *data, size_t size)
{
	struct dname again;
	HOLDS(q->qname.len >= 1 && WIRE_HEADER + q->qname.len + 4u <= size);
	HOLDS(!memcmp(q->qname_as_sent, data + WIRE_HEADER, q->qname.len));
	HOLDS(dname_from_wire(q->qname_as_sent, sizeof q->qname_as_sent, &again) == q->qname.len);
	HOLDS(dname_equal(&again, &q->qname) && again.labels == q->qname.labels);
}

static void check_good(const struct query *q, const uint8_t *data)
{
	HOLDS(q->has_question && q->opcode == 0 && q->qclass == CLASS_IN);
	HOLDS(q->qtype != 0 && q->qtype != TYPE_OPT);
	HOLDS(q->qtype < TYPE_META_FIRST || q->qtype > TYPE_META_LAST || q->qtype == TYPE_ANY);
	HOLDS(wire_u16(data + 4) == 1 && !wire_u16(data + 6) && !wire_u16(data + 8));
	HOLDS(q->has_edns || !q->has_do);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > WIRE_MAX)
		return 0;
	static struct query q;
	memset(&q, 0, sizeof q);
	q.qname.len = 1;
	q.packet = data;
	q.packet_len = (uint32_t)size;
	enum step step = parse(NULL, &q);
	bool is_answerable = size >= WIRE_HEADER && !(data[2] & WIRE_QR);
	HOLDS(step == (is_answerable ? STEP_NEXT : STEP_DROP));
	if (!is_answerable) {
		HOLDS(q.outcome == OUTCOME_DROPPED_MALFORMED);
		return 0;
	}
	HOLDS(q.payload >= 512 && q.id == wire_u16(data));
	if (q.has_question)
		check_question(&q, data, size);
	if (q.rcode == RCODE_NOERROR)
		check_good(&q, data);
	else
		HOLDS(q.outcome == OUTCOME_FORMERR || q.outcome == OUTCOME_NOTIMP ||
			q.outcome == OUTCOME_REFUSED || q.outcome == OUTCOME_BADVERS);
	return 0;
}
