/* SPDX-License-Identifier: BSD-2-Clause
 * Rows as in Shadowserver's Sinkhole Events reports (event4_sinkhole, event6_sinkhole): their published fields in their order.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "resolver/evidence/report/report_formats.h"
#include "resolver/evidence/report/report_id.h"
#include "resolver/evidence/report/report_text.h"

/* X(field, SOURCE of its value) */
#define FIELDS(X) \
	X(timestamp, TIME) \
	X(protocol, PROTOCOL) \
	X(src_ip, SRC_IP) \
	X(src_port, SRC_PORT) \
	X(src_asn, NOTHING) \
	X(src_geo, NOTHING) \
	X(src_region, NOTHING) \
	X(src_city, NOTHING) \
	X(src_hostname, NOTHING) \
	X(src_naics, NOTHING) \
	X(src_sector, NOTHING) \
	X(device_vendor, NOTHING) \
	X(device_type, NOTHING) \
	X(device_model, NOTHING) \
	X(severity, SEVERITY) \
	X(dst_ip, DST_IP) \
	X(dst_port, DST_PORT) \
	X(dst_asn, NOTHING) \
	X(dst_geo, NOTHING) \
	X(dst_region, NOTHING) \
	X(dst_city, NOTHING) \
	X(dst_hostname, NOTHING) \
	X(dst_naics, NOTHING) \
	X(dst_sector, NOTHING) \
	X(public_source, ORG) \
	X(infection, INFECTION) \
	X(family, FAMILY) \
	X(tag, TAG) \
	X(application, APPLICATION) \
	X(version, NOTHING) \
	X(event_id, EVENT_ID)

enum source {
	NOTHING,
	TIME,
	PROTOCOL,
	SRC_IP,
	SRC_PORT,
	SEVERITY,
	DST_IP,
	DST_PORT,
	ORG,
	INFECTION,
	FAMILY,
	TAG,
	APPLICATION,
	EVENT_ID,
};

static const struct field {
	const char *name;
	enum source source;
} fields[] = {
#define X(field, source) {#field, source},
	FIELDS(X)
#undef X
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

struct row {
	const struct report_context *context;
	const struct evidence_case *c;
	const struct knock *k;
};

/* In quotes (RFC 4180 2.7). A text that a spreadsheet would run as a formula gets an apostrophe in front; what is not printable
 * ASCII becomes `?`, so that no text leaves its field or its line. */
static void put_text(FILE *out, const char *text, size_t room)
{
	putc('"', out);
	if (*text && strchr("=+-@", *text))
		putc('\'', out);
	for (size_t i = 0; i < room && text[i]; i++) {
		if (text[i] == '"')
			putc('"', out);
		putc(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?', out);
	}
	putc('"', out);
}

/* The last octet of an array is its zero's. */
#define PUT_ARRAY(out, text) put_text((out), (text), sizeof(text) - 1)

/* As Shadowserver writes a time, `2026-11-24 12:00:00`, with the milliseconds that RFC 6302 asks for. */
static void put_time(FILE *out, uint64_t at_ms)
{
	char text[REPORT_TIME_TEXT];
	report_text_time(at_ms, text);
	fprintf(out, "\"%.10s %.12s\"", text, text + 11);
}

static void put_address(FILE *out, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	addr_to_text(a, text);
	PUT_ARRAY(out, text);
}

static void put_tags(FILE *out, const struct row *r)
{
	static const char *const tags[] = {
		[KNOCK_SILENT] = "sinkhole;silent",
		[KNOCK_HTTP] = "sinkhole;http",
		[KNOCK_TLS] = "sinkhole;tls",
		[KNOCK_OTHER] = "sinkhole;other",
	};
	fprintf(out, "\"%s\"", tags[r->k->kind]);
}

static void put_application(FILE *out, const struct row *r)
{
	if (r->k->kind == KNOCK_HTTP)
		fputs("\"http\"", out);
	if (r->k->kind == KNOCK_TLS)
		fputs("\"tls\"", out);
}

/* The same contact has the same id in every export. */
static bool put_event_id(FILE *out, const struct row *r)
{
	char what[ADDR_TEXT_MAX + 48], from[ADDR_TEXT_MAX], id[REPORT_ID_TEXT];
	struct report_context context = *r->context;
	if (!context.domain)
		context.domain = "";
	snprintf(what, sizeof what, "event/%" PRIu64 "/%s", r->k->at_ms,
		addr_endpoint_to_text(&r->k->from, from));
	if (!report_id_case(&context, r->c, NULL, what, id))
		return false;
	fprintf(out, "\"%s\"", id);
	return true;
}

static bool put_field(FILE *out, const struct row *r, enum source source)
{
	switch (source) {
	case NOTHING:
		return true;
	case TIME:
		put_time(out, r->k->at_ms);
		return true;
	case PROTOCOL:
		fputs(r->k->is_udp ? "\"udp\"" : "\"tcp\"", out);
		return true;
	case SRC_IP:
		put_address(out, &r->k->from.addr);
		return true;
	case SRC_PORT:
		fprintf(out, "%u", r->k->from.port);
		return true;
	case SEVERITY:
		fputs("\"critical\"", out); /* as the report's definition has it */
		return true;
	case DST_IP:
		put_address(out, &r->k->to.addr);
		return true;
	case DST_PORT:
		fprintf(out, "%u", r->k->to.port);
		return true;
	case ORG:
		if (r->context->org && *r->context->org)
			put_text(out, r->context->org, strlen(r->context->org));
		return true;
	case INFECTION:
		if (r->c->family_count)
			PUT_ARRAY(out, r->c->families[0]);
		else
			fputs("\"unknown\"", out);
		return true;
	case FAMILY:
		if (r->c->family_count)
			PUT_ARRAY(out, r->c->families[0]);
		return true;
	case TAG:
		put_tags(out, r);
		return true;
	case APPLICATION:
		put_application(out, r);
		return true;
	case EVENT_ID:
		return put_event_id(out, r);
	}
	return true;
}

static bool put_row(FILE *out, const struct row *r)
{
	bool is_done = true;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (i)
			putc(',', out);
		is_done = put_field(out, r, fields[i].source) && is_done;
	}
	putc('\n', out);
	return is_done;
}

int report_shadowserver(const struct report_context *context, const struct evidence_case *cases,
	size_t n, FILE *out)
{
	bool is_done = true;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		fprintf(out, "%s\"%s\"", i ? "," : "", fields[i].name);
	putc('\n', out);
	for (size_t i = 0; i < n; i++) {
		const struct evidence_case *c = &cases[i];
		unsigned knocks = c->state == CASE_FALSE_POSITIVE ? 0 : c->knock_count;
		for (unsigned j = 0; j < knocks && j < CASE_KNOCKS_MAX; j++) {
			struct row row = {context, c, &c->knocks[j]};
			is_done = put_row(out, &row) && is_done;
		}
	}
	return is_done ? 0 : -ENOMEM;
}
