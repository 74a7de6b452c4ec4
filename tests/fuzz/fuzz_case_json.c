/* SPDX-License-Identifier: BSD-2-Clause
 * A case from any JSON: what is taken is within its bounds, and written and read again is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/report/report_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_bounds(const struct evidence_case *c)
{
	must(c->id >= 1 && c->client_bits <= 128 && c->state < CASE_STATE_COUNT);
	must(c->family_count <= CASE_FAMILIES_MAX && c->line_count <= CASE_LINES_MAX &&
		c->knock_count <= CASE_KNOCKS_MAX);
	must(c->evidence_count >= c->line_count && c->knock_total >= c->knock_count);
	must(memchr(c->note, 0, sizeof c->note));
	for (size_t i = 0; i < c->family_count; i++)
		must(c->families[i][0] && memchr(c->families[i], 0, CASE_FAMILY_TEXT));
	for (size_t i = 0; i < c->line_count; i++) {
		const struct case_line *l = &c->lines[i];
		struct dname name;
		must(l->kind < EVIDENCE_KIND_COUNT && l->class < DGA_CLASSES);
		must(dname_from_wire(l->name.bytes, l->name.len, &name) == l->name.len);
		must(dname_equal(&name, &l->name));
	}
	for (size_t i = 0; i < c->knock_count; i++) {
		const struct knock *k = &c->knocks[i];
		must(k->kind < KNOCK_KIND_COUNT && k->head_len <= KNOCK_HEAD_MAX);
		must(memchr(k->host, 0, sizeof k->host) && memchr(k->ja4, 0, sizeof k->ja4));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	json_t *o = json_loadb((const char *)bytes, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	struct evidence_case *c = malloc(2 * sizeof *c);
	struct err why = {""};
	must(c != NULL);
	if (report_case_from_json(o, &c[0], &why) == 0) {
		check_bounds(&c[0]);
		json_t *first = report_case_json(&c[0]);
		must(first && report_case_from_json(first, &c[1], &why) == 0);
		json_t *second = report_case_json(&c[1]);
		must(json_equal(first, second));
		json_decref(first);
		json_decref(second);
	} else {
		must(why.text[0]);
	}
	free(c);
	json_decref(o);
	return 0;
}
