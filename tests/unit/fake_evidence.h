/* SPDX-License-Identifier: BSD-2-Clause
 * Evidence that is not there: what the web edge asks it is answered from the fields below. Included by fake_edge.h.
 *
 * Threads: the fields are set before the edge starts.
 */
#pragma once

#include <stdio.h>

#include "resolver/evidence/evidence.h"

struct evidence {
	struct evidence_info info;
	struct evidence_case cases[4]; /* the newest first */
	size_t count;
	enum case_state decided;
	char note[CASE_NOTE_MAX];
	bool has_reporter, is_sealed;
};

void evidence_info(struct evidence *e, struct evidence_info *out)
{
	*out = e->info;
}

size_t evidence_cases(struct evidence *e, enum case_state state, uint64_t before,
	struct evidence_case *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < e->count && n < max; i++)
		if (e->cases[i].id < before &&
			(state == CASE_STATE_COUNT || e->cases[i].state == state))
			out[n++] = e->cases[i];
	return n;
}

int evidence_case(struct evidence *e, uint64_t id, struct evidence_case *out)
{
	for (size_t i = 0; i < e->count; i++) {
		if (e->cases[i].id != id)
			continue;
		*out = e->cases[i];
		return 0;
	}
	return CEN_ENOTFOUND;
}

size_t evidence_client_cases(
	struct evidence *e, const struct addr *address, struct evidence_brief *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < e->count && n < max; i++) {
		const struct evidence_case *c = &e->cases[i];
		if (!addr_equal(&c->client, address))
			continue;
		out[n] = (struct evidence_brief){.id = c->id, .state = c->state};
		snprintf(out[n++].family, sizeof out->family, "%s", c->families[0]);
	}
	return n;
}

uint64_t evidence_client_case(struct evidence *e, const struct addr *address)
{
	struct evidence_brief b;
	return evidence_client_cases(e, address, &b, 1) ? b.id : 0;
}

int evidence_decide(struct evidence *e, uint64_t id, enum case_state state, const char *note,
	struct evidence_case *out)
{
	int code = evidence_case(e, id, out);
	if (code)
		return code;
	out->state = e->decided = state;
	snprintf(e->note, sizeof e->note, "%s", note);
	return 0;
}

int evidence_unseal(struct evidence *e, uint64_t id, struct evidence_case *out)
{
	int code = e->is_sealed ? evidence_case(e, id, out) : CEN_EREFUSED;
	if (!code)
		out->unsealed_count++;
	return code;
}

void evidence_reporter(const struct evidence *e, struct report_context *out)
{
	*out = (struct report_context){.now_ms = 1700000000000};
	if (e->has_reporter) {
		out->org = "Example Networks";
		out->contact = "abuse@example.net";
		out->domain = "example.net";
	}
}
