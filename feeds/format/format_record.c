/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/format_record.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/wire.h"

/* What ldns writes in front of the data: the root as owner, type, class, TTL, length. */
enum { HEAD = 11, NAME_MAX_LEN = 16 };

uint16_t format_record_type(struct format_text name)
{
	char text[NAME_MAX_LEN];
	if (format_is(name, "CNAME")) /* nearly all of them */
		return TYPE_CNAME;
	if (!name.len || name.len >= sizeof text || memchr(name.at, 0, name.len))
		return 0;
	memcpy(text, name.at, name.len);
	text[name.len] = 0;
	return (uint16_t)ldns_get_rr_type_by_name(text);
}

/* Whose text the library reads well; of others it leaks what is not well formed. Any may be given by number of octets (RFC 3597 5). */
static bool is_readable(uint16_t type, struct format_text data)
{
	static const uint16_t types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_MX,
		LDNS_RR_TYPE_TXT, LDNS_RR_TYPE_PTR, LDNS_RR_TYPE_SRV, LDNS_RR_TYPE_SVCB,
		LDNS_RR_TYPE_HTTPS, LDNS_RR_TYPE_CAA, LDNS_RR_TYPE_SOA, LDNS_RR_TYPE_HINFO,
		LDNS_RR_TYPE_NAPTR, LDNS_RR_TYPE_TLSA, LDNS_RR_TYPE_SSHFP, LDNS_RR_TYPE_URI,
		LDNS_RR_TYPE_SPF, LDNS_RR_TYPE_RP};
	if (format_begins(data, "\\#"))
		return true;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* The library takes some records with too few fields. */
static bool is_whole(const ldns_rr *rr)
{
	const ldns_rr_descriptor *d = ldns_rr_descript((uint16_t)ldns_rr_get_type(rr));
	if (ldns_rr_rd_count(rr) < ldns_rr_descriptor_minimum(d))
		return false;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		if (!ldns_rr_rdf(rr, i))
			return false;
	return true;
}

static enum format_skip to_wire(const ldns_rr *rr, uint16_t type, struct format_record *out)
{
	uint8_t *wire = NULL;
	size_t len = 0;
	enum format_skip reason = FORMAT_MALFORMED;
	if (is_whole(rr) && !ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len) && len >= HEAD &&
		(size_t)wire_u16(wire + HEAD - 2) == len - HEAD && wire_u16(wire + 1) == type) {
		reason = len - HEAD > sizeof out->data ? FORMAT_TOO_LONG : FORMAT_TAKEN;
		out->type = type;
		out->len = 0;
		if (reason == FORMAT_TAKEN) {
			out->len = (uint16_t)(len - HEAD);
			memcpy(out->data, wire + HEAD, out->len);
		}
	}
	free(wire);
	return reason;
}

enum format_skip format_record_read(const struct dname *origin, uint16_t type,
	struct format_text data, struct format_record *out)
{
	char text[FORMAT_LINE_MAX + 64];
	if (data.len > FORMAT_LINE_MAX)
		return FORMAT_TOO_LONG;
	if (!type || memchr(data.at, 0, data.len) || memchr(data.at, '\n', data.len))
		return FORMAT_MALFORMED;
	if (!is_readable(type, data))
		return FORMAT_UNSUPPORTED;
	int n = snprintf(text, sizeof text, ". 0 IN TYPE%u ", type);
	memcpy(text + n, data.at, data.len);
	text[(size_t)n + data.len] = 0;
	ldns_rdf *base = ldns_dname_new_frm_data(origin->len, origin->bytes);
	ldns_rr *rr = NULL;
	enum format_skip reason = FORMAT_MALFORMED;
	if (base && !ldns_rr_new_frm_str(&rr, text, 0, base, NULL) && rr)
		reason = to_wire(rr, type, out);
	ldns_rr_free(rr);
	ldns_rdf_deep_free(base);
	return reason;
}

void format_record_address(struct detail_writer *w, const struct addr *a, uint32_t ttl_s)
{
	if (addr_is_v4(a))
		detail_put_record(w, TYPE_A, ttl_s, a->bytes + 12, 4);
	else
		detail_put_record(w, TYPE_AAAA, ttl_s, a->bytes, sizeof a->bytes);
}
