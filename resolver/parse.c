/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/parse.h"

#include <string.h>

enum {
	OPCODE_QUERY = 0,
	TYPE_TKEY = 249,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_MAILB = 253,
	TYPE_MAILA = 254
};

/* The verdict is said by `admit`, to those who may ask. */
static enum step refuse(struct query *q, enum query_outcome outcome, uint16_t rcode)
{
	q->outcome = outcome;
	q->rcode = rcode;
	return STEP_NEXT;
}

static enum step drop(struct query *q)
{
	q->outcome = OUTCOME_DROPPED_MALFORMED;
	return STEP_DROP;
}

/* Reads the question's name: kept as sent, and lower-cased for all that follows (RFC 4343). A pointer in the
 * first name of a message can only point to itself or into the header: malformed. */
static bool read_name(struct query *q, uint32_t *at)
{
	const uint8_t *p = q->packet + *at;
	uint32_t room = q->packet_len - *at, n = 0;
	unsigned labels = 0;
	for (;;) {
		if (n >= room || p[n] > DNAME_LABEL_MAX)
			return false;
		unsigned label = p[n];
		if (!label)
			break;
		n += label + 1;
		labels++;
		if (n >= DNAME_MAX)
			return false;
	}
	n++;
	memcpy(q->qname_as_sent, p, n);
	/* Length octets are below 'A', so that lowering them changes nothing. */
	for (uint32_t i = 0; i < n; i++)
		q->qname.bytes[i] = dname_lower(p[i]);
	q->qname.len = (uint8_t)n;
	q->qname.labels = (uint8_t)labels;
	*at += n;
	return true;
}

/* The options must fill the RDATA exactly (RFC 6891 6.1.2); unknown ones are ignored, and we know none. */
static bool options_are_well_formed(const uint8_t *p, uint32_t len)
{
	while (len) {
		if (len < 4)
			return false;
		uint32_t n = wire_u16(p + 2) + 4u;
		if (n > len)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* Reads one record of the additional section at `*at`. False when malformed. */
static bool read_additional(struct query *q, size_t *at, uint8_t *version)
{
	size_t owner = *at;
	if (!dname_skip(q->packet, q->packet_len, at) || q->packet_len - *at < 10)
		return false;
	const uint8_t *p = q->packet + *at;
	uint32_t rdlen = wire_u16(p + 8);
	*at += 10;
	if (q->packet_len - *at < rdlen)
		return false;
	*at += rdlen;
	if (wire_u16(p) != TYPE_OPT)
		return true;
	*version = p[5];
	/* RFC 6891 6.1.1 and 6.1.2: one OPT, owned by the root. What data of another version mean is not ours to judge. */
	if (q->has_edns || q->packet[owner] != 0 ||
		(*version == 0 && !options_are_well_formed(p + 10, rdlen)))
		return false;
	q->has_edns = true;
	q->payload = wire_u16(p + 2);
	q->has_do = p[6] & 0x80;
	/* RFC 6891 6.2.3: lower values are read as 512. */
	if (q->payload < 512)
		q->payload = 512;
	return true;
}

static enum step check_type(struct query *q)
{
	if (q->qclass != CLASS_IN)
		return refuse(q, OUTCOME_REFUSED, RCODE_REFUSED);
	if (q->qtype == TYPE_AXFR || q->qtype == TYPE_IXFR)
		return refuse(q, OUTCOME_REFUSED, RCODE_REFUSED);
	/* Types that are no data (RFC 6895 3.1) cannot be asked for; they must never reach upstream. */
	if (q->qtype == 0 || q->qtype == TYPE_OPT || q->qtype == TYPE_MAILA ||
		q->qtype == TYPE_MAILB ||
		(q->qtype >= TYPE_META_FIRST && q->qtype <= TYPE_TKEY + 1))
		return refuse(q, OUTCOME_FORMERR, RCODE_FORMERR);
	return STEP_NEXT;
}

enum step parse(struct worker *w, struct query *q)
{
	(void)w;
	const uint8_t *p = q->packet;
	q->payload = 512;
	/* What is too short for a header has no ID to answer to; what is a response is never answered, or two
	 * servers could talk for ever (RFC 1035 7.3 is silent, practice is not). */
	if (q->packet_len < WIRE_HEADER || p[2] & WIRE_QR)
		return drop(q);
	q->id = wire_u16(p);
	q->opcode = p[2] >> 3 & 15;
	q->has_rd = p[2] & WIRE_RD;
	q->has_ad = p[3] & WIRE_AD;
	q->has_cd = p[3] & WIRE_CD;
	if (q->opcode != OPCODE_QUERY)
		return refuse(q, OUTCOME_NOTIMP, RCODE_NOTIMP);
	/* RFC 9619: exactly one question; a query holds no answers. TC has no meaning in it. */
	if (wire_u16(p + 4) != 1 || wire_u16(p + 6) || wire_u16(p + 8) || p[2] & WIRE_TC)
		return refuse(q, OUTCOME_FORMERR, RCODE_FORMERR);
	uint32_t at = WIRE_HEADER;
	if (!read_name(q, &at) || q->packet_len - at < 4)
		return refuse(q, OUTCOME_FORMERR, RCODE_FORMERR);
	q->qtype = wire_u16(p + at);
	q->qclass = wire_u16(p + at + 2);
	q->has_question = true;
	at += 4;
	uint8_t version = 0;
	size_t next = at;
	for (unsigned i = wire_u16(p + 10); i; i--)
		if (!read_additional(q, &next, &version))
			return refuse(q, OUTCOME_FORMERR, RCODE_FORMERR);
	if (version != 0) /* RFC 6891 6.1.3 */
		return refuse(q, OUTCOME_BADVERS, RCODE_BADVERS);
	return check_type(q);
}
