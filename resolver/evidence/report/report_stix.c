/* SPDX-License-Identifier: BSD-2-Clause
 * A STIX 2.1 bundle. For each case: the client, the names and the traffic as cyber-observables, observed-data about them, the malware,
 * its sighting, and an indicator for each name that a family's program or a list gives away.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_formats.h"
#include "resolver/evidence/report/report_id.h"
#include "resolver/evidence/report/report_text.h"

/* What is the same in every report (its reporter, a family) was made at the same time in every report. */
static const char EVER[] = "2026-11-01T00:00:00.000Z";
/* TLP:AMBER, defined by the specification (7.2.1.4): a case names a customer. */
static const char MARKING[] = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";

enum { COUNT_MAX = 999999999 }; /* number_observed, count */

/* Every add_ function borrows the texts, and gives up by making `objects` NULL. */
struct bundle {
	const struct report_context *context;
	json_t *objects;
	json_t *ids; /* of what is in: two cases may share a name or a family */
	char reporter[REPORT_ID_TEXT];
};

static void give_up(struct bundle *b)
{
	json_decref(b->objects);
	b->objects = NULL;
}

/* Takes `o`. */
static void add(struct bundle *b, json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	if (id && json_object_get(b->ids, id)) {
		json_decref(o);
		return;
	}
	if (!id || json_object_set_new(b->ids, id, json_true()))
		give_up(b);
	report_text_append(&b->objects, o);
}

/* An observable and its id to `id`; takes `properties`, all of which contribute to the id. False when memory is short. */
static bool add_observable(
	struct bundle *b, const char *type, json_t *properties, char id[static REPORT_ID_TEXT])
{
	bool is_made = properties && report_id_observable(type, properties, id) &&
		json_object_set_new(properties, "type", json_string(type)) == 0 &&
		json_object_set_new(properties, "spec_version", json_string("2.1")) == 0 &&
		json_object_set_new(properties, "id", json_string(id)) == 0;
	if (!is_made) {
		json_decref(properties);
		properties = NULL;
	}
	add(b, properties);
	return is_made;
}

/* What every other object of a case has. Takes `o`, gives it back; NULL when memory is short. */
static json_t *own_object(struct bundle *b, const char *type, const char *id, const char *created,
	const char *modified, json_t *o)
{
	json_t *common = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s]}", "type", type,
		"spec_version", "2.1", "id", id, "created_by_ref", b->reporter, "created", created,
		"modified", modified, "object_marking_refs", MARKING);
	if (!common || !o || json_object_update(o, common)) {
		json_decref(o);
		o = NULL;
	}
	json_decref(common);
	return o;
}

static json_t *case_object(struct bundle *b, const struct evidence_case *c, const char *type,
	const char *what, json_t *o)
{
	char id[REPORT_ID_TEXT], created[REPORT_TIME_TEXT], modified[REPORT_TIME_TEXT];
	uint64_t changed_ms = c->changed_ms > c->last_ms ? c->changed_ms : c->last_ms;
	return own_object(b, type, report_id_case(b->context, c, type, what, id),
		report_text_time(c->opened_ms, created),
		report_text_time(changed_ms > c->opened_ms ? changed_ms : c->opened_ms, modified),
		o);
}

static bool add_address(
	struct bundle *b, const struct addr *a, const char *text, char id[static REPORT_ID_TEXT])
{
	return add_observable(b, addr_is_v4(a) ? "ipv4-addr" : "ipv6-addr",
		json_pack("{s:s}", "value", text), id);
}

/* A domain-name has letters, digits, `-` and `_` only (RFC 1034 3.5, RFC 5890): what else was asked for stays out. */
static bool is_domain(const struct case_line *l, char text[static DNAME_TEXT_MAX])
{
	return l->name.len > 1 && report_text_is_domain(dname_to_text(l->name.bytes, text));
}

/* The names that were asked for, as one observation. */
static json_t *add_queries(
	struct bundle *b, const struct evidence_case *c, const char *client, json_t *observed)
{
	char name[DNAME_TEXT_MAX], id[REPORT_ID_TEXT], first[REPORT_TIME_TEXT],
		last[REPORT_TIME_TEXT];
	json_t *refs = json_array();
	report_text_append(&refs, json_string(client));
	for (unsigned i = 0; i < c->line_count && i < CASE_LINES_MAX; i++) {
		if (!is_domain(&c->lines[i], name))
			continue;
		bool is_made =
			add_observable(b, "domain-name", json_pack("{s:s}", "value", name), id);
		report_text_append(&refs, is_made ? json_string(id) : NULL);
	}
	uint64_t last_ms = c->last_ms > c->first_ms ? c->last_ms : c->first_ms;
	uint32_t count = c->evidence_count < COUNT_MAX ? c->evidence_count : COUNT_MAX;
	json_t *o = case_object(b, c, "observed-data", "queries",
		json_pack("{s:s, s:s, s:I, s:o}", "first_observed",
			report_text_time(c->first_ms, first), "last_observed",
			report_text_time(last_ms, last), "number_observed",
			(json_int_t)(count ? count : 1), "object_refs", refs));
	report_text_append(&observed, o ? json_incref(json_object_get(o, "id")) : NULL);
	add(b, o);
	return observed;
}

static json_t *traffic(
	const struct knock *k, const char *from_id, const char *to_id, const char *start)
{
	json_t *protocols = json_array();
	report_text_append(&protocols, json_string(addr_is_v4(&k->from.addr) ? "ipv4" : "ipv6"));
	report_text_append(&protocols, json_string(k->is_udp ? "udp" : "tcp"));
	if (k->kind == KNOCK_HTTP || k->kind == KNOCK_TLS)
		report_text_append(&protocols, json_string(k->kind == KNOCK_HTTP ? "http" : "tls"));
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "start", start, "src_ref", from_id,
		"dst_ref", to_id, "src_port", (int)k->from.port, "dst_port", (int)k->to.port,
		"protocols", protocols);
}

static json_t *add_knock(
	struct bundle *b, const struct evidence_case *c, const struct knock *k, json_t *observed)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], at[REPORT_TIME_TEXT], from_id[REPORT_ID_TEXT],
		to_id[REPORT_ID_TEXT], id[REPORT_ID_TEXT];
	report_text_time(k->at_ms, at);
	bool is_made = add_address(b, &k->from.addr, addr_to_text(&k->from.addr, from), from_id) &&
		add_address(b, &k->to.addr, addr_to_text(&k->to.addr, to), to_id) &&
		add_observable(b, "network-traffic", traffic(k, from_id, to_id, at), id);
	json_t *o = !is_made ? NULL
			     : case_object(b, c, "observed-data", id,
				       json_pack("{s:s, s:s, s:i, s:[s, s, s]}", "first_observed",
					       at, "last_observed", at, "number_observed", 1,
					       "object_refs", id, from_id, to_id));
	report_text_append(&observed, o ? json_incref(json_object_get(o, "id")) : NULL);
	add(b, o);
	return observed;
}

/* The surest family; without one, malware of which no more is known. */
static void add_malware(
	struct bundle *b, const struct evidence_case *c, char id[static REPORT_ID_TEXT])
{
	char what[CASE_FAMILY_TEXT + 16] = "malware/", family[CASE_FAMILY_TEXT] = "";
	if (c->family_count)
		memcpy(family, c->families[0], CASE_FAMILY_TEXT - 1);
	strncat(what, family, CASE_FAMILY_TEXT);
	json_t *name = *family ? report_text_printable(family, sizeof family)
			       : json_string("bot of no known family");
	json_t *o = json_pack("{s:o, s:b, s:[s]}", "name", name, "is_family", *family != 0,
		"malware_types", "bot");
	add(b,
		own_object(b, "malware", report_id_own(b->context, "malware", what, id), EVER, EVER,
			o));
}

static void add_indicator(struct bundle *b, const struct evidence_case *c,
	const struct case_line *l, const char *name, const char *malware)
{
	char id[REPORT_ID_TEXT], what[DNAME_TEXT_MAX + 16], pattern[DNAME_TEXT_MAX + 32],
		from[REPORT_TIME_TEXT];
	/* The name is one for add_domain: no quote and no backslash in it. */
	snprintf(pattern, sizeof pattern, "[domain-name:value = '%s']", name);
	snprintf(what, sizeof what, "indicator/%s", name);
	if (!report_id_case(b->context, c, "indicator", what, id)) {
		give_up(b);
		return;
	}
	add(b,
		case_object(b, c, "indicator", what,
			json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "name", name, "pattern", pattern,
				"pattern_type", "stix", "valid_from",
				report_text_time(l->at_ms, from), "indicator_types",
				"malicious-activity")));
	snprintf(what, sizeof what, "indicates/%s", name);
	add(b,
		case_object(b, c, "relationship", what,
			json_pack("{s:s, s:s, s:s}", "relationship_type", "indicates", "source_ref",
				id, "target_ref", malware)));
}

/* A name that merely does not exist may be anybody's typing error: it is no indicator. */
static bool is_indicator(const struct case_line *l)
{
	return l->kind == EVIDENCE_CALENDAR || l->kind == EVIDENCE_LISTED ||
		l->kind == EVIDENCE_MEETING;
}

static void add_case(struct bundle *b, const struct evidence_case *c)
{
	char text[REPORT_CLIENT_TEXT], client[REPORT_ID_TEXT] = "", malware[REPORT_ID_TEXT] = "",
				       first[REPORT_TIME_TEXT], last[REPORT_TIME_TEXT],
				       name[DNAME_TEXT_MAX];
	json_t *observed = json_array();
	add_address(b, &c->client, report_text_client(c, text), client);
	observed = add_queries(b, c, client, observed);
	for (unsigned i = 0; i < c->knock_count && i < CASE_KNOCKS_MAX; i++)
		observed = add_knock(b, c, &c->knocks[i], observed);
	add_malware(b, c, malware);
	for (unsigned i = 0; i < c->line_count && i < CASE_LINES_MAX; i++)
		if (is_indicator(&c->lines[i]) && is_domain(&c->lines[i], name))
			add_indicator(b, c, &c->lines[i], name, malware);
	uint32_t count = c->evidence_count < COUNT_MAX ? c->evidence_count : COUNT_MAX;
	add(b,
		case_object(b, c, "sighting", "sighting",
			json_pack("{s:s, s:s, s:I, s:i, s:s, s:s, s:o, s:[s]}", "sighting_of_ref",
				malware, "description", cases_advice(c), "count", (json_int_t)count,
				"confidence", (int)(cases_confidence(c) * 100), "first_seen",
				report_text_time(c->first_ms, first), "last_seen",
				report_text_time(
					c->last_ms > c->first_ms ? c->last_ms : c->first_ms, last),
				"observed_data_refs", observed, "where_sighted_refs",
				b->reporter)));
}

static json_t *reporter_json(const struct bundle *b)
{
	const struct report_context *c = b->context;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "type", "identity",
		"spec_version", "2.1", "id", b->reporter, "created", EVER, "modified", EVER, "name",
		report_text_json(c->org, strlen(c->org) + 1), "identity_class", "organization",
		"contact_information", report_text_json(c->contact, strlen(c->contact) + 1));
}

int report_stix(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out)
{
	struct bundle b = {context, json_array(), json_object(), ""};
	if (report_id_own(context, "identity", "identity", b.reporter))
		add(&b, reporter_json(&b));
	else
		give_up(&b);
	char id[REPORT_ID_TEXT], content[2 * REPORT_ID_TEXT] = "bundle";
	for (size_t i = 0; i < n; i++) {
		if (cases[i].state == CASE_FALSE_POSITIVE)
			continue;
		add_case(&b, &cases[i]);
		/* The bundle is known again by the cases that are in it, in their order. */
		if (report_id_case(context, &cases[i], NULL, content, id))
			snprintf(content, sizeof content, "bundle/%s", id);
	}
	json_decref(b.ids);
	return report_page(
		json_pack("{s:s, s:s, s:o}", "type", "bundle", "id",
			report_id_own(context, "bundle", content, id), "objects", b.objects),
		out);
}
