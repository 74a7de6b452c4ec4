/* SPDX-License-Identifier: BSD-2-Clause
 * MISP events, one a case. Pairs of category and type are of the MISP core format's list; the numbers that an instance gives (id of
 * event and attribute) are left to the one that imports.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_formats.h"
#include "resolver/evidence/report/report_id.h"
#include "resolver/evidence/report/report_text.h"

struct event {
	const struct report_context *context;
	const struct evidence_case *c;
	json_t *attributes;
	char timestamp[24]; /* seconds: of the event and of all in it */
};

/* One attribute of category `Network activity`, seen at a time. */
struct attribute {
	const char *type, *value, *comment;
	uint64_t first_ms, last_ms;
	bool is_for_ids; /* may others block it? */
};

/* MISP refuses an event that says the same twice. */
static bool is_there(const struct event *e, const char *uuid)
{
	size_t i;
	json_t *a;
	json_array_foreach(e->attributes, i, a)
	{
		const char *other = json_string_value(json_object_get(a, "uuid"));
		if (other && !strcmp(other, uuid))
			return true;
	}
	return false;
}

static void add(struct event *e, const struct attribute *a)
{
	char what[DNAME_TEXT_MAX + 64], uuid[REPORT_ID_TEXT], first[REPORT_TIME_TEXT],
		last[REPORT_TIME_TEXT];
	snprintf(what, sizeof what, "attribute/%s/%s", a->type, a->value);
	json_t *o = NULL;
	if (report_id_case(e->context, e->c, NULL, what, uuid)) {
		if (is_there(e, uuid))
			return;
		o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:s, s:s, s:s, s:s, s:s}",
			"uuid", uuid, "category", "Network activity", "type", a->type, "value",
			report_text_printable(a->value, DNAME_TEXT_MAX), "comment",
			report_text_printable(a->comment, DNAME_TEXT_MAX), "to_ids", a->is_for_ids,
			"deleted", false, "distribution", "5" /* as the event */,
			"sharing_group_id", "0", "timestamp", e->timestamp, "first_seen",
			report_text_time(a->first_ms, first), "last_seen",
			report_text_time(
				a->last_ms > a->first_ms ? a->last_ms : a->first_ms, last));
	}
	report_text_append(&e->attributes, o);
}

static void add_line(struct event *e, const struct case_line *l)
{
	char name[DNAME_TEXT_MAX], type[REPORT_TYPE_TEXT], comment[64];
	if (l->name.len <= 1)
		return;
	dname_to_text(l->name.bytes, name);
	snprintf(comment, sizeof comment, "%s, asked for %s", cases_kind_name(l->kind),
		report_text_type(l->qtype, type));
	bool is_domain = report_text_is_domain(name);
	/* A name that merely does not exist may be anybody's typing error. */
	add(e,
		&(struct attribute){is_domain ? "domain" : "text", name, comment, l->at_ms,
			l->at_ms,
			is_domain && l->kind != EVIDENCE_NXDOMAIN && l->kind != EVIDENCE_KNOCK});
}

static void add_text(struct event *e, const struct knock *k, const char *type, const char *value,
	const char *comment)
{
	if (*value)
		add(e, &(struct attribute){type, value, comment, k->at_ms, k->at_ms, false});
}

static void add_knock(struct event *e, const struct knock *k)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], value[ADDR_TEXT_MAX + 8], comment[128];
	snprintf(value, sizeof value, "%s|%u", addr_to_text(&k->from.addr, from), k->from.port);
	snprintf(comment, sizeof comment, "contact with the sinkhole %s over %s",
		addr_endpoint_to_text(&k->to, to), k->is_udp ? "UDP" : "TCP");
	add(e, &(struct attribute){"ip-src|port", value, comment, k->at_ms, k->at_ms, false});
	add_text(e, k, "text", k->request_line, "first line of its HTTP request");
	add_text(e, k, report_text_is_domain(k->host) ? "hostname" : "text", k->host, "HTTP Host");
	add_text(e, k, "user-agent", k->user_agent, "HTTP User-Agent");
	add_text(e, k, report_text_is_domain(k->sni) ? "hostname" : "text", k->sni, "TLS SNI");
	/* An old state file may hold what is no MD5. */
	bool is_md5 = strspn(k->ja3, "0123456789abcdef") == 32 && !k->ja3[32];
	add_text(e, k, is_md5 ? "ja3-fingerprint-md5" : "text", k->ja3,
		"JA3 of its TLS ClientHello");
	add_text(e, k, "text", k->ja4, "JA4 of its TLS ClientHello");
}

static json_t *tags_json(const struct evidence_case *c)
{
	json_t *tags = json_array();
	report_text_append(&tags, json_pack("{s:s}", "name", "tlp:amber"));
	report_text_append(
		&tags, json_pack("{s:s}", "name", "rsit:malicious-code=\"infected-system\""));
	for (unsigned i = 0; i < c->family_count && i < CASE_FAMILIES_MAX; i++) {
		char family[CASE_FAMILY_TEXT] = "", tag[CASE_FAMILY_TEXT + 24];
		memcpy(family, c->families[i], CASE_FAMILY_TEXT - 1);
		for (char *f = family; *f; f++)
			if (*f < ' ' || *f > '~' || *f == '"')
				*f = '?';
		snprintf(tag, sizeof tag, "cenote:family=\"%s\"", family);
		report_text_append(&tags, json_pack("{s:s}", "name", tag));
	}
	return tags;
}

static json_t *reporter_json(const struct report_context *c)
{
	char uuid[REPORT_ID_TEXT];
	return json_pack("{s:s, s:o, s:s}", "uuid", report_id_own(c, NULL, "identity", uuid),
		"name", report_text_json(c->org, strlen(c->org) + 1), "id", "0");
}

/* MISP's words for how far the analysis is: 0 initial, 1 ongoing, 2 complete. */
static const char *analysis(const struct evidence_case *c)
{
	switch (c->state) {
	case CASE_OPEN:
		return "0";
	case CASE_ACKNOWLEDGED:
		return "1";
	default:
		return "2";
	}
}

static json_t *attributes_json(struct event *e)
{
	const struct evidence_case *c = e->c;
	char client[REPORT_CLIENT_TEXT];
	e->attributes = json_array();
	add(e,
		&(struct attribute){"ip-src", report_text_client(c, client), "the infected device",
			c->first_ms, c->last_ms, false});
	for (unsigned i = 0; i < c->knock_count && i < CASE_KNOCKS_MAX; i++)
		add_knock(e, &c->knocks[i]);
	for (unsigned i = 0; i < c->line_count && i < CASE_LINES_MAX; i++)
		add_line(e, &c->lines[i]);
	return e->attributes;
}

static json_t *event_json(const struct report_context *context, const struct evidence_case *c)
{
	struct event e = {.context = context, .c = c};
	uint64_t changed_ms = c->changed_ms > c->last_ms ? c->changed_ms : c->last_ms;
	snprintf(e.timestamp, sizeof e.timestamp, "%" PRIu64, changed_ms / 1000);
	char client[REPORT_CLIENT_TEXT], info[256], first[REPORT_TIME_TEXT], uuid[REPORT_ID_TEXT],
		count[24];
	snprintf(info, sizeof info, "Infected device %s%s%.31s", report_text_client(c, client),
		c->family_count ? ": " : "", c->family_count ? c->families[0] : "");
	report_text_time(c->first_ms, first);
	first[10] = 0; /* the day */
	json_t *attributes = attributes_json(&e);
	snprintf(count, sizeof count, "%zu", json_array_size(attributes));
	return json_pack("{s:{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, "
			 "s:o, s:o, s:o}}",
		"Event", "uuid", report_id_case(context, c, NULL, "event", uuid), "info",
		report_text_printable(info, sizeof info), "date", first, "threat_level_id",
		c->knock_total ? "1" : "2", "analysis", analysis(c), "distribution", "0",
		"sharing_group_id", "0", "published", false, "timestamp", e.timestamp,
		"publish_timestamp", "0", "org_id", "0", "orgc_id", "0", "attribute_count", count,
		"Orgc", reporter_json(context), "Attribute", attributes, "Tag", tags_json(c));
}

int report_misp(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out)
{
	json_t *events = json_array();
	for (size_t i = 0; i < n; i++)
		if (cases[i].state != CASE_FALSE_POSITIVE)
			report_text_append(&events, event_json(context, &cases[i]));
	if (json_array_size(events) == 1) {
		json_t *only = json_incref(json_array_get(events, 0));
		json_decref(events);
		return report_page(only, out);
	}
	return report_page(json_pack("{s:o}", "response", events), out);
}
