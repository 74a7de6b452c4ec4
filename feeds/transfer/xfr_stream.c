/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr_stream.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/wire.h"

enum { TYPE_IXFR = 251, TYPE_AXFR = 252, RR_FIXED = 10, SOA_NUMBERS = 20 };

/* What may come next. */
enum step {
	FIRST, /* the current SOA */
	SECOND, /* tells a delta from a whole zone */
	WHOLE, /* records, and the SOA again */
	REMOVING, /* records to remove, then an SOA */
	ADDING, /* records to add, then an SOA: the end's, or the next delta's first */
	END,
};

/* A record as it was read. */
struct rr {
	struct dname owner;
	uint16_t type;
	uint32_t ttl_s;
	const uint8_t *data;
	size_t len;
	struct dname target; /* what `data` is for types that are one name */
	uint8_t key[DNAME_MAX];
};

void xfr_stream_init(
	struct xfr_stream *s, const struct dname *zone, const uint32_t *serial, uint16_t id)
{
	*s = (struct xfr_stream){
		.zone = *zone, .id = id, .has_serial = serial, .serial = serial ? *serial : 0};
}

void xfr_stream_clear(struct xfr_stream *s)
{
	ldns_buffer_free(s->room);
	s->room = NULL;
}

size_t xfr_stream_request(const struct xfr_stream *s, uint8_t out[static XFR_STREAM_REQUEST_MAX])
{
	uint8_t *p = out + WIRE_HEADER;
	memset(out, 0, WIRE_HEADER);
	wire_put_u16(out, s->id);
	wire_put_u16(out + 4, 1);
	memcpy(p, s->zone.bytes, s->zone.len);
	p += s->zone.len;
	wire_put_u16(p, s->has_serial ? TYPE_IXFR : TYPE_AXFR);
	wire_put_u16(p + 2, CLASS_IN);
	p += 4;
	if (!s->has_serial)
		return (size_t)(p - out);
	/* RFC 1995 3: the SOA of what we have, in the authority section; only its serial matters. */
	static const uint8_t head[] = {
		0xc0, WIRE_HEADER, 0, TYPE_SOA, 0, CLASS_IN, 0, 0, 0, 0, 0, 2 + SOA_NUMBERS, 0, 0};
	wire_put_u16(out + 8, 1);
	memcpy(p, head, sizeof head);
	p += sizeof head;
	memset(p, 0, SOA_NUMBERS);
	wire_put_u32(p, s->serial);
	return (size_t)(p + SOA_NUMBERS - out);
}

static int bad(struct err *why, const char *what)
{
	return err_set(why, CEN_EFORMAT, "%s", what);
}

/* RDATA of a type that may hold compressed names among other things, by ldns. */
static bool uncompress(
	struct xfr_stream *s, const uint8_t *wire, size_t len, size_t at, struct rr *out)
{
	ldns_rr *rr = NULL;
	if (!s->room)
		s->room = ldns_buffer_new(WIRE_MAX);
	bool is_good =
		s->room && ldns_wire2rr(&rr, wire, len, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK;
	if (is_good) {
		ldns_buffer_clear(s->room);
		ldns_rr2canonical(rr);
	}
	for (size_t i = 0; is_good && i < ldns_rr_rd_count(rr); i++)
		is_good = ldns_rdf2buffer_wire(s->room, ldns_rr_rdf(rr, i)) == LDNS_STATUS_OK;
	ldns_rr_free(rr);
	if (!is_good || ldns_buffer_position(s->room) > UINT16_MAX)
		return false;
	out->data = ldns_buffer_begin(s->room);
	out->len = ldns_buffer_position(s->room);
	return true;
}

/* Reads the record at `*at`, whose RDATA ends within the message. */
static bool read_data(struct xfr_stream *s, const uint8_t *wire, size_t start, size_t at,
	size_t end, struct rr *out)
{
	out->data = wire + at;
	out->len = end - at;
	switch (out->type) {
	case TYPE_CNAME:
	case TYPE_NS:
	case TYPE_PTR:
	case TYPE_DNAME:
		if (!dname_from_packet(wire, end, &at, &out->target) || at != end)
			return false;
		out->data = out->target.bytes;
		out->len = out->target.len;
		return true;
	case TYPE_A:
		return out->len == 4;
	case TYPE_AAAA:
		return out->len == 16;
	case TYPE_TXT:
		return out->len > 0;
	default:
		return uncompress(s, wire, end, start, out);
	}
}

static int read_rr(struct xfr_stream *s, const uint8_t *wire, size_t len, size_t *at,
	struct rr *out, struct err *why)
{
	size_t start = *at;
	if (!dname_from_packet(wire, len, at, &out->owner) || len - *at < RR_FIXED)
		return bad(why, "a record is malformed");
	const uint8_t *p = wire + *at;
	size_t rdlen = wire_u16(p + 8);
	out->type = wire_u16(p);
	out->ttl_s = wire_u32(p + 4);
	/* RFC 2181 8: the highest bit has no meaning. */
	if (out->ttl_s > INT32_MAX)
		out->ttl_s = 0;
	*at += RR_FIXED;
	if (len - *at < rdlen)
		return bad(why, "a record is malformed");
	if (wire_u16(p + 2) != CLASS_IN)
		return bad(why, "a record is not of class IN");
	if (!dname_is_at_or_below(&out->owner, &s->zone))
		return bad(why, "a record lies outside of the zone");
	if (!out->type || out->type == TYPE_OPT ||
		(out->type >= TYPE_META_FIRST && out->type <= TYPE_META_LAST))
		return bad(why, "a record is of a type that no zone holds");
	if (!read_data(s, wire, start, *at, *at + rdlen, out))
		return bad(why, "a record's data are malformed");
	*at += rdlen;
	return 0;
}

static bool read_soa(const struct rr *rr, struct zone_soa *out)
{
	size_t at = 0;
	bool is_good = dname_skip(rr->data, rr->len, &at); /* MNAME */
	is_good = is_good && dname_skip(rr->data, rr->len, &at); /* RNAME */
	if (!is_good || rr->len - at != SOA_NUMBERS)
		return false;
	const uint8_t *p = rr->data + at;
	*out = (struct zone_soa){.serial = wire_u32(p),
		.refresh_s = wire_u32(p + 4),
		.retry_s = wire_u32(p + 8),
		.expire_s = wire_u32(p + 12),
		.minimum_s = wire_u32(p + 16)};
	return true;
}

static int give(
	struct xfr_stream *s, struct rr *rr, const struct xfr_stream_sink *sink, struct err *why)
{
	struct zone_record r = {.key = rr->key,
		.key_len = dname_key(&rr->owner, rr->key),
		.type = rr->type,
		.ttl_s = rr->ttl_s,
		.data = rr->data,
		.len = (uint16_t)rr->len};
	s->records++;
	s->bytes += r.key_len + r.len;
	return s->step == REMOVING ? sink->remove(sink->arg, &r, why)
				   : sink->add(sink->arg, &r, why);
}

static int end(struct xfr_stream *s, enum xfr_stream_result result)
{
	s->result = result;
	s->step = END;
	return 0;
}

/* The SOA that begins the stream. */
static int take_first(struct xfr_stream *s, const struct zone_soa *soa, struct err *why)
{
	s->soa = *soa;
	s->step = SECOND;
	if (!s->has_serial || zone_serial_is_after(soa->serial, s->serial))
		return 0;
	/* RFC 1995 2: not newer than ours: the SOA alone says so. */
	if (soa->serial != s->serial)
		return err_set(why, CEN_ERANGE,
			"the primary's serial %u is older than ours, %u: what we have stays (an "
			"update by hand takes it)",
			soa->serial, s->serial);
	return end(s, XFR_STREAM_UNCHANGED);
}

static int begin_delta(struct xfr_stream *s, const struct zone_soa *soa, struct err *why)
{
	if (soa->serial != s->at_serial)
		return bad(why, "a delta does not begin where the one before it ended");
	s->step = REMOVING;
	return 0;
}

static int take_soa(struct xfr_stream *s, const struct zone_soa *soa,
	const struct xfr_stream_sink *sink, struct err *why)
{
	int rc;
	switch ((enum step)s->step) {
	case FIRST:
		return take_first(s, soa, why);
	case SECOND:
		/* A zone of an SOA alone, or the serial of ours from which the first delta leads. */
		rc = sink->begin(sink->arg, !s->has_serial || soa->serial != s->serial, why);
		if (rc)
			return rc;
		if (!s->has_serial || soa->serial != s->serial) {
			s->step = WHOLE;
			return take_soa(s, soa, sink, why);
		}
		s->at_serial = s->serial;
		return begin_delta(s, soa, why);
	case WHOLE:
		return soa->serial == s->soa.serial
			? end(s, XFR_STREAM_WHOLE)
			: bad(why, "it ends with another SOA than it began with");
	case REMOVING:
		if (!zone_serial_is_after(soa->serial, s->at_serial) ||
			zone_serial_is_after(soa->serial, s->soa.serial))
			return bad(why, "a delta does not lead forward");
		s->at_serial = soa->serial;
		s->step = ADDING;
		return 0;
	case ADDING:
		if (s->at_serial == s->soa.serial && soa->serial == s->at_serial)
			return end(s, XFR_STREAM_DELTA);
		return begin_delta(s, soa, why);
	case END:
	default:
		return bad(why, "something follows its end");
	}
}

static int take(
	struct xfr_stream *s, struct rr *rr, const struct xfr_stream_sink *sink, struct err *why)
{
	struct zone_soa soa;
	if (rr->type == TYPE_SOA) {
		if (!dname_equal(&rr->owner, &s->zone) || !read_soa(rr, &soa))
			return bad(why, "an SOA is not the zone's, or malformed");
		return take_soa(s, &soa, sink, why);
	}
	if (s->step == FIRST)
		return bad(why, "it does not begin with an SOA");
	if (s->step == END)
		return bad(why, "something follows its end");
	if (s->step == SECOND) {
		int rc = sink->begin(sink->arg, true, why);
		if (rc)
			return rc;
		s->step = WHOLE;
	}
	return give(s, rr, sink, why);
}

static const char *rcode_word(unsigned rcode)
{
	static const char *const words[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"};
	return rcode < sizeof words / sizeof *words ? words[rcode] : "an unknown error";
}

/* The header, and the question if it is repeated (RFC 5936 2.2.1 and 2.2.2). */
static int read_head(
	struct xfr_stream *s, const uint8_t *wire, size_t len, size_t *at, struct err *why)
{
	struct dname name;
	if (len < WIRE_HEADER || wire_u16(wire) != s->id || !(wire[2] & WIRE_QR) ||
		wire[2] & WIRE_TC || wire[2] >> 3 & 15)
		return bad(why, "a message is not an answer to the request");
	s->rcode = wire[3] & 15;
	if (s->rcode)
		return err_set(why, CEN_EREFUSED, "the primary answers %s", rcode_word(s->rcode));
	unsigned questions = wire_u16(wire + 4);
	*at = WIRE_HEADER;
	if (questions > 1)
		return bad(why, "a message has several questions");
	if (!questions)
		return 0;
	if (!dname_from_packet(wire, len, at, &name) || len - *at < 4 ||
		!dname_equal(&name, &s->zone) ||
		wire_u16(wire + *at) != (s->has_serial ? TYPE_IXFR : TYPE_AXFR) ||
		wire_u16(wire + *at + 2) != CLASS_IN)
		return bad(why, "a message answers another question");
	*at += 4;
	return 0;
}

int xfr_stream_message(struct xfr_stream *s, const uint8_t *wire, size_t len,
	const struct xfr_stream_sink *sink, struct err *why)
{
	size_t at = 0;
	struct rr rr;
	if (s->step == END)
		return bad(why, "something follows its end");
	int rc = read_head(s, wire, len, &at, why);
	if (rc)
		return rc;
	unsigned count = wire_u16(wire + 6);
	s->messages++;
	/* RFC 5936 2.2: an empty message says nothing, and could go on for ever. */
	if (!count)
		return bad(why, "a message has no records");
	for (unsigned i = 0; i < count; i++) {
		rc = read_rr(s, wire, len, &at, &rr, why);
		if (!rc)
			rc = take(s, &rr, sink, why);
		/* Some servers send the whole zone though nothing has changed. */
		if (rc || s->result == XFR_STREAM_UNCHANGED)
			return rc;
	}
	return 0;
}
