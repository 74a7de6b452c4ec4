/* SPDX-License-Identifier: BSD-2-Clause
 * A case back from JSON. The file it comes from may be damaged, or made by somebody else: every value is bounded before it is used.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_json.h"
#include "resolver/evidence/report/report_text.h"

/* Where in the case the reader is, for its sentences. */
struct part {
	const json_t *object;
	const char *name; /* "case", "evidence", "contact" */
	size_t number; /* from 1 on; 0 for the case itself */
	struct err *why;
};

static int wrong(const struct part *p, int code, const char *key, const char *should)
{
	if (p->number)
		return err_set(p->why, code, "case: %s %zu: `%s` must be %s", p->name, p->number,
			key, should);
	return err_set(p->why, code, "case: `%s` must be %s", key, should);
}

static int take_number(
	const struct part *p, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const json_t *v = json_object_get(p->object, key);
	char should[96];
	snprintf(should, sizeof should, "a whole number from %" PRId64 " to %" PRId64, min, max);
	if (!json_is_integer(v))
		return wrong(p, CEN_EFORMAT, key, should);
	int64_t n = json_integer_value(v);
	if (n < min || n > max)
		return wrong(p, CEN_ERANGE, key, should);
	*out = n;
	return 0;
}

static int take_u32(const struct part *p, const char *key, uint32_t min, uint32_t *out)
{
	int64_t n = 0;
	int rc = take_number(p, key, min, UINT32_MAX, &n);
	*out = (uint32_t)n;
	return rc;
}

static int take_milli(const struct part *p, const char *key, int32_t *out)
{
	int64_t n = 0;
	int rc = take_number(p, key, INT32_MIN, INT32_MAX, &n);
	*out = (int32_t)n;
	return rc;
}

static int take_port(const struct part *p, const char *key, uint16_t *out)
{
	int64_t n = 0;
	int rc = take_number(p, key, 0, UINT16_MAX, &n);
	*out = (uint16_t)n;
	return rc;
}

/* NULL when it is no text, or one with a zero in it. */
static const char *text_of(const json_t *v)
{
	const char *text = json_string_value(v);
	return text && strlen(text) == json_string_length(v) ? text : NULL;
}

static int take_text(const struct part *p, const char *key, char *out, size_t room)
{
	const char *text = text_of(json_object_get(p->object, key));
	char should[64];
	snprintf(should, sizeof should, "a text of at most %zu octets", room - 1);
	if (!text || strlen(text) >= room)
		return wrong(p, text ? CEN_ERANGE : CEN_EFORMAT, key, should);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static int take_printable(const struct part *p, const char *key, char *out, size_t room)
{
	int rc = take_text(p, key, out, room);
	if (rc == 0 && !is_printable(out))
		rc = wrong(p, CEN_EFORMAT, key, "printable ASCII");
	return rc;
}

static int take_time(const struct part *p, const char *key, uint64_t *out)
{
	const char *text = text_of(json_object_get(p->object, key));
	if (!text || !report_text_time_read(text, out))
		return wrong(p, CEN_EFORMAT, key, "a time like 2026-11-24T12:00:00.123Z");
	return 0;
}

static int take_address(const struct part *p, const char *key, struct addr *out)
{
	const char *text = text_of(json_object_get(p->object, key));
	if (!text || addr_from_text(text, out))
		return wrong(p, CEN_EFORMAT, key, "an IPv4 or IPv6 address");
	return 0;
}

/* One of `n` words; its number. */
static int take_word(
	const struct part *p, const char *key, const char *const *words, unsigned n, unsigned *out)
{
	const char *text = text_of(json_object_get(p->object, key));
	char should[128] = "one of";
	for (unsigned i = 0; i < n; i++) {
		if (text && !strcmp(text, words[i])) {
			*out = i;
			return 0;
		}
		size_t len = strlen(should);
		snprintf(should + len, sizeof should - len, " %s", words[i]);
	}
	return wrong(p, CEN_EFORMAT, key, should);
}

static int take_state(const struct part *p, enum case_state *out)
{
	static const char *const words[] = {
#define X(symbol, name) [CASE_##symbol] = (name),
		CASE_STATES(X)
#undef X
	};
	unsigned i = 0;
	int rc = take_word(p, "state", words, CASE_STATE_COUNT, &i);
	*out = (enum case_state)i;
	return rc;
}

static int take_kinds(const struct part *p, struct case_line *l)
{
	static const char *const words[] = {
#define X(symbol, name) [EVIDENCE_##symbol] = (name),
		EVIDENCE_KINDS(X)
#undef X
	};
	const char *classes[DGA_CLASSES];
	for (unsigned i = 0; i < DGA_CLASSES; i++)
		classes[i] = dga_class_name((enum dga_class)i);
	unsigned kind = 0, class = 0;
	int rc = take_word(p, "kind", words, EVIDENCE_KIND_COUNT, &kind);
	if (rc == 0)
		rc = take_word(p, "class", classes, DGA_CLASSES, &class);
	l->kind = (enum evidence_kind)kind;
	l->class = (enum dga_class) class;
	return rc;
}

static int take_name(const struct part *p, struct dname *out)
{
	const json_t *v = json_object_get(p->object, "name");
	const char *text = v && !json_is_null(v) ? text_of(v) : ".";
	/* Only what dname_to_text writes: no UTF-8 for libidn2 to look at. */
	if (!text || strlen(text) >= DNAME_TEXT_MAX || !is_printable(text) ||
		dname_from_text(text, strlen(text), out))
		return wrong(p, CEN_EFORMAT, "name", "a domain name or null");
	return 0;
}

static int take_type(const struct part *p, uint16_t *out)
{
	const json_t *v = json_object_get(p->object, "type");
	*out = 0;
	if (!v || json_is_null(v))
		return 0;
	const char *text = text_of(v);
	*out = text ? report_text_type_read(text) : 0;
	return *out ? 0
		    : wrong(p, CEN_EFORMAT, "type", "a query type like AAAA or TYPE65, or null");
}

static int take_line(const struct part *p, struct case_line *l)
{
	int rc = take_time(p, "time", &l->at_ms);
	if (rc == 0)
		rc = take_kinds(p, l);
	if (rc == 0)
		rc = take_name(p, &l->name);
	if (rc == 0)
		rc = take_type(p, &l->qtype);
	if (rc == 0)
		rc = take_milli(p, "score", &l->score);
	if (rc == 0)
		rc = take_milli(p, "llr", &l->llr);
	return rc;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_head(const struct part *p, struct knock *k)
{
	const char *text = text_of(json_object_get(p->object, "first_bytes"));
	size_t len = text ? strlen(text) : 1;
	if (len % 2 || len > sizeof k->head * 2)
		return wrong(p, CEN_EFORMAT, "first_bytes", "at most 1024 octets in hexadecimal");
	for (size_t i = 0; i < len / 2; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return wrong(p, CEN_EFORMAT, "first_bytes", "in lower-case hexadecimal");
		k->head[i] = (uint8_t)(high << 4 | low);
	}
	k->head_len = (uint16_t)(len / 2);
	return 0;
}

static int take_knock_texts(const struct part *p, struct knock *k)
{
	const struct {
		const char *key;
		char *to;
		size_t room;
	} texts[] = {
		{"request_line", k->request_line, sizeof k->request_line},
		{"host", k->host, sizeof k->host},
		{"user_agent", k->user_agent, sizeof k->user_agent},
		{"sni", k->sni, sizeof k->sni},
		{"ja3", k->ja3, sizeof k->ja3},
		{"ja4", k->ja4, sizeof k->ja4},
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof texts / sizeof *texts; i++)
		rc = take_printable(p, texts[i].key, texts[i].to, texts[i].room);
	return rc;
}

static int take_knock(const struct part *p, struct knock *k)
{
	static const char *const protocols[] = {"tcp", "udp"},
				 *const kinds[] = {
#define X(symbol, name) [KNOCK_##symbol] = (name),
					 KNOCK_KINDS(X)
#undef X
				 };
	unsigned protocol = 0, kind = 0;
	int rc = take_time(p, "time", &k->at_ms);
	if (rc == 0)
		rc = take_word(p, "protocol", protocols, 2, &protocol);
	if (rc == 0)
		rc = take_word(p, "kind", kinds, KNOCK_KIND_COUNT, &kind);
	if (rc == 0)
		rc = take_address(p, "source", &k->from.addr);
	if (rc == 0)
		rc = take_port(p, "source_port", &k->from.port);
	if (rc == 0)
		rc = take_address(p, "destination", &k->to.addr);
	if (rc == 0)
		rc = take_port(p, "destination_port", &k->to.port);
	if (rc == 0)
		rc = take_knock_texts(p, k);
	if (rc == 0)
		rc = take_head(p, k);
	k->is_udp = protocol == 1;
	k->kind = (enum knock_kind)kind;
	return rc;
}

/* An array of at most `max`; its length. */
static int take_array(
	const struct part *p, const char *key, size_t max, const json_t **out, uint8_t *n)
{
	char should[64];
	snprintf(should, sizeof should, "an array of at most %zu", max);
	*out = json_object_get(p->object, key);
	if (!json_is_array(*out) || json_array_size(*out) > max)
		return wrong(p, CEN_EFORMAT, key, should);
	*n = (uint8_t)json_array_size(*out);
	return 0;
}

static int take_families(const struct part *p, struct evidence_case *c)
{
	const json_t *a;
	int rc = take_array(p, "families", CASE_FAMILIES_MAX, &a, &c->family_count);
	for (size_t i = 0; rc == 0 && i < c->family_count; i++) {
		const char *text = text_of(json_array_get(a, i));
		if (!text || !*text || strlen(text) >= CASE_FAMILY_TEXT || !is_printable(text))
			rc = wrong(p, CEN_EFORMAT, "families",
				"words of at most 31 printable characters");
		else
			memcpy(c->families[i], text, strlen(text) + 1);
	}
	return rc;
}

static int take_lists(const struct part *p, struct evidence_case *c)
{
	const json_t *a;
	int rc = take_families(p, c);
	if (rc == 0)
		rc = take_array(p, "evidence", CASE_LINES_MAX, &a, &c->line_count);
	for (size_t i = 0; rc == 0 && i < c->line_count; i++) {
		struct part line = {json_array_get(a, i), "evidence", i + 1, p->why};
		rc = take_line(&line, &c->lines[i]);
	}
	if (rc == 0)
		rc = take_array(p, "contacts", CASE_KNOCKS_MAX, &a, &c->knock_count);
	for (size_t i = 0; rc == 0 && i < c->knock_count; i++) {
		struct part knock = {json_array_get(a, i), "contact", i + 1, p->why};
		rc = take_knock(&knock, &c->knocks[i]);
	}
	return rc;
}

static int take_client(const struct part *p, struct evidence_case *c)
{
	const char *text = text_of(json_object_get(p->object, "client"));
	struct addr_prefix prefix;
	if (!text || addr_prefix_from_text(text, &prefix))
		return wrong(p, CEN_EFORMAT, "client", "an address or a prefix");
	c->client = prefix.addr;
	c->client_bits = prefix.bits;
	return 0;
}

static int take_times(const struct part *p, struct evidence_case *c)
{
	int rc = take_time(p, "first_seen", &c->first_ms);
	if (rc == 0)
		rc = take_time(p, "last_seen", &c->last_ms);
	if (rc == 0)
		rc = take_time(p, "opened", &c->opened_ms);
	if (rc == 0)
		rc = take_time(p, "changed", &c->changed_ms);
	return rc;
}

static int take_case(const struct part *p, struct evidence_case *c)
{
	int64_t id = 0;
	int rc = take_number(p, "id", 1, INT64_MAX, &id);
	c->id = (uint64_t)id;
	if (rc == 0)
		rc = take_client(p, c);
	if (rc == 0)
		rc = take_state(p, &c->state);
	if (rc == 0)
		rc = take_times(p, c);
	if (rc == 0)
		rc = take_milli(p, "sum", &c->sum);
	if (rc == 0)
		rc = take_text(p, "note", c->note, sizeof c->note);
	if (rc == 0)
		rc = take_lists(p, c);
	/* Fewer in all than are shown: the numbers do not belong together. */
	if (rc == 0)
		rc = take_u32(p, "evidence_count", c->line_count, &c->evidence_count);
	if (rc == 0)
		rc = take_u32(p, "sinkholed_count", 0, &c->sinkholed_count);
	if (rc == 0)
		rc = take_u32(p, "contact_count", c->knock_count, &c->knock_total);
	return rc;
}

int report_case_from_json(const json_t *o, struct evidence_case *out, struct err *why)
{
	if (!json_is_object(o))
		return err_set(why, CEN_EFORMAT, "case: it must be a JSON object");
	struct evidence_case *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(why, -ENOMEM, "case: no memory");
	struct part whole = {o, "case", 0, why};
	int rc = take_case(&whole, c);
	if (rc == 0)
		*out = *c;
	free(c);
	return rc;
}
