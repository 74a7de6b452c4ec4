/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/reply.h"

#include <string.h>

#include "resolver/classify.h"
#include "resolver/rewrite.h"
#include "resolver/stats.h"
#include "resolver/token_lend.h"
#include "resolver/worker.h"

enum {
	OPT_BYTES = 11, /* root owner, type, class, TTL, RDLEN */
	EDE_OPTION = 15, /* RFC 8914 2 */
	EDE_BYTES = 6, /* option code, length, INFO-CODE */
	EDE_TEXT_MAX = 200,
	QUESTION_AT = 0xC000 | WIRE_HEADER, /* a pointer to the question's name */
};

/* --- synthesized records of a verdict --- */

static void clear_records(struct query *q)
{
	q->out_len = query_records_at(q);
	q->answer_count = q->authority_count = q->additional_count = 0;
}

static uint8_t *put_record_head(uint8_t *p, uint16_t type, uint32_t ttl_s, uint16_t data_len)
{
	wire_put_u16(p, QUESTION_AT);
	wire_put_u16(p + 2, type);
	wire_put_u16(p + 4, CLASS_IN);
	wire_put_u32(p + 6, ttl_s);
	wire_put_u16(p + 10, data_len);
	return p + 12;
}

static void put_address(struct query *q, const uint8_t *address, unsigned len, uint32_t ttl_s)
{
	uint8_t *p = put_record_head(q->out + q->out_len, q->qtype, ttl_s, (uint16_t)len);
	memcpy(p, address, len);
	q->out_len += 12 + len;
	q->answer_count++;
}

/* RFC 2308 5: without an SOA a negative answer is not cached, and a blocked name would be asked again and again. */
static void put_soa(struct query *q, uint32_t ttl_s)
{
	static const uint8_t names[] = "\6cenote\7invalid\0\6nobody\7invalid";
	uint8_t *p = put_record_head(q->out + q->out_len, TYPE_SOA, ttl_s, sizeof names + 20);
	memcpy(p, names, sizeof names);
	p += sizeof names;
	wire_put_u32(p, 1); /* serial */
	wire_put_u32(p + 4, 3600); /* refresh */
	wire_put_u32(p + 8, 600); /* retry */
	wire_put_u32(p + 12, 86400); /* expire */
	wire_put_u32(p + 16, ttl_s); /* minimum: the negative TTL */
	q->out_len += 12 + (uint32_t)sizeof names + 20;
	q->authority_count++;
}

static void put_sinkhole_addresses(struct worker *w, struct query *q, const struct config *c)
{
	static const uint8_t zeros[16];
	bool is_v4 = q->qtype == TYPE_A;
	struct addr token;
	if (q->action == SINK_NULL) {
		put_address(q, zeros, is_v4 ? 4 : 16, c->sinkhole_ttl_s);
		return;
	}
	if (token_lend(w, q, &token)) {
		put_address(
			q, token.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16, c->sinkhole_token_ttl_s);
		return;
	}
	for (size_t i = 0; i < c->sinkhole_address_count && q->answer_count < 16; i++) {
		const struct addr *a = &c->sinkhole_addresses[i];
		if (addr_is_v4(a) == is_v4)
			put_address(
				q, a->bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16, c->sinkhole_ttl_s);
	}
}

/* All types of a blocked name agree: where it has an address, the other types are NODATA (among them HTTPS, so that a browser does not
 * find the service by another door); where it does not exist, none does. */
static void synthesize(struct worker *w, struct query *q, const struct config *c)
{
	clear_records(q);
	q->is_secure = false;
	q->rcode = RCODE_NOERROR;
	switch (q->action) {
	case SINK_REFUSED:
	case SINK_DROP: /* of a chain: the question itself was not dropped */
		q->rcode = RCODE_REFUSED;
		return;
	case SINK_NXDOMAIN:
		q->rcode = RCODE_NXDOMAIN;
		break;
	case SINK_NULL:
	case SINK_ADDRESS:
		if (q->qtype == TYPE_A || q->qtype == TYPE_AAAA)
			put_sinkhole_addresses(w, q, c);
		break;
	case SINK_NODATA:
	case SINK_DEFAULT:
	case SINK_TCP_ONLY: /* not here: truncated, or let through */
	case SINK_PASSTHRU:
		break;
	}
	if (!q->answer_count)
		put_soa(q, c->sinkhole_ttl_s);
}

/* Does `action` say what to answer? */
static bool is_sunk(const struct query *q)
{
	if (q->outcome == OUTCOME_REWRITTEN)
		return q->source == ANSWER_NONE;
	return q->outcome == OUTCOME_BLOCKED || q->outcome == OUTCOME_BLOCKED_CHAIN ||
		q->outcome == OUTCOME_BLOCKED_ADDRESS || q->outcome == OUTCOME_BLOCKED_SERVER ||
		q->outcome == OUTCOME_BLOCKED_GENERATED || q->outcome == OUTCOME_BLOCKED_INFECTED ||
		q->outcome == OUTCOME_REBINDING;
}

/* --- the message around them --- */

static void put_question(struct query *q)
{
	uint8_t *p = q->out + WIRE_HEADER;
	memcpy(p, q->qname_as_sent, q->qname.len);
	p += q->qname.len;
	wire_put_u16(p, q->qtype);
	wire_put_u16(p + 2, q->qclass);
}

static void put_header(struct query *q, bool is_truncated)
{
	uint8_t *p = q->out;
	bool is_local = q->outcome == OUTCOME_LOCAL;
	/* RFC 6840 5.8: AD for those who asked for it, by AD or DO; RFC 4035 3.2.3 */
	bool has_ad = q->is_secure && (q->has_do || q->has_ad);
	wire_put_u16(p, q->id);
	p[2] = (uint8_t)(WIRE_QR | q->opcode << 3 | (is_local ? WIRE_AA : 0) |
		(is_truncated ? WIRE_TC : 0) | (q->has_rd ? WIRE_RD : 0));
	p[3] = (uint8_t)(WIRE_RA | (has_ad ? WIRE_AD : 0) | (q->has_cd ? WIRE_CD : 0) |
		(q->rcode & 15));
	wire_put_u16(p + 4, q->has_question);
	wire_put_u16(p + 6, q->answer_count);
	wire_put_u16(p + 8, q->authority_count);
	wire_put_u16(p + 10, (uint16_t)(q->additional_count + q->has_edns));
}

/* The list, and by what it holds the question: "botnets (c2): the client's address". */
static size_t text_of(const struct query *q, char out[static EDE_TEXT_MAX])
{
	if (q->outcome == OUTCOME_BLOCKED_GENERATED || q->outcome == OUTCOME_BLOCKED_INFECTED)
		return classify_text(q->dga_class, q->dga_score, out, EDE_TEXT_MAX);
	if (!q->ede_text)
		return 0;
	size_t len = strnlen(q->ede_text, EDE_TEXT_MAX);
	memcpy(out, q->ede_text, len);
	size_t more = q->ede_trigger ? strlen(q->ede_trigger) : 0;
	if (!more || len + 2 + more > EDE_TEXT_MAX)
		return len;
	out[len] = ':';
	out[len + 1] = ' ';
	memcpy(out + len + 2, q->ede_trigger, more);
	return len + 2 + more;
}

static void put_opt(struct query *q, uint16_t payload, uint32_t room)
{
	char text[EDE_TEXT_MAX];
	uint8_t *p = q->out + q->out_len;
	size_t text_len = text_of(q, text);
	/* RFC 8914 3: the text goes before a record would have to. */
	if (OPT_BYTES + EDE_BYTES + text_len > room)
		text_len = 0;
	bool has_ede = q->ede != EDE_NONE && OPT_BYTES + EDE_BYTES + text_len <= room;
	uint16_t data_len = has_ede ? (uint16_t)(EDE_BYTES + text_len) : 0;
	p[0] = 0;
	wire_put_u16(p + 1, TYPE_OPT);
	wire_put_u16(p + 3, payload);
	p[5] = (uint8_t)(q->rcode >> 4); /* RFC 6891 6.1.3 */
	p[6] = 0;
	p[7] = q->has_do ? 0x80 : 0; /* RFC 3225 3: DO comes back */
	p[8] = 0;
	wire_put_u16(p + 9, data_len);
	if (has_ede) {
		wire_put_u16(p + 11, EDE_OPTION);
		wire_put_u16(p + 13, (uint16_t)(2 + text_len));
		wire_put_u16(p + 15, (uint16_t)q->ede);
		memcpy(p + 17, text, text_len);
	}
	q->out_len += OPT_BYTES + data_len;
}

static uint32_t limit_of(const struct query *q, const struct config *c)
{
	if (q->transport != TRANSPORT_UDP)
		return WIRE_MAX;
	return q->payload < c->udp_payload_bytes ? q->payload : c->udp_payload_bytes;
}

static void put_message(struct worker *w, struct query *q)
{
	const struct config *c = w->view->config;
	if (!q->has_question) {
		q->out_len = WIRE_HEADER;
		q->has_edns = false;
	} else {
		if (is_sunk(q))
			synthesize(w, q, c);
		else if (q->source == ANSWER_NONE)
			clear_records(q);
		put_question(q);
	}
	uint32_t limit = limit_of(q, c), opt = q->has_edns ? OPT_BYTES : 0;
	bool is_truncated = q->out_len + opt > limit || q->outcome == OUTCOME_TCP_ONLY;
	if (is_truncated) {
		/* RFC 2181 9: with TC set the client takes the whole over TCP; a part is of no use to it. */
		stats_add(&w->stats->truncated, 1);
		clear_records(q);
	}
	if (q->has_edns)
		put_opt(q, (uint16_t)c->udp_payload_bytes, limit - q->out_len);
	put_header(q, is_truncated);
}

enum step reply(struct worker *w, struct query *q)
{
	if (q->transport == TRANSPORT_NONE)
		return STEP_NEXT;
	if (__builtin_expect(!q->is_aliased, 1)) {
		put_message(w, q);
		return STEP_NEXT;
	}
	/* What may come late is still the target's. */
	struct dname target = q->qname;
	rewrite_alias(w, q);
	put_message(w, q);
	q->qname = target;
	return STEP_NEXT;
}
