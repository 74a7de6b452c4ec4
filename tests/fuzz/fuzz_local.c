/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as `records:`, a line an entry; then the owners as written, and a name below each, are asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/answer.h"
#include "resolver/base/log.h"
#include "resolver/local.h"
#include "resolver/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 40 };

static void ask(struct worker *w, const struct dname *name, uint16_t type)
{
	static uint8_t out[WIRE_MAX];
	struct query q = {.qname = *name,
		.qtype = type,
		.qclass = CLASS_IN,
		.out = out,
		.out_max = sizeof out};
	enum step step = local(w, &q);
	if (step == STEP_NEXT)
		return;
	if (step != STEP_REPLY || q.outcome != OUTCOME_LOCAL || q.out_len > q.out_max)
		abort();
	memcpy(out + WIRE_HEADER, name->bytes, name->len);
	struct answer_cursor c = {0};
	struct answer_record r;
	unsigned n = 0;
	while (answer_next(&q, &c, &r))
		n++;
	if (c.is_bad || n != (unsigned)(q.answer_count + q.authority_count) ||
		r.end_at != q.out_len)
		abort();
}

static void ask_owner(struct worker *w, const char *line)
{
	static const uint16_t types[] = {TYPE_A, TYPE_CNAME, TYPE_SOA, TYPE_TXT, TYPE_DS, TYPE_ANY};
	struct dname name, below;
	if (dname_from_text(line, strcspn(line, " \t"), &name))
		return;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		ask(w, &name, types[i]);
	if (name.len > DNAME_MAX - 2)
		return;
	below = name;
	below.bytes[0] = 1;
	below.bytes[1] = 'x';
	memcpy(below.bytes + 2, name.bytes, name.len);
	below.len = (uint8_t)(name.len + 2);
	below.labels++;
	ask(w, &below, TYPE_A);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *lines[LINES_MAX];
	struct config config = {.records = lines};
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *p = text; p && config.record_count < LINES_MAX;) {
		lines[config.record_count++] = p;
		p = strchr(p, '\n');
		if (p)
			*p++ = '\0';
	}
	log_set_level(LOG_LEVEL_ERROR);
	struct local *l;
	struct err why = {0};
	if (local_new(&config, &l, &why)) {
		if (!why.text[0])
			abort();
	} else {
		struct view view = {.local = l};
		struct worker w = {.view = &view};
		for (size_t i = 0; i < config.record_count; i++)
			ask_owner(&w, lines[i] + strspn(lines[i], " \t"));
		local_free(l);
	}
	free(text);
	return 0;
}
