/* SPDX-License-Identifier: BSD-2-Clause
 * XARF v4, category connection, type infected_host. Names of fields: schemas/v4/xarf-core.json and
 * schemas/v4/types/connection-infected-host.json of the XARF specification.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_digest.h"
#include "resolver/evidence/report/report_formats.h"
#include "resolver/evidence/report/report_id.h"
#include "resolver/evidence/report/report_text.h"

static const char VERSION[] = "4.0.0";
enum { TEXT_MAX = 512 };

static json_t *contact_json(const struct report_context *c)
{
	return json_pack("{s:o, s:o, s:o}", "org", report_text_json(c->org, strlen(c->org) + 1),
		"contact", report_text_printable(c->contact, strlen(c->contact) + 1), "domain",
		report_text_printable(c->domain, strlen(c->domain) + 1));
}

static json_t *evidence_item(
	const char *type, const char *description, const void *bytes, size_t len)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:I}", "content_type", type, "description",
		description, "payload", report_digest_base64(bytes, len), "hash",
		report_digest_sha256(bytes, len), "size", (json_int_t)len);
}

/* The queries that counted, as a table. */
static json_t *queries_item(const struct evidence_case *c)
{
	char *text = NULL, time[REPORT_TIME_TEXT], name[DNAME_TEXT_MAX], type[REPORT_TYPE_TEXT];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	fputs("time,client,name,type,kind,class\n", out);
	char client[REPORT_CLIENT_TEXT];
	report_text_client(c, client);
	for (unsigned i = 0; i < c->line_count && i < CASE_LINES_MAX; i++) {
		const struct case_line *l = &c->lines[i];
		/* A name as text has no quotes and no commas: dname_to_text escapes them. */
		if (l->name.len > 1)
			fprintf(out, "%s,%s,%s,%s,%s,%s\n", report_text_time(l->at_ms, time),
				client, dname_to_text(l->name.bytes, name),
				report_text_type(l->qtype, type), cases_kind_name(l->kind),
				dga_class_name(l->class));
	}
	int failed = ferror(out);
	failed |= fclose(out);
	json_t *item = failed
		? NULL
		: evidence_item("text/csv", "DNS queries of the device that count", text, len);
	free(text);
	return item;
}

static json_t *knock_item(const struct knock *k)
{
	char time[REPORT_TIME_TEXT], from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], description[TEXT_MAX];
	snprintf(description, sizeof description,
		"First octets sent to the sinkhole %s over %s by %s at %s%s%s",
		addr_endpoint_to_text(&k->to, to), k->is_udp ? "UDP" : "TCP",
		addr_endpoint_to_text(&k->from, from), report_text_time(k->at_ms, time),
		*k->ja4 ? "; JA4 " : "", k->ja4);
	return evidence_item("application/octet-stream", description, k->head,
		k->head_len < KNOCK_HEAD_MAX ? k->head_len : KNOCK_HEAD_MAX);
}

static json_t *evidence_json(const struct evidence_case *c)
{
	json_t *items = json_array();
	report_text_append(&items, queries_item(c));
	for (unsigned i = 0; i < c->knock_count && i < CASE_KNOCKS_MAX; i++)
		report_text_append(&items, knock_item(&c->knocks[i]));
	return items;
}

/* `malware:conficker_b`: letters, digits and `_` are taken by every version of the pattern. */
static json_t *tags_json(const struct evidence_case *c)
{
	json_t *tags = json_array();
	report_text_append(&tags, json_string("botnet:infected_host"));
	for (unsigned i = 0; i < c->family_count && i < CASE_FAMILIES_MAX; i++) {
		char tag[16 + CASE_FAMILY_TEXT] = "malware:";
		size_t n = strlen(tag);
		for (const char *f = c->families[i];
			*f && f < c->families[i] + CASE_FAMILY_TEXT - 1; f++) {
			char lower = (char)dname_lower((uint8_t)*f);
			bool is_word =
				(lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
			if (is_word || tag[n - 1] != ':')
				tag[n++] = (char)(is_word ? lower : '_');
		}
		if (tag[n - 1] != ':')
			report_text_append(&tags, json_string(tag));
	}
	return tags;
}

static int set(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value);
}

/* What only a contact with the sinkhole tells: a report names one connection, the last. */
static int set_contact(json_t *o, const struct knock *k)
{
	char to[ADDR_TEXT_MAX];
	int rc = set(o, "destination_ip", json_string(addr_to_text(&k->to.addr, to)));
	if (k->from.port) /* RFC 6302: many share an address */
		rc |= set(o, "source_port", json_integer(k->from.port));
	if (k->to.port)
		rc |= set(o, "destination_port", json_integer(k->to.port));
	if (*k->user_agent)
		rc |= set(o, "user_agent",
			report_text_printable(k->user_agent, sizeof k->user_agent));
	return rc;
}

static int set_family(json_t *o, const struct evidence_case *c)
{
	if (!c->family_count)
		return 0;
	return set(o, "bot_name", report_text_printable(c->families[0], CASE_FAMILY_TEXT)) |
		set(o, "malware_family", report_text_printable(c->families[0], CASE_FAMILY_TEXT));
}

static json_t *case_report(const struct report_context *context, const struct evidence_case *c)
{
	const struct knock *k = c->knock_count ? &c->knocks[c->knock_count - 1] : NULL;
	char id[REPORT_ID_TEXT], at[REPORT_TIME_TEXT], first[REPORT_TIME_TEXT],
		last[REPORT_TIME_TEXT], source[REPORT_CLIENT_TEXT], description[1000];
	report_text_client(c, source);
	snprintf(description, sizeof description,
		"Infected device: %u pieces of evidence, %u contacts with the sinkhole, client %s. "
		"%.700s",
		c->evidence_count, c->knock_total, source, cases_advice(c));
	if (k) /* the address that belongs to the port and the time */
		addr_to_text(&k->from.addr, source);
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, "
		"s:s, s:o, s:o}",
		"xarf_version", VERSION, "report_id", report_id_case_v4(context, c, "report", id),
		"timestamp", report_text_time(k ? k->at_ms : c->last_ms, at), "reporter",
		contact_json(context), "sender", contact_json(context), "source_identifier", source,
		"category", "connection", "type", "infected_host", "evidence_source",
		k ? "honeypot" : "traffic_analysis", "protocol", k && !k->is_udp ? "tcp" : "udp",
		"bot_type", "malicious", "first_seen", report_text_time(c->first_ms, first),
		"last_seen", report_text_time(c->last_ms, last), "confidence", cases_confidence(c),
		"description", description, "evidence", evidence_json(c), "tags", tags_json(c));
	if (o && (set_family(o, c) || (k && set_contact(o, k)))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

int report_xarf(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (cases[i].state != CASE_FALSE_POSITIVE)
			rc = report_line(case_report(context, &cases[i]), out);
	return rc;
}
