/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/report/report_json.h"

#include "resolver/evidence/report/report_text.h"

static json_t *time_json(uint64_t at_ms)
{
	char text[REPORT_TIME_TEXT];
	return json_string(report_text_time(at_ms, text));
}

static json_t *address_json(const struct addr *a)
{
	static const struct addr nobody = {{0}};
	char text[ADDR_TEXT_MAX];
	return addr_equal(a, &nobody) ? json_null() : json_string(addr_to_text(a, text));
}

static json_t *hex_json(const uint8_t *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	char text[2 * KNOCK_HEAD_MAX];
	len = len < KNOCK_HEAD_MAX ? len : KNOCK_HEAD_MAX;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = hex[bytes[i] >> 4];
		text[2 * i + 1] = hex[bytes[i] & 15];
	}
	return json_stringn(text, 2 * len);
}

static json_t *line_json(const struct case_line *l)
{
	char name[DNAME_TEXT_MAX], type[REPORT_TYPE_TEXT];
	return json_pack("{s:o, s:s?, s:s?, s:s, s:s, s:i, s:i}", "time", time_json(l->at_ms),
		"name", l->name.len > 1 ? dname_to_text(l->name.bytes, name) : NULL, "type",
		l->qtype ? report_text_type(l->qtype, type) : NULL, "kind",
		cases_kind_name(l->kind), "class", dga_class_name(l->class), "score", (int)l->score,
		"llr", (int)l->llr);
}

static json_t *knock_json(const struct knock *k)
{
	static const char *const kinds[] = {
#define X(symbol, name) [KNOCK_##symbol] = (name),
		KNOCK_KINDS(X)
#undef X
	};
	return json_pack(
		"{s:o, s:o, s:o, s:s, s:o, s:i, s:o, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"asker", k->has_token ? address_json(&k->asker) : json_null(), "rule",
		k->has_token ? report_text_printable(k->rule, sizeof k->rule) : json_null(), "time",
		time_json(k->at_ms), "protocol", k->is_udp ? "udp" : "tcp", "source",
		address_json(&k->from.addr), "source_port", (int)k->from.port, "destination",
		address_json(&k->to.addr), "destination_port", (int)k->to.port, "kind",
		kinds[k->kind], "request_line",
		report_text_printable(k->request_line, sizeof k->request_line), "host",
		report_text_printable(k->host, sizeof k->host), "user_agent",
		report_text_printable(k->user_agent, sizeof k->user_agent), "sni",
		report_text_printable(k->sni, sizeof k->sni), "ja3",
		report_text_printable(k->ja3, sizeof k->ja3), "ja4",
		report_text_printable(k->ja4, sizeof k->ja4), "first_bytes",
		hex_json(k->head, k->head_len));
}

static json_t *unsealed_json(const struct evidence_case *c)
{
	return c->unsealed_count ? json_pack("{s:I, s:o}", "count", (json_int_t)c->unsealed_count,
					   "last", time_json(c->unsealed_ms))
				 : json_null();
}

json_t *report_case_json(const struct evidence_case *c)
{
	char room[REPORT_CLIENT_TEXT];
	const char *client = report_text_client(c, room);
	json_t *families = json_array(), *lines = json_array(), *knocks = json_array();
	for (unsigned i = 0; i < c->family_count && i < CASE_FAMILIES_MAX; i++)
		report_text_append(
			&families, report_text_printable(c->families[i], CASE_FAMILY_TEXT));
	for (unsigned i = 0; i < c->line_count && i < CASE_LINES_MAX; i++)
		report_text_append(&lines, line_json(&c->lines[i]));
	for (unsigned i = 0; i < c->knock_count && i < CASE_KNOCKS_MAX; i++)
		report_text_append(&knocks, knock_json(&c->knocks[i]));
	return json_pack(
		"{s:I, s:s?, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:i, s:I, s:I, s:I, s:o, s:s, "
		"s:o, s:o}",
		"id", (json_int_t)c->id, "client", *client ? client : NULL, "unsealed",
		unsealed_json(c), "state", cases_state_name(c->state), "first_seen",
		time_json(c->first_ms), "last_seen", time_json(c->last_ms), "opened",
		time_json(c->opened_ms), "changed", time_json(c->changed_ms), "families", families,
		"confidence", cases_confidence(c), "sum", (int)c->sum, "evidence_count",
		(json_int_t)c->evidence_count, "sinkholed_count", (json_int_t)c->sinkholed_count,
		"contact_count", (json_int_t)c->knock_total, "note",
		report_text_json(c->note, sizeof c->note), "what_to_do", cases_advice(c),
		"evidence", lines, "contacts", knocks);
}
