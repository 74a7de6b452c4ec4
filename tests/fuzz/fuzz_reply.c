/* SPDX-License-Identifier: BSD-2-Clause
 * Any packet in, a well-formed reply out: parse, then reply with a verdict that the first eight octets of the
 * input choose.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/parse.h"
#include "resolver/reply.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum { CHOICES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const char *const texts[] = {
	NULL, "", "own deny", "a list's name (and its category, a longer one)"};

static void set_up(struct worker *w, const uint8_t *choice)
{
	static struct config config;
	static struct view view;
	static struct stats_worker stats;
	static struct addr addresses[20];
	for (unsigned i = 0; i < 20; i++) {
		memset(addresses[i].bytes, i % 3 ? 0 : 0x20, 10);
		memset(addresses[i].bytes + 10, 0xff, 2);
		memset(addresses[i].bytes + 12, (int)i, 4);
	}
	config.sinkhole_ttl_s = choice[0];
	config.sinkhole_addresses = addresses;
	config.sinkhole_address_count = choice[1] % 21;
	config.udp_payload_bytes = choice[2] & 1 ? 1232 : 512;
	view.config = &config;
	view.serial = 1;
	w->view = &view;
	w->stats = &stats;
}

/* Opaque records of a resolver's answer, of a size that the choice says. */
static void put_records(struct query *q, uint8_t size)
{
	unsigned n = size % 8 * (unsigned)size;
	q->source = ANSWER_FRESH;
	q->out_len = query_records_at(q);
	for (; n && q->out_len + 64 <= WIRE_MAX - 600; n--) {
		uint8_t *p = q->out + q->out_len;
		memset(p, 0, 64);
		wire_put_u16(p, 0xc00c);
		wire_put_u16(p + 2, TYPE_TXT);
		wire_put_u16(p + 4, CLASS_IN);
		wire_put_u16(p + 10, 52);
		q->out_len += 64;
		q->answer_count++;
	}
}

static void decide(struct query *q, const uint8_t *choice)
{
	static const enum query_outcome outcomes[] = {OUTCOME_RECURSED, OUTCOME_BLOCKED,
		OUTCOME_BLOCKED_CHAIN, OUTCOME_BLOCKED_ADDRESS, OUTCOME_LOCAL, OUTCOME_SERVFAIL,
		OUTCOME_REBINDING};
	q->ede = choice[3] & 1 ? (int16_t)(choice[3] / 2 % 30) : (int16_t)EDE_NONE;
	q->ede_text = texts[choice[4] % 4];
	q->is_secure = choice[4] & 4;
	if (q->rcode != RCODE_NOERROR)
		return;
	q->outcome = outcomes[choice[5] % 7];
	q->action = (enum sink_action)(choice[6] % (SINK_DROP + 1));
	if (q->outcome == OUTCOME_SERVFAIL)
		q->rcode = RCODE_SERVFAIL;
	else if (q->outcome != OUTCOME_BLOCKED && q->outcome != OUTCOME_REBINDING)
		put_records(q, choice[7]);
}

/* Reads the reply as a client does. */
static void check(const struct query *q, const uint8_t *packet, uint32_t limit)
{
	const uint8_t *p = q->out;
	size_t at = WIRE_HEADER;
	unsigned opts = 0;
	HOLDS(q->out_len >= WIRE_HEADER && q->out_len <= limit);
	HOLDS(wire_u16(p) == wire_u16(packet) && p[2] & WIRE_QR && p[3] & WIRE_RA);
	HOLDS(((p[2] ^ packet[2]) & 0x79) == 0); /* opcode and RD come back */
	HOLDS(((p[3] ^ packet[3]) & WIRE_CD) == 0 && !(p[3] & 0x40));
	HOLDS(wire_u16(p + 4) == q->has_question);
	if (q->has_question) {
		HOLDS(!memcmp(p + WIRE_HEADER, packet + WIRE_HEADER, q->qname.len + 4u));
		at += q->qname.len + 4u;
	}
	for (unsigned n = 0u + wire_u16(p + 6) + wire_u16(p + 8) + wire_u16(p + 10); n; n--) {
		HOLDS(dname_skip(p, q->out_len, &at) && q->out_len - at >= 10);
		opts += wire_u16(p + at) == TYPE_OPT;
		HOLDS(n == 1 || wire_u16(p + at) != TYPE_OPT);
		size_t len = wire_u16(p + at + 8);
		HOLDS(q->out_len - at - 10 >= len);
		at += 10 + len;
	}
	HOLDS(at == q->out_len);
	HOLDS(opts == q->has_edns);
	if (p[2] & WIRE_TC)
		HOLDS(!wire_u16(p + 6) && !wire_u16(p + 8) && q->transport == TRANSPORT_UDP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < CHOICES || size > WIRE_MAX)
		return 0;
	static struct query q;
	static struct worker w;
	uint8_t *out = malloc(WIRE_MAX);
	HOLDS(out);
	set_up(&w, data);
	memset(&q, 0, sizeof q);
	q.qname.len = 1;
	q.list = -1;
	q.ede = EDE_NONE;
	q.out = out;
	q.out_max = WIRE_MAX;
	q.transport = data[2] & 2 ? TRANSPORT_TCP : TRANSPORT_UDP;
	q.packet = data + CHOICES;
	q.packet_len = (uint32_t)(size - CHOICES);
	if (parse(&w, &q) == STEP_NEXT) {
		decide(&q, data);
		HOLDS(reply(&w, &q) == STEP_NEXT);
		uint32_t udp = w.view->config->udp_payload_bytes;
		check(&q, q.packet,
			q.transport == TRANSPORT_TCP ? WIRE_MAX
				: q.payload < udp    ? q.payload
						     : udp);
	}
	free(out);
	return 0;
}
